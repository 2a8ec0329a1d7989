// Rows of one_time_tokens: links that work once. Only digests are kept. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export type OneTimePurpose = 'setup' | 'registration';

export class OneTimeTokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(token: string, purpose: OneTimePurpose, expiresAt: Date): Promise<void> {
    await this.#database.write({
      text: 'insert into one_time_tokens (token_digest, purpose, expires_at) values ($1, $2, $3)',
      values: [digest(token), purpose, expiresAt],
    });
  }

  /** Whether it would work now; nothing is used up. */
  async isGood(token: string, purpose: OneTimePurpose, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from one_time_tokens
        where token_digest = $1 and purpose = $2 and used_at is null and expires_at > $3`,
      [digest(token), purpose, now],
    );
    return row !== undefined;
  }

  /** True for one caller only, over all processes. */
  async use(token: string, purpose: OneTimePurpose, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `update one_time_tokens set used_at = $3
        where token_digest = $1 and purpose = $2 and used_at is null and expires_at > $3 returning 1`,
      [digest(token), purpose, now],
    );
    return row !== undefined;
  }

  async deleteAll(purpose: OneTimePurpose): Promise<void> {
    await this.#database.write({ text: 'delete from one_time_tokens where purpose = $1', values: [purpose] });
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(now: Date): Promise<number> {
    const rows = { table: 'one_time_tokens', key: 'token_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, now);
  }
}
