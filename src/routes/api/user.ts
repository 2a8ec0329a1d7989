// GET /api/user: the person behind a bearer, as far as its scopes reach.
import type { Router } from '@koa/router';
import { allowOrigins, answerBearer } from '../../http/bearer-auth.ts';
import { apiResourceOf } from '../../oidc/resource.ts';
import { bearerOf } from '../../tokens/bearer.ts';
import { describeUser } from '../../tokens/principal.ts';
import type { Services } from '../../services.ts';

const PATH = '/api/user';

export function userRoutes(router: Router, { config, bearers }: Services): void {
  const origins = allowOrigins(config.corsOrigins);
  router.options(PATH, origins);
  router.get(PATH, origins, async (ctx) => {
    const principal = await bearers.findPrincipal(bearerOf(ctx.req));
    answerBearer(ctx, describeUser(principal, apiResourceOf(config.issuer)));
  });
}
