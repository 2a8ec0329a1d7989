// Rows of seen_ids: the `jti` of client assertions (RFC 7523 §3) and of DPoP proofs (RFC 9449 §11.1). Only digests are kept.
// An id stays used while its row is there, which is longer than what carried it was good for.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';

export class SeenIdStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * True for one caller only, over all processes. Written at once, whatever becomes of the request: what was shown is
   * shown. `issuer` is whose ids these are; `expiresAtSeconds` is when it would be refused for its age anyway.
   */
  async isFirst(issuer: string, id: string, expiresAtSeconds: number): Promise<boolean> {
    const row = await this.#database.find(
      'insert into seen_ids (id_digest, expires_at) values ($1, $2) on conflict (id_digest) do nothing returning 1',
      [digest(JSON.stringify([issuer, id])), new Date(expiresAtSeconds * 1000)],
    );
    return row !== undefined;
  }
}
