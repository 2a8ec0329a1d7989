// What we make of an authorization request (RFC 6749 §3.3, §4.1.1, RFC 8628 §3.1) before the engine reads it: a request without
// a scope gets one, and one with offline_access is remembered as such, since the engine takes that scope out.
import type { Middleware } from 'koa';
import { OFFLINE_PARAMETER, scopesOf } from '../oidc/scopes.ts';

/** Finds the scope that a client was registered with. */
export type FindClientScope = (clientId: string) => Promise<string | undefined>;

const DEFAULT_SCOPE = 'read';

export function prepareAuthorizationRequest(findClientScope: FindClientScope): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/oauth/authorize' && ctx.method === 'GET') {
      const query = new URLSearchParams(ctx.querystring);
      const isPushed = query.has('request_uri');
      query.delete(OFFLINE_PARAMETER);
      const clientId = query.get('client_id');
      if (!isPushed && !query.get('scope') && clientId) {
        const registered = scopesOf(await findClientScope(clientId));
        query.set('scope', registered.has(DEFAULT_SCOPE) ? DEFAULT_SCOPE : [...registered].join(' '));
      }
      if (scopesOf(query.get('scope') ?? '').has('offline_access')) query.set(OFFLINE_PARAMETER, '1');
      if (query.toString() !== new URLSearchParams(ctx.querystring).toString())
        ctx.querystring = query.toString();
    }
    return next();
  };
}
