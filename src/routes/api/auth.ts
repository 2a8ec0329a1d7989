// /api/auth: JSON login, for clients that were allowed to collect passwords themselves. Here is who may ask, and which words of the
// house answer each action; the client proves itself to the engine, which also refreshes. The form of messages is
// http/auth-messages.ts, the way through a WebSocket http/auth-sockets.ts.
import type { Router } from '@koa/router';
import type { Context, Middleware, Next } from 'koa';
import type { Client } from 'oidc-provider';
import { isLoopback } from '../../base/addresses.ts';
import { corsHeaders } from '../../base/cors.ts';
import { AppError, forbidden, invalidGrant, invalidRequest, upgradeRequired } from '../../base/errors.ts';
import {
  AUTH_ACTIONS,
  AUTH_PATH,
  readAuthMessage,
  type AuthAction,
  type AuthMessage,
} from '../../http/auth-messages.ts';
import { AUTH_SOCKET_PATH } from '../../http/auth-sockets.ts';
import { replaceBody } from '../../http/input.ts';
import { languageOf } from '../../http/page.ts';
import { ACR_OF_FACTOR } from '../../http/sign-in-end.ts';
import type { Client as OurClient } from '../../oidc/client.ts';
import { ROUTES } from '../../oidc/configuration.ts';
import { bringWork, OWN_DOOR, PASSWORD_LOGIN } from '../../oidc/grants/own-door.ts';
import type { Services } from '../../services.ts';

type Fields = AuthMessage['fields'];

interface Asked {
  ctx: Context;
  fields: Fields;
  /** It has proved itself. */
  client: Client;
  /** Somebody tries things out on their own machine: nobody else hears the answer. */
  isAtHome: boolean;
}

type Act = (asked: Asked) => Promise<object>;

/** How a client proves itself (RFC 6749 §2.3.1, RFC 7523 §2.2). */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];
/** What a proxy writes on a request that it passes on. */
const FORWARDED =
  /^(forwarded|via|x-forwarded-[a-z-]+|x-real-ip|x-client-ip|x-original-[a-z-]+|true-client-ip|cf-[a-z-]+)$/;
/** The engine says only that it was so. */
const SENTENCES = new Map([
  ['invalid_client', 'There is no such client, or its secret is wrong. Look at client_id and client_secret.'],
  [
    'invalid_grant',
    'This refresh token does not work any more: it was used, ended, or its time is over. Sign in again.',
  ],
]);
const FORM = 'application/x-www-form-urlencoded';

export function authRoutes(router: Router, services: Services): void {
  const { clientStore, config, findDefaultScope, mint, passwordClients, passwordReset, programSignIn } =
    services;

  const login: Act = async ({ ctx, fields, client }) => {
    const wanted = fields.get('scope') ?? (await findDefaultScope(client.clientId, []));
    const scope = mint.scopeFor(client, wanted);
    const { accountId, factor } = await programSignIn.signIn({
      login: need(fields, 'username'),
      password: need(fields, 'password'),
      code: fields.get('otp'),
      clientId: client.clientId,
      address: ctx.ip,
      locale: languageOf(ctx),
    });
    return mint.mint({
      accountId,
      client,
      scope,
      by: PASSWORD_LOGIN,
      authTime: Math.floor(Date.now() / 1000),
      ...(factor ? { amr: ['pwd', 'otp', 'mfa'], acr: ACR_OF_FACTOR[factor] } : { amr: ['pwd'] }),
    });
  };

  /** RFC 7009 §2: what is no token (any more) has ended, which is what was wanted. */
  const logout: Act = async ({ fields, client }) => {
    const tokens = [fields.get('refresh_token'), fields.get('access_token')].filter(
      (token) => token !== undefined,
    );
    if (tokens.length === 0) throw invalidRequest('Send the refresh_token, the access_token, or both.');
    for (const token of tokens) await endGrantOf(token, client);
    return {};
  };

  async function endGrantOf(value: string, client: Client): Promise<void> {
    const { AccessToken, Grant, RefreshToken } = services.provider;
    const token = (await RefreshToken.find(value)) ?? (await AccessToken.find(value));
    if (!token || token.clientId !== client.clientId) return;
    await token.destroy();
    if (token.grantId === undefined) return;
    await AccessToken.revokeByGrantId(token.grantId);
    await Grant.adapter.destroy(token.grantId);
  }

  const requestPasswordReset: Act = async ({ ctx, fields, isAtHome }) => {
    const email = need(fields, 'email');
    const asker = { address: ctx.ip, locale: languageOf(ctx) };
    // Where a mail server is, there is a mailbox to look into.
    if (!isAtHome || config.mail.smtpUrl !== undefined) {
      await passwordReset.request(email, asker);
      return {};
    }
    const token = await passwordReset.requestAtHome(email, asker);
    return token === undefined ? {} : { token };
  };

  const resetPassword: Act = async ({ fields }) => {
    try {
      await passwordReset.complete(need(fields, 'token'), need(fields, 'new_password'));
    } catch (error) {
      if (!(error instanceof AppError) || error.status !== 410) throw error;
      throw invalidGrant(
        'This token does not work any more: it was used already, a newer one was sent, or its time is over. Ask for a new one with request_password_reset.',
      );
    }
    return {};
  };

  const acts: Record<Exclude<AuthAction, 'refresh'>, Act> = {
    login,
    logout,
    request_password_reset: requestPasswordReset,
    reset_password: resetPassword,
  };

  /** Throws 403 for a client that may not, and for a page from where this client is not at home. */
  async function admit(ctx: Context, fields: Fields): Promise<void> {
    const client = await clientStore.find(need(fields, 'client_id'));
    // An unknown one is for the engine to refuse.
    if (client && !client.metadata.password_login) {
      throw forbidden('unauthorized_client', howToAllow(client));
    }
    const origin = ctx.get('origin');
    if (origin === '') return;
    if (!passwordClients.isAtHome(origin, client)) {
      throw forbidden('origin_not_allowed', 'Pages of this origin may not ask in the name of this client.');
    }
    ctx.set(corsHeaders(origin, new Set([origin])));
  }

  const answer: Middleware = async (ctx, next) => {
    const { action, fields } = readAuthMessage(ctx);
    await admit(ctx, fields);
    if (action === 'refresh') return refresh(ctx, fields, next);
    const outcome: { body?: object; error?: unknown } = {};
    const isAtHome = isLoopback(new URL(config.issuer).hostname) && isOfThisMachine(ctx);
    bringWork(ctx.state, async (client) => {
      // What is refused is refused here, where it is known how; and what belongs to a refusal is kept.
      await acts[action]({ ctx, fields, client, isAtHome }).then(
        (body) => (outcome.body = body),
        (error: unknown) => (outcome.error = error),
      );
    });
    await askToken(ctx, fields, { grant_type: OWN_DOOR }, next);
    if (outcome.error !== undefined) throw outcome.error;
    if (outcome.body) ctx.body = outcome.body;
    return undefined;
  };

  router.get(AUTH_SOCKET_PATH, (ctx) => {
    ctx.set('Upgrade', 'websocket');
    throw upgradeRequired('Open a WebSocket at this address.');
  });
  for (const path of [AUTH_PATH, ...Object.values(AUTH_ACTIONS).map((part) => `${AUTH_PATH}/${part}`)]) {
    router.post(path, (ctx, next) => {
      // In the log and the numbers; the engine would write its own.
      ctx.state['route'] = path;
      return answer(ctx, next);
    });
    router.options(path, async (ctx) => {
      const origin = ctx.get('origin');
      const isKnown = await passwordClients.isKnownOrigin(origin);
      ctx.set(corsHeaders(origin, new Set(isKnown ? [origin] : []), 'POST, OPTIONS', 'Content-Type'));
      ctx.status = 204;
    });
  }
}

