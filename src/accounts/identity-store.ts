// Rows of identities: which account a subject at a connector belongs to. The primary key sees to it that a subject
// belongs to one account, however many processes meet it for the first time at once.
import { isUniqueViolation, type Database, type Row } from '../base/database.ts';
import { conflict } from '../base/errors.ts';

export interface Identity {
  connectorId: string;
  subject: string;
  accountId: string;
  email?: string | undefined;
  username?: string | undefined;
}

export interface UsedIdentity extends Identity {
  createdAt: Date;
  lastUsedAt: Date;
}

export class IdentityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account of a subject that just signed in. */
  async findUsed(connectorId: string, subject: string): Promise<string | undefined> {
    const row = await this.#database.find<{ accountId: string }>(
      `update identities set last_used_at = now() where connector_id = $1 and subject = $2
        returning account_id as "accountId"`,
      [connectorId, subject],
    );
    return row?.accountId;
  }

  /** Throws 409 when the subject has an account. */
  async insert({ connectorId, subject, accountId, email, username }: Identity): Promise<void> {
    try {
      await this.#database.query(
        'insert into identities (connector_id, subject, account_id, email, username) values ($1, $2, $3, $4, $5)',
        [connectorId, subject, accountId, email ?? null, username ?? null],
      );
    } catch (error) {
      if (!isUniqueViolation(error, 'identities_pkey')) throw error;
      throw conflict('This way to sign in belongs to an account already.', { cause: error });
    }
  }

  /** False when the subject has an account, whichever; a transaction goes on then. */
  async insertUnlessTaken({ connectorId, subject, accountId, email, username }: Identity): Promise<boolean> {
    const row = await this.#database.find(
      `insert into identities (connector_id, subject, account_id, email, username) values ($1, $2, $3, $4, $5)
        on conflict do nothing returning 1`,
      [connectorId, subject, accountId, email ?? null, username ?? null],
    );
    return row !== undefined;
  }

  /** The account of a subject. */
  async findAccountId(connectorId: string, subject: string): Promise<string | undefined> {
    const row = await this.#database.find<{ accountId: string }>(
      'select account_id as "accountId" from identities where connector_id = $1 and subject = $2',
      [connectorId, subject],
    );
    return row?.accountId;
  }

  /**
   * Deletes one identity, unless it is the last way in: another identity at one of `connectorIds` has to be there, or
   * `hasOtherWay`. Only inside a transaction that holds the account's row (AccountStore.findPasswordWay), so that two cannot
   * count on each other.
   */
  async deleteUnlessLast(
    { accountId, connectorId, subject }: Identity,
    { hasOtherWay, connectorIds }: { hasOtherWay: boolean; connectorIds: readonly string[] },
  ): Promise<boolean> {
    const row = await this.#database.find(
      `delete from identities where account_id = $1 and connector_id = $2 and subject = $3
          and ($4 or exists (select 1 from identities other
                where other.account_id = $1 and other.connector_id = any($5)
                  and (other.connector_id, other.subject) <> ($2, $3)))
        returning 1`,
      [accountId, connectorId, subject, hasOtherWay, [...connectorIds]],
    );
    return row !== undefined;
  }

  /** How many there were. */
  async deleteAddedSince(accountId: string, since: Date): Promise<number> {
    const rows = await this.#database.query(
      'delete from identities where account_id = $1 and created_at >= $2 returning 1',
      [accountId, since],
    );
    return rows.length;
  }

  /** Oldest first: the ways to sign in of one account. */
  async list(accountId: string): Promise<UsedIdentity[]> {
    return this.#database.query<UsedIdentity & Row>(
      `select connector_id as "connectorId", subject, account_id as "accountId", email, username,
              created_at as "createdAt", last_used_at as "lastUsedAt"
         from identities where account_id = $1 order by created_at`,
      [accountId],
    );
  }
}
