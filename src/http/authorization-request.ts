// What we make of an authorization request (RFC 6749 §3.3, §4.1.1), pushed ones (RFC 9126) included, before the engine reads
// it: a request without a scope gets one, and one with offline_access is remembered as such, since the engine takes that
// scope out.
import type { Context, Middleware } from 'koa';
import { OFFLINE_PARAMETER, scopesOf } from '../oidc/scopes.ts';
import { replaceBody } from './input.ts';
import { basicPairOf } from './oauth-form.ts';

/** What a request of this client means that names these resources and no scope. */
export type FindDefaultScope = (clientId: string, resources: readonly string[]) => Promise<string>;

export function prepareAuthorizationRequest(findDefaultScope: FindDefaultScope): Middleware {
  async function prepare(request: URLSearchParams, clientId: string | undefined): Promise<void> {
    // Ours alone: nobody says it from outside.
    request.delete(OFFLINE_PARAMETER);
    // What was pushed is complete.
    if (!request.has('request_uri') && !request.get('scope') && clientId) {
      request.set('scope', await findDefaultScope(clientId, request.getAll('resource')));
    }
    if (scopesOf(request.get('scope') ?? '').has('offline_access')) request.set(OFFLINE_PARAMETER, '1');
  }

  return async (ctx, next) => {
    if (ctx.path === '/oauth/authorize' && ctx.method === 'GET') {
      const query = new URLSearchParams(ctx.querystring);
      await prepare(query, query.get('client_id') ?? undefined);
      if (query.toString() !== new URLSearchParams(ctx.querystring).toString())
        ctx.querystring = query.toString();
    }
    if (ctx.path === '/oauth/par' && ctx.method === 'POST' && ctx.is('application/x-www-form-urlencoded')) {
      const form = new URLSearchParams((ctx.state['body'] as Buffer).toString('utf8'));
      await prepare(form, form.get('client_id') ?? basicNameOf(ctx));
      replaceBody(ctx, Buffer.from(form.toString()));
    }
    return next();
  };
}

/** RFC 6749 §2.3.1: a client that says who it is in the header need not say it again. */
function basicNameOf(ctx: Context): string | undefined {
  const [name] = basicPairOf(ctx).split(':', 1);
  return name || undefined;
}
