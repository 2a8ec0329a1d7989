// The messages of JSON login (routes/api/auth): the same words at one address, wrapped with their type, or plain at an address of
// their own; and every answer in the form of its question, whoever gives it and however far the question came.
import type { Context, Middleware } from 'koa';
import { invalidRequest } from '../base/errors.ts';
import { requestIdOf } from './context.ts';
import { jsonOf } from './input.ts';

export const AUTH_PATH = '/api/auth';

/** Each with the last part of its own path. */
export const AUTH_ACTIONS = {
  login: 'login',
  logout: 'logout',
  refresh: 'refresh',
  request_password_reset: 'request-password-reset',
  reset_password: 'reset-password',
} as const;
export type AuthAction = keyof typeof AUTH_ACTIONS;

export interface AuthMessage {
  action: AuthAction;
  fields: ReadonlyMap<string, string>;
}

/** How a question was asked. */
interface Asked {
  isWrapped: boolean;
  id?: string | number;
  action?: AuthAction;
}

type Json = Record<string, unknown>;

const PATHS = /^\/api\/auth(?:\/(login|logout|refresh|request-password-reset|reset-password))?\/?$/i;
const ASKED = 'authMessage';
const ID_MAX_LENGTH = 200;
/** Those for which a password is hashed. */
const COSTLY: ReadonlySet<unknown> = new Set<AuthAction>(['login', 'reset_password']);

/** Outermost of all: what became an answer further in, a refusal too, leaves as the payload of a message. */
export function answerAuthMessages(): Middleware {
  return async (ctx, next) => {
    const path = ctx.method === 'POST' ? PATHS.exec(ctx.path) : null;
    if (!path) return next();
    ctx.state[ASKED] = { isWrapped: path[1] === undefined, ...actionAt(path[1]) } satisfies Asked;
    await next();
    const { isWrapped, id, action } = ctx.state[ASKED] as Asked;
    const payload = { ...(action && { action }), ...outcomeOf(ctx) };
    const { status } = ctx;
    ctx.body = isWrapped ? { type: 'auth', ...(id !== undefined && { id }), payload } : payload;
    ctx.status = status;
    return undefined;
  };
}

/** Throws 400 for what is no message. */
export function readAuthMessage(ctx: Context): AuthMessage {
  const asked = ctx.state[ASKED] as Asked;
  const body = objectIn(jsonOf(ctx), 'The body must be a JSON object.');
  if (!asked.isWrapped && asked.action) return { action: asked.action, fields: fieldsIn(body) };
  Object.assign(asked, idIn(body));
  if (body['type'] !== 'auth') throw invalidRequest('Send a message of the type "auth".');
  const payload = objectIn(body['payload'], 'Send a payload, as a JSON object.');
  const { action, ...others } = payload;
  if (typeof action !== 'string' || !Object.hasOwn(AUTH_ACTIONS, action)) {
    throw invalidRequest(`The action is one of ${Object.keys(AUTH_ACTIONS).join(', ')}.`, {
      field: 'action',
    });
  }
  asked.action = action as AuthAction;
  return { action: asked.action, fields: fieldsIn(others) };
}

/** Ahead of Koa: whether a wrapped message makes us hash a password. What cannot be read does not. */
export function isCostlyMessage(body: Buffer): boolean {
  try {
    const { payload } = JSON.parse(body.toString('utf8')) as { payload?: Json };
    return COSTLY.has(payload?.['action']);
  } catch {
    return false;
  }
}

function actionAt(lastPart: string | undefined): { action?: AuthAction } {
  const found = Object.entries(AUTH_ACTIONS).find(([, part]) => part === lastPart?.toLowerCase());
  return found ? { action: found[0] as AuthAction } : {};
}

function outcomeOf(ctx: Context): Json {
  const body = (ctx.body ?? {}) as Json;
  if (ctx.status < 400) return { ok: true, ...body };
  const { error, error_description } = body;
  const wait = Number(ctx.response.get('Retry-After'));
  return {
    ok: false,
    error,
    error_description,
    // For a message that came without headers.
    ...(wait > 0 && { retry_after: wait }),
    // The engine's refusals have none.
    request_id: requestIdOf(ctx),
  };
}

/** The caller's own, by which it finds the question to an answer. */
function idIn({ id }: Json): { id?: string | number } {
  if (id === undefined || id === null) return {};
  if (Number.isSafeInteger(id)) return { id: id as number };
  if (typeof id === 'string' && id.length <= ID_MAX_LENGTH) return { id };
  throw invalidRequest(
    `The id of a message is a whole number, or a text of ${ID_MAX_LENGTH} characters at most.`,
  );
}

function fieldsIn(fields: Json): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'string') {
      throw invalidRequest(`The field "${name.slice(0, 40)}" must be a text.`, { field: name });
    }
    if (value.includes('\0')) throw invalidRequest('The message has a NUL character; none may.');
    texts.set(name, value);
  }
  return texts;
}

function objectIn(value: unknown, otherwise: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalidRequest(otherwise);
  return value as Json;
}
