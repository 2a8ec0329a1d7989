// Owns what comes in: bodies are read once, with a limit, and handed on as they were meant. JSON at the OAuth endpoints
// becomes the form that the engine reads (Laravel's HTTP client sends JSON); our own routes get the fields.
import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { bodyTooLarge, invalidRequest } from '../base/errors.ts';

const BODY_LIMIT_BYTES = 56 * 1024;
/** Of what is read ahead of Koa: a form with a password in it, several times. */
const SMALL_LIMIT_BYTES = 8 * 1024;
/** What strangers send is kept for an hour here, or for weeks: as much as an honest request needs, several times. */
const KEPT_LIMIT_BYTES = 8 * 1024;
const KEPT = /^\/(oauth\/(device_authorization|par|register)|api\/auth\/create-session)$/;
const FORM = 'application/x-www-form-urlencoded';
const READ_BY_THE_ENGINE = /^\/(oauth\/(?!register$)|api\/verify$)/;

/** What the engine reads a body from, instead of the exhausted request. */
interface BodySource {
  iterator: () => AsyncIterable<Buffer>;
  readableEncoding: null;
  readable: boolean;
}

/** Reads the body of every request that has one. Throws 413 past the limit, 400 for what is no body of its type. */
export function readBody(): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'GET' || ctx.method === 'HEAD' || ctx.method === 'OPTIONS') return next();
    let body = await readLimited(ctx);
    if (ctx.is('application/json') && READ_BY_THE_ENGINE.test(ctx.path)) {
      body = Buffer.from(jsonToForm(body));
      ctx.req.headers['content-type'] = FORM;
    }
    if (ctx.is(FORM)) refuseUnstorable(body);
    replaceBody(ctx, body);
    return next();
  };
}

/** The fields of a form that was sent to one of our own routes. A field that came twice counts as absent. */
export function formOf(ctx: Context): Map<string, string> {
  if (!ctx.is(FORM)) throw invalidRequest('Send the form as it stands on the page.');
  const parameters = new URLSearchParams((ctx.state['body'] as Buffer).toString('utf8'));
  const names = [...new Set(parameters.keys())].filter((name) => parameters.getAll(name).length === 1);
  return new Map(names.map((name) => [name, parameters.get(name) ?? '']));
}

/** What a program sent to one of our own routes: a form, a JSON object of texts, or nothing. */
export function fieldsOf(ctx: Context): Map<string, string> {
  if ((ctx.state['body'] as Buffer).length === 0) return new Map();
  if (!ctx.is('application/json')) return formOf(ctx);
  return new Map(new URLSearchParams(jsonToForm(ctx.state['body'] as Buffer)));
}

/** What stands in the path in the place of `:name`. */
export function pathParameter(ctx: Context, name: string): string {
  return String((ctx as { params?: Record<string, string> }).params?.[name]);
}

/** What was sent to one of our own routes as JSON. */
export function jsonOf(ctx: Context): unknown {
  if (!ctx.is('application/json')) throw invalidRequest('Send JSON, as application/json.');
  return parseJson(ctx.state['body'] as Buffer);
}

async function readLimited(ctx: Context): Promise<Buffer> {
  const known = replayed.get(ctx.req);
  if (known === 'too large') throw refuseTooLarge(ctx, SMALL_LIMIT_BYTES);
  if (known) return known;
  const limit = KEPT.test(ctx.path) ? KEPT_LIMIT_BYTES : BODY_LIMIT_BYTES;
  if ((ctx.request.length ?? 0) > limit) throw refuseTooLarge(ctx, limit);
  const chunks: Buffer[] = [];
  let received = 0;
  try {
    for await (const chunk of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > limit) throw refuseTooLarge(ctx, limit);
      chunks.push(chunk);
    }
  } catch (error) {
    if (received > limit) throw error;
    throw invalidRequest('The body ended before it was complete.', { cause: error });
  }
  return Buffer.concat(chunks, received);
}

/** The rest of the body is not wanted: the connection ends with the answer. */
function refuseTooLarge(ctx: Context, limitBytes: number): Error {
  ctx.set('Connection', 'close');
  return bodyTooLarge(limitBytes);
}

/** A flat object of texts, numbers and booleans → a form. Anything nested is refused. */
function jsonToForm(body: Buffer): string {
  const fields = parseJson(body);
  if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) {
    throw invalidRequest('The body must be a JSON object.');
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) continue;
    if (typeof value === 'object')
      throw invalidRequest(`The field "${name.slice(0, 40)}" must be a text, not an object or a list.`);
    form.append(name, String(value));
  }
  return form.toString();
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw invalidRequest('The body is not valid JSON.', { cause: error });
  }
}

/** NUL is in no parameter of any standard here, and PostgreSQL stores none. */
function refuseUnstorable(body: Buffer): void {
  if (body.includes(0) || /%00/.test(body.toString('latin1'))) {
    throw invalidRequest('The request has a NUL character; no parameter may.');
  }
}

export function refuseUnstorableQuery(): Middleware {
  return (ctx, next) => {
    if (/%00/.test(ctx.querystring) || /%00/.test(ctx.path)) {
      throw invalidRequest('The request has a NUL character; no parameter may.');
    }
    return next();
  };
}

/** The engine reads the request as a stream: it gets one that holds `body`. */
export function replaceBody(ctx: Context, body: Buffer): void {
  ctx.state['body'] = body;
  replayBody(ctx.req, body);
  ctx.req.headers['content-length'] = String(body.length);
}

const replayed = new WeakMap<IncomingMessage, Buffer | 'too large'>();

/**
 * Ahead of Koa: all of a body, or undefined once there is more of it than is small; then whoever reads the request refuses it.
 * Whoever sends less than announced is never called for.
 */
export function collectBody(request: IncomingMessage, use: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    const wasSmall = received <= SMALL_LIMIT_BYTES;
    received += chunk.length;
    if (received <= SMALL_LIMIT_BYTES) chunks.push(chunk);
    else if (wasSmall) {
      replayed.set(request, 'too large');
      use(undefined);
    }
  });
  request.on('end', () => {
    if (received <= SMALL_LIMIT_BYTES) use(Buffer.concat(chunks));
  });
}

/** Whoever reads the request from now on finds `body`. */
export function replayBody(request: IncomingMessage, body: Buffer): void {
  replayed.set(request, body);
  const source: BodySource = {
    async *iterator() {
      yield body;
    },
    readableEncoding: null,
    readable: true,
  };
  for (const [name, value] of Object.entries(source)) {
    Object.defineProperty(request, name, { configurable: true, value });
  }
}
