// /api/admin/v1: the operations of the administration (src/operations.ts), and their description, which anybody may read.
import { Router } from '@koa/router';
import type { Context, Next } from 'koa';
import packageJson from '../../../package.json' with { type: 'json' };
import { serveOperations } from '../../http/admin-api.ts';
import { ADMIN_API } from '../../http/operation.ts';
import { ADMIN_SCOPE } from '../../oidc/scopes.ts';
import type { Services } from '../../services.ts';

export function adminRoutes(router: Router, services: Services): void {
  let routes: Promise<ReturnType<Router['routes']>> | undefined;
  // What comes in and goes out is described at length: five megabytes, for the servers that are asked.
  router.all(`${ADMIN_API}/{*path}`, async (ctx: Context, next: Next) => {
    routes ??= createAdminRouter(services).then((inner) => inner.routes());
    return (await routes)(ctx as never, next);
  });
}

export async function createAdminRouter(services: Services): Promise<Router> {
  const { operations } = await import('../../operations.ts');
  const { describeApi } = await import('../../http/openapi.ts');
  const router = new Router();
  let description: object | undefined;
  router.get(`${ADMIN_API}/openapi.json`, (ctx) => {
    description ??= describeApi({
      title: 'Portaria administration',
      version: packageJson.version,
      description:
        'Sign in with the scope `admin` (device code, client `cli`); the permissions of your roles decide each call.',
      issuer: services.config.issuer,
      root: ADMIN_API,
      operations,
      scope: ADMIN_SCOPE,
    });
    ctx.body = description;
  });
  serveOperations(router, services, Object.values(operations));
  return router;
}
