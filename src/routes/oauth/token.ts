// POST /oauth/token for machines (RFC 6749 §4.4): the short way (routes/short-ways.ts) of a client that proves itself with its
// secret, again, and asks for scopes that it is registered for. The token is the engine's own model, stored by its adapter
// with the audit row in the same statement. Everything else, every refusal included, is the engine's.
import type { Client as EngineClient, Provider } from 'oidc-provider';
import type { ShortWay } from '../../http/short-way.ts';
import type { Client } from '../../oidc/client.ts';
import { ownScopesOf, scopesOf } from '../../oidc/scopes.ts';
import type { Services } from '../../services.ts';

const GRANT_TYPE = 'client_credentials';

export function issueToMachines(services: Services): ShortWay {
  const { audit, clientSecrets, clientStore, database, metrics } = services;
  return async ({ fields, clientId, clientSecret, address, agent, requestId }) => {
    if (fields.get('grant_type') !== GRANT_TYPE) return undefined;
    const registered = await clientStore.find(clientId);
    const guess = { clientId, secret: clientSecret, address };
    if (!registered?.secret || !clientSecrets.isRightAgain(guess, registered.secret)) return undefined;
    const scope = fields.get('scope');
    if (!mayHave(registered, scope)) return undefined;
    const { provider } = services;
    const client = await engineClientOf(provider, registered);
    if (!client) return undefined;

    const token = new provider.ClientCredentials({ client, scope: scope && [...scopesOf(scope)].join(' ') });
    const issued = { grant_type: GRANT_TYPE, scope: token.scope ?? '' };
    const accessToken = await audit.from({ address, agent, requestId }, () =>
      database.gather(async () => {
        const value = await token.save();
        await audit.record('token.issued', { clientId }, issued);
        return value;
      }),
    );
    metrics.countToken('issued', GRANT_TYPE);
    return {
      access_token: accessToken,
      expires_in: token.expiration,
      ...(token.scope && { scope: token.scope }),
      token_type: 'Bearer',
    };
  };
}

/** The engine reads and checks a client anew each time; for one that has not changed once is enough. */
const engineClients = new WeakMap<Client, { provider: Provider; client: EngineClient | undefined }>();

async function engineClientOf(provider: Provider, registered: Client): Promise<EngineClient | undefined> {
  const known = engineClients.get(registered);
  if (known?.provider === provider) return known.client;
  const client = await provider.Client.find(registered.id);
  engineClients.set(registered, { provider, client });
  return client;
}

function mayHave({ metadata }: Client, scope: string | undefined): boolean {
  const allowed = ownScopesOf(metadata.scope);
  return (
    metadata.grant_types.includes(GRANT_TYPE) &&
    // Without a proof there is nothing for it (RFC 9449 §5.2); with one it would not be here.
    !metadata.dpop_bound_access_tokens &&
    (scope === undefined || (scope !== '' && scope.split(' ').every((name) => allowed.has(name))))
  );
}
