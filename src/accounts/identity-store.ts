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
