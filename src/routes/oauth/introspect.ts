// POST /oauth/introspect, and POST /api/verify: RFC 7662 for the question that services ask all day, about a living access
// token, by a client that proves itself with its secret. Bearers knows such a token without asking anybody. Everything
// else goes on to the engine, which has the last word on it: wrong secrets, other tokens, refusals.
import type { Middleware } from 'koa';
import { isSameText } from '../../base/crypto.ts';
import { plainFormOf } from '../../http/plain-credentials.ts';
import type { Client } from '../../oidc/clients.ts';
import { jtiOf } from '../../oidc/access-token-format.ts';
import { mayKnowToken } from '../../oidc/policies.ts';
import type { Services } from '../../services.ts';
import type { Principal } from '../../tokens/principal.ts';

const PATHS = new Set(['/oauth/introspect', '/api/verify']);
const PARAMETERS = new Set(['token', 'token_type_hint']);

export function introspectLiveTokens({ bearers, clientStore, config }: Services): Middleware {
  return async (ctx, next) => {
    // A request from a browser is for the engine, which knows about origins.
    if (ctx.method !== 'POST' || !PATHS.has(ctx.path) || ctx.get('origin') !== '') return next();
    const form = plainFormOf(ctx, PARAMETERS);
    const token = form?.fields.get('token');
    if (!form || !token) return next();
    const [client, principal] = await Promise.all([clientStore.find(form.clientId), bearers.find(token)]);
    if (!client?.secret || !principal || !isSameText(form.clientSecret, client.secret)) return next();
    if (!mayKnow(client, principal)) return next();
    ctx.state['route'] = ctx.path;
    ctx.body = {
      ...(principal.account && { sub: principal.account.id }),
      active: true,
      client_id: principal.clientId,
      exp: principal.expiresAtSeconds,
      iat: principal.issuedAtSeconds,
      iss: config.issuer,
      ...(token.includes('.') && { jti: jtiOf(token) }),
      ...(principal.scopes.size > 0 && { scope: [...principal.scopes].join(' ') }),
      token_type: 'Bearer',
    };
    return undefined;
  };
}

/** What is bound to a key or to a resource has more to say than the short answer. */
function mayKnow({ id, metadata }: Client, principal: Principal): boolean {
  const { audience, clientId } = principal;
  return (
    !principal.isSenderConstrained &&
    audience === undefined &&
    mayKnowToken({
      client: { id, mayIntrospectAll: metadata.introspect },
      token: { clientId, audience, isRefreshToken: false, audienceOwnerId: undefined },
    })
  );
}
