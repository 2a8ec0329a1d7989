// How the engine reads registered clients: the rows of client-store.ts, in the engine's words.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ClientStore } from './client-store.ts';
import { lookOf } from './client-look.ts';
import { CONSOLE_CLIENT_ID, type Client } from './client.ts';
import { OWN_SCOPES, ownScopesOf, scopesOf } from './scopes.ts';

/** Clients are written by our own administration only. */
export class ClientAdapter implements Adapter {
  readonly #store: ClientStore;
  readonly #home: { redirect_uris: string[]; post_logout_redirect_uris: string[] };

  constructor(store: ClientStore, issuer: string) {
    this.#store = store;
    this.#home = { redirect_uris: [`${issuer}/`], post_logout_redirect_uris: [`${issuer}/`] };
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const client = await this.#store.find(id);
    if (!client) return undefined;
    const metadata = toEngineMetadata(client);
    // Our own pages are where this server is: several servers with an issuer each may share one database.
    return id === CONSOLE_CLIENT_ID ? { ...metadata, ...this.#home } : metadata;
  }

  async upsert(): Promise<void> {
    throw new Error('clients are changed through oidc/clients.ts');
  }
  findByUserCode = async (): Promise<undefined> => undefined;
  findByUid = async (): Promise<undefined> => undefined;
  consume = async (): Promise<undefined> => undefined;
  destroy = async (): Promise<undefined> => undefined;
  revokeByGrantId = async (): Promise<undefined> => undefined;
}

/** The client as the engine reads it. */
export function toEngineMetadata(client: Client): Record<string, unknown> & { client_id: string } {
  // Ours alone: the engine does nothing with it, and takes no loopback address.
  const { initiate_login_uri: _, ...metadata } = client.metadata;
  return {
    client_id: client.id,
    client_name: client.name,
    ...(client.secret !== undefined && { client_secret: client.secret }),
    ...metadata,
    // The engine knows our own scopes only; the others belong to resources (resource-indicators.ts).
    scope: [...ownScopesOf(metadata.scope)].join(' ') || undefined,
    resource_scope: [...scopesOf(metadata.scope)].filter((scope) => !OWN_SCOPES.has(scope)).join(' '),
    first_party: client.isFirstParty,
    look: lookOf(client),
  };
}
