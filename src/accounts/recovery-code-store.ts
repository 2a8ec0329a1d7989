// Rows of recovery_codes: those of an account that were not used yet, by their digests alone.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';

export class RecoveryCodeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the place of those before. Only inside a transaction. */
  async replace(accountId: string, codes: readonly string[]): Promise<void> {
    await this.deleteAll(accountId);
    await this.#database.query(
      'insert into recovery_codes (account_id, code_digest) select $1, unnest($2::bytea[])',
      [accountId, codes.map((code) => digestOf(accountId, code))],
    );
  }

  async count(accountId: string): Promise<number> {
    const row = await this.#database.find<{ left: number }>(
      'select count(*)::int as left from recovery_codes where account_id = $1',
      [accountId],
    );
    return row?.left ?? 0;
  }

  /** For one caller only, over all processes. */
  async use(accountId: string, code: string): Promise<boolean> {
    const row = await this.#database.find(
      'delete from recovery_codes where account_id = $1 and code_digest = $2 returning 1',
      [accountId, digestOf(accountId, code)],
    );
    return row !== undefined;
  }

  async deleteAll(accountId: string): Promise<void> {
    await this.#database.query('delete from recovery_codes where account_id = $1', [accountId]);
  }
}

/** With the account in it, so that nobody can try one guess on all of them at once. */
function digestOf(accountId: string, code: string): Buffer {
  return digest(`recovery-code:${accountId}:${code}`);
}
