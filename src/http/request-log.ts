// One line a request: what was asked, what came of it, how long it took. The path without its query, and only as much
// of it as names the route: what stands behind may be an id that lets somebody in.
import type { Context, Middleware } from 'koa';
import type { Logger } from '../base/log.ts';
import type { Metrics } from '../metrics.ts';
import { requestIdOf } from './context.ts';

const QUIET = new Set(['/healthz', '/readyz', '/metrics']);

export interface AnsweredRequest {
  requestId: string;
  method: string;
  /** The pattern of the route; never what was asked. */
  route: string;
  status: number;
  seconds: number;
  ip: string;
  clientId?: string | undefined;
}

export type RecordRequest = (request: AnsweredRequest) => void;

/** Writes the line and counts. */
export function requestRecorder(log: Logger, metrics: Metrics): RecordRequest {
  // Its fields are the ones below and no others: nothing in them to look for secrets in.
  const requests = log.child({}, { redact: [] });
  return ({ requestId, method, route, status, seconds, ip, clientId }) => {
    metrics.observeRequest(route, status, seconds);
    if (QUIET.has(route)) return;
    const ms = Math.round(seconds * 1000);
    requests.info({ requestId, method, route, status, ms, ip, clientId }, `${method} ${route} ${status}`);
  };
}

export function logRequests(log: Logger, metrics: Metrics): Middleware {
  const record = requestRecorder(log, metrics);
  return async (ctx, next) => {
    const startedAt = performance.now();
    try {
      await next();
    } finally {
      record({
        requestId: requestIdOf(ctx),
        method: ctx.method,
        route: routeOf(ctx),
        status: ctx.status,
        seconds: (performance.now() - startedAt) / 1000,
        ip: ctx.ip,
        clientId: (ctx as { oidc?: { client?: { clientId: string } } }).oidc?.client?.clientId,
      });
    }
  };
}

/** Known by the pattern that a router matched, or by whoever answered ahead of the routers; never by what was asked. */
function routeOf(ctx: Context): string {
  const matched: unknown = ctx.state['route'] ?? (ctx as { _matchedRoute?: string | RegExp })._matchedRoute;
  return typeof matched === 'string' ? matched : 'unknown';
}
