// POST /oauth/token for machines (RFC 6749 §4.4), the short way: a client that proves itself with its secret asks for scopes
// that it is registered for. The token is the engine's own model, stored by its adapter with the audit row in the same
// statement. Everything else, every refusal included, is the engine's.
import type { Middleware } from 'koa';
import { isSameText } from '../../base/crypto.ts';
import { plainFormOf } from '../../http/plain-credentials.ts';
import { scopesOf } from '../../oidc/scopes.ts';
import type { Services } from '../../services.ts';

const PARAMETERS = new Set(['grant_type', 'scope']);
const GRANT_TYPE = 'client_credentials';

export function issueToMachines(services: Services): Middleware {
  const { audit, clientStore, metrics } = services;
  return async (ctx, next) => {
    // A request from a browser is for the engine, which knows about origins.
    if (ctx.method !== 'POST' || ctx.path !== '/oauth/token' || ctx.get('origin') !== '') return next();
    const form = plainFormOf(ctx, PARAMETERS);
    if (form?.fields.get('grant_type') !== GRANT_TYPE) return next();
    const registered = await clientStore.find(form.clientId);
    if (!registered?.secret || !isSameText(form.clientSecret, registered.secret)) return next();
    const scope = form.fields.get('scope');
    const allowed = scopesOf(registered.metadata.scope);
    const isAllowed =
      scope === undefined || (scope !== '' && scope.split(' ').every((name) => allowed.has(name)));
    if (!isAllowed || !registered.metadata.grant_types.includes(GRANT_TYPE)) return next();
    const { provider } = services;
    const client = await provider.Client.find(form.clientId);
    if (!client) return next();

    const token = new provider.ClientCredentials({ client, scope: scope && [...scopesOf(scope)].join(' ') });
    const accessToken = await token.save();
    await audit.record(
      'token.issued',
      { clientId: client.clientId },
      { grant_type: GRANT_TYPE, scope: token.scope ?? '' },
    );
    metrics.countToken('issued', GRANT_TYPE);
    ctx.state['route'] = ctx.path;
    ctx.body = {
      access_token: accessToken,
      expires_in: token.expiration,
      ...(token.scope && { scope: token.scope }),
      token_type: 'Bearer',
    };
    return undefined;
  };
}
