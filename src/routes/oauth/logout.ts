// What is ours about /oauth/logout (OpenID Connect RP-Initiated Logout 1.0 §2): how a request gets to the engine, which does the rest.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { bodyTooLarge } from '../../base/errors.ts';
import { seeOther } from '../../http/way-on.ts';
import { ROUTES } from '../../oidc/configuration.ts';
import { aboutUnknownKey } from '../../oidc/end-session.ts';
import type { Services } from '../../services.ts';

/** What fits into an address, with room for cookies (REQUEST_LIMITS in main.ts): an ID token is about 1 KiB. */
const LIMIT_BYTES = 8 * 1024;

export function logoutRoutes(router: Router, { keys }: Services): void {
  // A browser sends no cookie of ours with a form of another site: seen without it the person would be nobody, and would keep
  // the session that they wanted to end. So the browser comes again with GET, and brings it.
  router.post(ROUTES.end_session, (ctx: Context) => {
    const isForm = ctx.is('application/x-www-form-urlencoded');
    const body = isForm ? (ctx.state['body'] as Buffer).toString('utf8') : '';
    const query = new URLSearchParams(body).toString();
    if (query.length > LIMIT_BYTES) throw bodyTooLarge(LIMIT_BYTES);
    seeOther(ctx, query === '' ? ROUTES.end_session : `${ROUTES.end_session}?${query}`);
  });

  router.get(ROUTES.end_session, async (ctx: Context, next) => {
    const hint = ctx.query['id_token_hint'];
    const isKey = async (kid: string) => (await keys.listRecords()).some(({ id }) => id === kid);
    const clientId = typeof hint === 'string' ? await aboutUnknownKey(hint, isKey) : undefined;
    if (clientId !== undefined) {
      const { id_token_hint: _, ...others } = ctx.query;
      ctx.query = { client_id: clientId, ...others };
    }
    return next();
  });
}
