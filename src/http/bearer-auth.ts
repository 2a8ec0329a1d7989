// Bearers at our own endpoints, and how an answer about a token is written (RFC 6750 §3).
import type { Context, Middleware } from 'koa';
import { corsHeaders } from '../base/cors.ts';
import { challengeOf, isRefusal } from '../tokens/principal.ts';
import { requestIdOf } from './context.ts';

export function answerBearer(ctx: Context, outcome: object): void {
  if (!isRefusal(outcome)) {
    ctx.body = outcome;
    return;
  }
  ctx.status = outcome.status;
  ctx.set('WWW-Authenticate', challengeOf(outcome));
  ctx.body = { error: outcome.error, error_description: outcome.description, request_id: requestIdOf(ctx) };
}

/** Lets browsers of the named origins read the answer. */
export function allowOrigins(corsOrigins: readonly string[]): Middleware {
  const origins = new Set(corsOrigins);
  return (ctx, next) => {
    ctx.set(corsHeaders(ctx.get('origin') || undefined, origins));
    if (ctx.method !== 'OPTIONS') return next();
    ctx.status = 204;
    return undefined;
  };
}
