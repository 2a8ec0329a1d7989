// Rows of pending_logins. The state itself is never kept, only its digest. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export class PendingLoginStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** At once, whatever unit of work is under way: the person may be back before that one ends. */
  async insert(state: string, connectorId: string, payloadSealed: string, expiresAt: Date): Promise<void> {
    await this.#database.query(
      `insert into pending_logins (state_digest, connector_id, payload_sealed, expires_at)
       values ($1, $2, $3, $4)`,
      [digest(state), connectorId, payloadSealed, expiresAt],
    );
  }

  async findPayload(state: string, connectorId: string, now: Date): Promise<string | undefined> {
    const row = await this.#database.find<{ payload: string }>(
      `select payload_sealed as payload from pending_logins
        where state_digest = $1 and connector_id = $2 and expires_at > $3`,
      [digest(state), connectorId, now],
    );
    return row?.payload;
  }

  /** For one caller only, over all processes. */
  async takePayload(state: string, connectorId: string, now: Date): Promise<string | undefined> {
    const row = await this.#database.find<{ payload: string }>(
      `delete from pending_logins where state_digest = $1 and connector_id = $2 and expires_at > $3
        returning payload_sealed as payload`,
      [digest(state), connectorId, now],
    );
    return row?.payload;
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(now: Date): Promise<number> {
    const rows = { table: 'pending_logins', key: 'state_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, now);
  }
}
