// GET /api/users/:oauth_id: anybody's profile, for a service with a token of its own and the scope users.read. A blocked
// person is shown like any other: what they wrote still has an author.
import type { Router } from '@koa/router';
import { isAccountId } from '../../accounts/account.ts';
import { notFound } from '../../base/errors.ts';
import { allowOrigins, answerBearer } from '../../http/bearer-auth.ts';
import { wholeProfileOf } from '../../oidc/claims.ts';
import { apiResourceOf } from '../../oidc/resource.ts';
import type { Services } from '../../services.ts';
import { bearerOf } from '../../tokens/bearer.ts';
import { refusalToSeeUsers } from '../../tokens/principal.ts';

const PATH = '/api/users/:oauth_id';

export function usersRoutes(router: Router, { accountStore, config, bearers }: Services): void {
  const origins = allowOrigins(config.corsOrigins);
  router.options(PATH, origins);
  router.get(PATH, origins, async (ctx) => {
    const refusal = refusalToSeeUsers(
      await bearers.findPrincipal(bearerOf(ctx.req)),
      apiResourceOf(config.issuer),
    );
    if (refusal) return answerBearer(ctx, refusal);
    const id = (ctx.params['oauth_id'] ?? '').toLowerCase();
    const account = isAccountId(id) ? await accountStore.find(id) : undefined;
    if (!account) throw notFound('There is no such person.');
    return answerBearer(ctx, wholeProfileOf(account));
  });
}
