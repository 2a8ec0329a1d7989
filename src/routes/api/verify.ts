// POST /api/verify: RFC 7662 introspection under the name that services know. GET is answered ahead of Koa, by
// tokens/verify-listener.ts.
import type { Router } from '@koa/router';

export const VERIFY_PATH = '/api/verify';
/** What others answer before a request gets here. */
export const METHODS_AHEAD = { [VERIFY_PATH]: ['GET', 'HEAD', 'OPTIONS'] };

export function verifyRoutes(router: Router): void {
  // The engine answers: the same authentication, the same rules, one implementation.
  router.post(VERIFY_PATH, async (ctx, next) => {
    ctx.path = '/oauth/introspect';
    await next();
  });
}
