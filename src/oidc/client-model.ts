// The engine's own model of a client, where ours is another: secrets, scopes and keys count as they stand in the table now, and
// who is told of a sign-out is not for the engine to tell.
import type { Client, Provider } from 'oidc-provider';
import { forgetStaleKeys } from './client-keys.ts';
import type { ClientSecrets } from './client-secrets.ts';
import { OWN_DOOR } from './grants/own-door.ts';

/** The secret of a client as it is stored now. */
export type FindFreshSecret = (clientId: string) => Promise<string | undefined>;

/** The address of the request under way. */
export type FindAddress = () => string | undefined;

export interface ClientModelInputs {
  clientSecrets: ClientSecrets;
  findFreshSecret: FindFreshSecret;
  findAddress: FindAddress;
}

const SCOPE = Symbol('scope');

export function mendClients(
  provider: Provider,
  { clientSecrets, findFreshSecret, findAddress }: ClientModelInputs,
): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(this: Client, actual) {
    const { clientId, clientSecret } = this;
    return clientSecrets.isRight(
      { clientId, secret: actual, address: findAddress() ?? 'unknown' },
      { secret: clientSecret, findFresh: () => findFreshSecret(clientId) },
    );
  };
  // The engine would send once, inside the request that ends the session; the end itself writes the message (outbox/).
  Object.assign(provider.Client.prototype, { backchannelLogout: async () => {} });
  // To the engine a client without scopes may have any. Here it may have none.
  Object.defineProperty(provider.Client.prototype, 'scope', {
    get(this: { [SCOPE]?: string }) {
      return this[SCOPE] ?? ' ';
    },
    set(this: { [SCOPE]?: string }, scope: string | undefined) {
      this[SCOPE] = scope;
    },
  });
  // Who may use it is asked where it leads (grants/own-door.ts).
  const isAllowed = Reflect.get<Client, 'grantTypeAllowed'>(provider.Client.prototype, 'grantTypeAllowed');
  provider.Client.prototype.grantTypeAllowed = function isGrantTypeAllowed(this: Client, type) {
    return type === OWN_DOOR || isAllowed.call(this, type);
  };
  const findClient = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const client = await findClient(id);
    forgetStaleKeys(client);
    return client;
  };
}