async function refresh(ctx: Context, fields: Fields, next: Next): Promise<void> {
  const form = { grant_type: 'refresh_token', refresh_token: need(fields, 'refresh_token') };
  await askToken(ctx, fields, form, next);
  if (ctx.status !== 200) return;
  // Without the ID token of a browser's sign-in, in which this client has no part.
  const { id_token: _, ...tokens } = ctx.body as Record<string, unknown>;
  ctx.body = tokens;
}

/** The engine's token endpoint answers in our place, to whom this request comes from. */
async function askToken(
  ctx: Context,
  fields: Fields,
  form: Record<string, string>,
  next: Next,
): Promise<void> {
  const body = new URLSearchParams(form);
  for (const name of CREDENTIALS) if (fields.has(name)) body.set(name, fields.get(name) ?? '');
  replaceBody(ctx, Buffer.from(body.toString()));
  const { headers } = ctx.req;
  Object.assign(headers, { accept: 'application/json', 'content-type': FORM });
  const isPage = headers.origin !== undefined;
  // Looked at above. And what is bound to a key is bound to the address of the token endpoint, too.
  delete headers.origin;
  delete headers['dpop'];
  ctx.path = ROUTES.token;
  await next();
  // The engine opens to every page what no page has asked for.
  if (!isPage) ctx.remove('Access-Control-Allow-Origin');
  const { error } = (ctx.body ?? {}) as { error?: string };
  const sentence = error === undefined ? undefined : SENTENCES.get(error);
  if (sentence !== undefined) ctx.body = { error, error_description: sentence };
}

/** No proxy brought it, no tunnel, which leaves nothing but the name under which it was asked for, and no page. */
function isOfThisMachine(ctx: Context): boolean {
  const isForwarded = Object.keys(ctx.headers).some((name) => FORWARDED.test(name));
  const asked = URL.parse(`http://${ctx.get('host')}`);
  const isAskedHere = asked !== null && isLoopback(asked.hostname);
  return isLoopback(ctx.ip) && isAskedHere && !isForwarded && ctx.get('origin') === '';
}

/** What whoever runs the server does, so that programs like this one may collect passwords. */
function howToAllow({ id, isBuiltIn }: OurClient): string {
  const how = isBuiltIn
    ? 'It is built in: whoever runs the server makes you one of your own with npx portaria clients create --id my-program --public --first-party --password-login'
    : `Whoever runs the server allows it: npx portaria clients update ${id} --password-login`;
  return `The client "${id}" may not collect passwords. ${how}`;
}

/** Throws 400 without it. */
function need(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (value === undefined || value === '') throw invalidRequest(`"${name}" is missing.`, { field: name });
  return value;
}
