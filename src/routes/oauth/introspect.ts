// POST /oauth/introspect, and POST /api/verify: RFC 7662 for the question that services ask all day, about a living access
// token, by a client that proves itself with its secret. Bearers knows such a token without asking anybody. Everything
// else goes on to the engine, which has the last word on it: wrong secrets, other tokens, refusals.
import type { Context, Middleware } from 'koa';
import { isSameText } from '../../base/crypto.ts';
import type { Client } from '../../oidc/clients.ts';
import type { Services } from '../../services.ts';
import type { Principal } from '../../tokens/principal.ts';

const PATHS = new Set(['/oauth/introspect', '/api/verify']);
const PARAMETERS = new Set(['token', 'token_type_hint', 'client_id', 'client_secret']);

interface Question {
  token: string;
  clientId: string;
  clientSecret: string;
}

export function introspectLiveTokens({ bearers, clientStore, config }: Services): Middleware {
  return async (ctx, next) => {
    const question = ctx.method === 'POST' && PATHS.has(ctx.path) ? questionOf(ctx) : undefined;
    if (!question) return next();
    const [client, principal] = await Promise.all([
      clientStore.find(question.clientId),
      bearers.find(question.token),
    ]);
    if (!client?.secret || !principal || !isSameText(question.clientSecret, client.secret)) return next();
    if (!mayKnow(client, principal)) return next();
    ctx.body = {
      ...(principal.account && { sub: principal.account.id }),
      active: true,
      client_id: principal.clientId,
      exp: principal.expiresAtSeconds,
      iat: principal.issuedAtSeconds,
      iss: config.issuer,
      ...(principal.scopes.size > 0 && { scope: [...principal.scopes].join(' ') }),
      token_type: 'Bearer',
    };
    return undefined;
  };
}

/** The same rule as `mayIntrospect` of oidc/policies.ts, for access tokens. */
function mayKnow(client: Client, principal: Principal): boolean {
  if (principal.isSenderConstrained || principal.audience !== undefined) return false;
  return principal.clientId === client.id || client.metadata.introspect;
}

/** Undefined for everything that is not plainly one token and one pair of credentials. */
function questionOf(ctx: Context): Question | undefined {
  if (!ctx.is('application/x-www-form-urlencoded')) return undefined;
  const form = new URLSearchParams(String(ctx.state['body']));
  const names = [...form.keys()];
  if (new Set(names).size !== names.length || !names.every((name) => PARAMETERS.has(name))) return undefined;
  const token = form.get('token');
  const credentials = credentialsOf(
    ctx.get('authorization'),
    form.get('client_id'),
    form.get('client_secret'),
  );
  return token && credentials ? { token, ...credentials } : undefined;
}

/** RFC 6749 §2.3.1: in the header or in the form, never in both; an encoded pair is for the engine to decode. */
function credentialsOf(
  authorization: string,
  clientId: string | null,
  clientSecret: string | null,
): Omit<Question, 'token'> | undefined {
  if (authorization === '') return clientId && clientSecret ? { clientId, clientSecret } : undefined;
  if (clientId !== null || clientSecret !== null) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(authorization)?.[1];
  const pair = /^([^:%+]+):([^%+]+)$/.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8'));
  return pair?.[1] && pair[2] ? { clientId: pair[1], clientSecret: pair[2] } : undefined;
}
