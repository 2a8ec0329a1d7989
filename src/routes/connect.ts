// GET /connect/:connector/callback: where an upstream sends people back to. It gets no cookie of the sign-in (those
// belong to the interaction's path), so it only looks up whose the state is and sends the browser there.
import type { Router } from '@koa/router';
import type { Services } from '../services.ts';
import { seeOther } from '../http/way-on.ts';

export function connectRoutes(router: Router, { connectors, pendingLogins }: Services): void {
  router.get('/connect/:connector/callback', async (ctx) => {
    const connector = connectors.get(String(ctx.params['connector']));
    const { holder, returnTo } = await pendingLogins.peek(connector.id, ctx.query);
    seeOther(ctx, `${returnTo ?? `/interaction/${holder}/connect/${connector.id}`}?${ctx.querystring}`);
  });
}
