// The engine's own model of a client, where ours is another: secrets, scopes and keys count as they stand in the table now, and
// who is told of a sign-out is not for the engine to tell.
import type { Client, Provider } from 'oidc-provider';
import { isSameText } from '../base/crypto.ts';
import { forgetStaleKeys } from './client-keys.ts';

/** The secret of a client as it is stored now. */
export type FindFreshSecret = (clientId: string) => Promise<string | undefined>;

const SCOPE = Symbol('scope');

export function mendClients(provider: Provider, findFreshSecret: FindFreshSecret): void {
  // A client is remembered for a moment: before a secret is wrong, it is compared with the one that is stored now.
  provider.Client.prototype.compareClientSecret = async function compareClientSecret(this: Client, actual) {
    if (this.clientSecret !== undefined && isSameText(actual, this.clientSecret)) return true;
    const fresh = await findFreshSecret(this.clientId);
    return fresh !== undefined && isSameText(actual, fresh);
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
  const findClient = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const client = await findClient(id);
    forgetStaleKeys(client);
    return client;
  };
}
