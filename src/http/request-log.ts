// One line a request: what was asked, what came of it, how long it took. The path without its query, and only as much
// of it as names the route: what stands behind may be an id that lets somebody in.
import type { Context, Middleware } from 'koa';
import type { Logger } from '../base/log.ts';
import type { Metrics } from '../metrics.ts';
import { requestIdOf } from './context.ts';

const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

export function logRequests(log: Logger, metrics: Metrics): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    try {
      await next();
    } finally {
      const seconds = (performance.now() - startedAt) / 1000;
      const route = routeOf(ctx);
      metrics.observeRequest(route, ctx.status, seconds);
      if (!QUIET.has(ctx.path)) {
        log.info({
          requestId: requestIdOf(ctx),
          method: ctx.method,
          route,
          status: ctx.status,
          ms: Math.round(seconds * 1000),
          ip: ctx.ip,
          clientId: (ctx as { oidc?: { client?: { clientId: string } } }).oidc?.client?.clientId,
        });
      }
    }
  };
}

// The engine's own paths; ours are known by the pattern that the router matched.
const ENGINE_PATHS = /^\/(oauth\/[a-z_]+|device|\.well-known\/[a-z.-]+)(\/(confirm|success))?/;

function routeOf(ctx: Context): string {
  const matched = (ctx as { routerPath?: string; _matchedRoute?: string | RegExp })._matchedRoute;
  if (typeof matched === 'string') return matched;
  return ctx.status === 404 ? 'unknown' : (ENGINE_PATHS.exec(ctx.path)?.[0] ?? 'unknown');
}
