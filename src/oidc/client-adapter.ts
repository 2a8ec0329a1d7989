// How the engine reads registered clients: the rows of client-store.ts, in the engine's words.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { ClientStore } from './client-store.ts';
import { toEngineMetadata } from './clients.ts';

/** Clients are written by our own administration only. */
export class ClientAdapter implements Adapter {
  readonly #store: ClientStore;

  constructor(store: ClientStore) {
    this.#store = store;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const client = await this.#store.find(id);
    return client && toEngineMetadata(client);
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
