// Rows of pending_links: one for each interaction at most, kept by digests alone. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export interface PendingLinkRow {
  interactionUid: string;
  /** Which identity waits (identityKey of sign-in-methods.ts). */
  identityKey: string;
  payloadSealed: string;
  expiresAt: Date;
}

export class PendingLinkStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The latest identity of an interaction takes the place of one before. At once: the browser is sent on to it. */
  async put({ interactionUid, identityKey, payloadSealed, expiresAt }: PendingLinkRow): Promise<void> {
    await this.#database.query(
      `insert into pending_links (interaction_digest, identity_digest, payload_sealed, expires_at)
       values ($1, $2, $3, $4)
       on conflict (interaction_digest) do update
         set identity_digest = excluded.identity_digest, payload_sealed = excluded.payload_sealed,
             expires_at = excluded.expires_at`,
      [digest(interactionUid), digest(identityKey), payloadSealed, expiresAt],
    );
  }

  async findPayload(interactionUid: string, now: Date): Promise<string | undefined> {
    const row = await this.#database.find<{ payload: string }>(
      `select payload_sealed as payload from pending_links where interaction_digest = $1 and expires_at > $2`,
      [digest(interactionUid), now],
    );
    return row?.payload;
  }

  /** For one caller only, over all processes, and only while it is this identity that waits. */
  async takePayload(interactionUid: string, identityKey: string, now: Date): Promise<string | undefined> {
    const row = await this.#database.find<{ payload: string }>(
      `delete from pending_links where interaction_digest = $1 and identity_digest = $2 and expires_at > $3
        returning payload_sealed as payload`,
      [digest(interactionUid), digest(identityKey), now],
    );
    return row?.payload;
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(now: Date): Promise<number> {
    const rows = { table: 'pending_links', key: 'interaction_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, now);
  }
}
