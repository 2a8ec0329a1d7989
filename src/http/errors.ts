// The only place where a refusal becomes an answer: JSON for programs, a page for people. Faults of ours are logged
// with the request id and say nothing; storage trouble is 503 with Retry-After, whatever the engine made of it.
import type { Context, Middleware } from 'koa';
import { errors as engineErrors, type errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { requestIdOf } from './context.ts';
import type { ShowPage } from './page.ts';
import { findWayOn } from './way-on.ts';

interface Answer {
  status: number;
  code: string;
  message: string;
  retryAfterSeconds?: number | undefined;
}

/** What the engine calls an invalid request, and a person has to be told apart. */
const CODES_FOR_PEOPLE = [
  [engineErrors.SessionNotFound, 'session_not_found'],
  [engineErrors.InvalidRequestUri, 'link_expired'],
] as const;

/** Where the engine's listeners leave a fault for this middleware; see `rememberFault`. */
const FAULT = 'fault';

export function answerErrors(log: Logger, audit: Audit, show: ShowPage): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      const fault: unknown = ctx.state[FAULT];
      if (fault !== undefined) throw fault;
      if (ctx.status === 404 && ctx.body == null)
        throw new AppError('not_found', 404, 'There is nothing at this address.');
    } catch (error) {
      const answer = toAnswer(error);
      if (answer.status >= 500) log.error({ err: causeOf(error), requestId: requestIdOf(ctx) }, answer.code);
      // A compare-and-set that was lost undid the whole request; that somebody came second is still worth a row.
      if (error instanceof engineErrors.InvalidGrant) await recordLoss(ctx, audit, error);
      send(ctx, answer, show);
    }
  };
}

/** For the engine's `server_error` event: it answers 500 itself, and only tells the reason there. */
export function rememberFault(ctx: Context, error: unknown): void {
  ctx.state[FAULT] = error;
}

/** True when nothing of this request may be kept. */
export function hasFailed(ctx: Context): boolean {
  return ctx.status >= 500 || ctx.state[FAULT] !== undefined;
}

async function recordLoss(ctx: Context, audit: Audit, error: errors.InvalidGrant): Promise<void> {
  const { oidc } = ctx as unknown as { oidc?: KoaContextWithOIDC['oidc'] };
  const details = { grant_type: String(oidc?.params?.grant_type ?? 'unknown'), error: error.error };
  await audit
    .record(
      'token.refused',
      { clientId: oidc?.client?.clientId },
      { ...details, reason: error.error_detail ?? '' },
    )
    .catch(() => {});
}

function toAnswer(error: unknown): Answer {
  if (error instanceof AppError) {
    return {
      status: error.status,
      code: error.code,
      message: error.message,
      retryAfterSeconds: error.retryAfterSeconds,
    };
  }
  if (error instanceof engineErrors.OIDCProviderError) {
    return {
      status: error.statusCode,
      code: CODES_FOR_PEOPLE.find(([type]) => error instanceof type)?.[1] ?? error.error,
      message: error.error_description ?? error.error,
    };
  }
  return {
    status: 500,
    code: 'server_error',
    message: 'Something went wrong on our side. Nothing was changed.',
  };
}

function send(ctx: Context, answer: Answer, show: ShowPage): void {
  // What the failed request had prepared must not leave: no cookie, no redirect.
  for (const name of ['Set-Cookie', 'Location', 'Content-Type', 'Content-Length', 'Transfer-Encoding'])
    ctx.remove(name);
  ctx.status = answer.status;
  // RFC 6750 §3.
  if (answer.status === 401) ctx.set('WWW-Authenticate', `Bearer error="${answer.code}"`);
  if (answer.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(answer.retryAfterSeconds));
  if (wantsPage(ctx)) {
    const retryHref = findWayOn(ctx);
    show(ctx, 'error', {
      status: answer.status,
      code: answer.code,
      requestId: requestIdOf(ctx),
      ...(retryHref !== undefined && { retryHref }),
      ...(answer.retryAfterSeconds !== undefined && { retryAfterSeconds: answer.retryAfterSeconds }),
    });
    ctx.status = answer.status;
    return;
  }
  ctx.body = { error: answer.code, error_description: answer.message, request_id: requestIdOf(ctx) };
}

/** Endpoints for programs answer JSON whatever they are asked for; everything else asks the browser. */
function wantsPage(ctx: Context): boolean {
  const isForPeople = !/^\/(api|metrics|healthz|readyz|\.well-known|oauth\/(?!authorize|logout))/.test(
    ctx.path,
  );
  return isForPeople && ctx.accepts('json', 'html') === 'html';
}

function causeOf(error: unknown): unknown {
  return error instanceof AppError && error.cause !== undefined ? error.cause : error;
}
