// Rows of totp_secrets: one for each account at most. A step of time is used by one statement, so that a code works once over
// all processes.
import type { Database } from '../base/database.ts';

export interface TotpRow {
  secretSealed: string;
  addedAt: Date;
}

export class TotpStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(accountId: string): Promise<(TotpRow & Record<string, unknown>) | undefined> {
    return this.#database.find<TotpRow & Record<string, unknown>>(
      `select secret_sealed as "secretSealed", added_at as "addedAt" from totp_secrets where account_id = $1`,
      [accountId],
    );
  }

  /** False when the account has one. */
  async insert(accountId: string, row: TotpRow & { lastUsedStep: number }): Promise<boolean> {
    const inserted = await this.#database.find(
      `insert into totp_secrets (account_id, secret_sealed, last_used_step, added_at) values ($1, $2, $3, $4)
       on conflict (account_id) do nothing returning 1`,
      [accountId, row.secretSealed, row.lastUsedStep, row.addedAt],
    );
    return inserted !== undefined;
  }

  /** False when a code of that step, or of a later one, has been used. */
  async useStep(accountId: string, step: number): Promise<boolean> {
    const row = await this.#database.find(
      'update totp_secrets set last_used_step = $2 where account_id = $1 and last_used_step < $2 returning 1',
      [accountId, step],
    );
    return row !== undefined;
  }

  /** How many there were. */
  async deleteAddedSince(accountId: string, since: Date): Promise<number> {
    const rows = await this.#database.query(
      'delete from totp_secrets where account_id = $1 and added_at >= $2 returning 1',
      [accountId, since],
    );
    return rows.length;
  }

  /** False when there is none. */
  async delete(accountId: string): Promise<boolean> {
    const row = await this.#database.find('delete from totp_secrets where account_id = $1 returning 1', [
      accountId,
    ]);
    return row !== undefined;
  }
}
