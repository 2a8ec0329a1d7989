// One line a request: what was asked, what came of it, how long it took. The path without its query, and only as much
// of it as names the route: what stands behind may be an id that lets somebody in.
import type { Context, Middleware } from 'koa';
import type { Logger } from '../base/log.ts';
import type { Metrics } from '../metrics.ts';
import { requestIdOf } from './context.ts';

const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

export function logRequests(log: Logger, metrics: Metrics): Middleware {
  // Its fields are the ones below and no others: nothing in them to look for secrets in.
  const requests = log.child({}, { redact: [] });
  return async (ctx, next) => {
    const startedAt = performance.now();
    try {
      await next();
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      const route = routeOf(ctx);
      metrics.observeRequest(route, ctx.status, seconds);
      if (!QUIET.has(ctx.path)) {
        requests.info(
          {
            requestId: requestIdOf(ctx),
            method: ctx.method,
            route,
            status: ctx.status,
            ms: Math.round(seconds * 1000),
            ip: ctx.ip,
            clientId: (ctx as { oidc?: { client?: { clientId: string } } }).oidc?.client?.clientId,
          },
          `${ctx.method} ${route} ${ctx.status}`,
        );
      }
    }
  };
}

/** Known by the pattern that a router matched, or by whoever answered ahead of the routers; never by what was asked. */
function routeOf(ctx: Context): string {
  const matched: unknown = ctx.state['route'] ?? (ctx as { _matchedRoute?: string | RegExp })._matchedRoute;
  return typeof matched === 'string' ? matched : 'unknown';
}
