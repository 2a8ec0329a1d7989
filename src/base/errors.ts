// Owns the one error that a person or a program is meant to see. An AppError is a refusal with a stable code,
// an HTTP status and a sentence that says what to do; it is built only by the functions below.
// `http/errors.ts` turns it into an answer; whatever is not an AppError is a fault of ours (500).

export interface AppErrorOptions {
  /** For the log only, never for the answer. */
  cause?: unknown;
  /** Sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Which field of a form or a body is at fault, so that the page can stand the sentence beside it. */
  field?: string;
  /** The rule that was broken, by the name that the phrases of the pages have for it. */
  reason?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: string;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  readonly field: string | undefined;
  readonly reason: string | undefined;

  constructor(code: string, status: number, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.field = options.field;
    this.reason = options.reason;
  }
}

export function invalidRequest(message: string, options?: AppErrorOptions): AppError {
  return new AppError('invalid_request', 400, message, options);
}

/** RFC 6749 §5.2. */
export function invalidScope(message: string): AppError {
  return new AppError('invalid_scope', 400, message, { field: 'scope' });
}

/** RFC 6749 §5.2: what was shown is good for nothing (any more). */
export function invalidGrant(message: string): AppError {
  return new AppError('invalid_grant', 400, message);
}

/** The same of what a person proves themselves with. */
export function wrongCredentials(message: string): AppError {
  return new AppError('invalid_grant', 401, message);
}

/** The same of the client that asks. */
export function refusedClient(code: 'invalid_client' | 'unauthorized_client', message: string): AppError {
  return new AppError(code, 400, message);
}

/** RFC 7591 §3.2.2. */
export function invalidMetadata(
  code: 'invalid_client_metadata' | 'invalid_redirect_uri',
  message: string,
): AppError {
  return new AppError(code, 400, message);
}

/** RFC 6750 §3.1: the bearer of the request is missing or not good. */
export function invalidToken(message: string): AppError {
  return new AppError('invalid_token', 401, message);
}

export function forbidden(code: string, message: string, options?: AppErrorOptions): AppError {
  return new AppError(code, 403, message, options);
}

export function notFound(message: string, options?: AppErrorOptions): AppError {
  return new AppError('not_found', 404, message, options);
}

/** RFC 9110 §15.5.6. Whoever throws it sets `Allow`. */
export function methodNotAllowed(method: string, allowed: readonly string[]): AppError {
  const others = allowed.join(', ').replace(/, (?=\w+$)/, ' or ');
  return new AppError('method_not_allowed', 405, `This address does not take ${method}. Send ${others}.`);
}

/** Something of that name is already there; nothing was changed. */
export function conflict(message: string, options?: AppErrorOptions): AppError {
  return new AppError('conflict', 409, message, options);
}

/** A link, page or code that was good once: what it led to has ended. */
export function gone(code: string, message: string, options?: AppErrorOptions): AppError {
  return new AppError(code, 410, message, options);
}

export function bodyTooLarge(limitBytes: number): AppError {
  return new AppError(
    'request_too_large',
    413,
    `The body is larger than ${limitBytes} bytes. Send less and try again.`,
  );
}

/** RFC 9110 §15.5.22: there is something here, for another protocol. */
export function upgradeRequired(message: string): AppError {
  return new AppError('upgrade_required', 426, message);
}

/** RFC 6585 §4. Always carries `Retry-After`. */
export function tooManyRequests(retryAfterSeconds: number, message: string): AppError {
  return new AppError('too_many_requests', 429, message, { retryAfterSeconds });
}

/** RFC 8628 §3.5: a program asks too often; nothing else is wrong. */
export function slowDown(retryAfterSeconds: number): AppError {
  return new AppError('slow_down', 429, 'You ask too often. Wait as long as Retry-After says, then go on.', {
    retryAfterSeconds,
  });
}

/** We cannot know: storage or a limit of ours is in the way. Never to be read as a "no". */
export function unavailable(cause?: unknown, retryAfterSeconds = 2): AppError {
  return new AppError(
    'temporarily_unavailable',
    503,
    'The server cannot answer right now. Nothing was changed. Try again in a few seconds.',
    { cause, retryAfterSeconds },
  );
}

/** An upstream (GitHub, …) did not do its part. */
export function upstreamFailed(connectorId: string, cause?: unknown): AppError {
  return new AppError(
    'upstream_failed',
    502,
    `${connectorId} did not answer as expected. Try again, or sign in another way.`,
    { cause },
  );
}

/** For commands: what they need is not to be had now, elsewhere or here. */
export function unreachable(message: string, cause?: unknown): AppError {
  return new AppError('unreachable', 503, message, { cause });
}

/** What another server of ours has refused, in its words, for whoever asked it through us. */
export function refusedElsewhere(status: number, code: string, message: string): AppError {
  return new AppError(code, status, message);
}
