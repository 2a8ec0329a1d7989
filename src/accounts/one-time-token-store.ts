// Rows of one_time_tokens: links that work once. Only digests are kept. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database, Row } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export type OneTimePurpose = 'setup' | 'registration' | MailedPurpose;
export type MailedPurpose = 'password_reset';

/** What a link that was mailed carries on. */
export interface MailedLink {
  /** As normaliseEmail spells it: whoever comes with the link reads this mailbox. */
  email: string;
  accountId?: string | undefined;
}

/** So long after its end a row still counts as a mail that was sent. */
const REMEMBERED_MS = 60 * 60 * 1000;
/** First key of the advisory locks by mailbox. */
const MAILBOX_LOCKS = 767829;

const DETAILS = 'email, account_id as "accountId"';

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

  async insertMailed(
    token: string,
    purpose: MailedPurpose,
    link: MailedLink,
    { createdAt, expiresAt }: { createdAt: Date; expiresAt: Date },
  ): Promise<void> {
    await this.#database.query(
      `insert into one_time_tokens (token_digest, purpose, email, account_id, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [digest(token), purpose, link.email, link.accountId ?? null, createdAt, expiresAt],
    );
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

  /** What a link that would work now carries; nothing is used up. */
  async findMailed(
    token: string,
    purposes: readonly MailedPurpose[],
    now: Date,
  ): Promise<MailedLink | undefined> {
    const row = await this.#database.find(
      `select ${DETAILS} from one_time_tokens
        where token_digest = $1 and purpose = any($2) and used_at is null and expires_at > $3`,
      [digest(token), [...purposes], now],
    );
    return row && mailedLinkOf(row);
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

  /** As `use`, with what the link carries. */
  async useMailed(
    token: string,
    purposes: readonly MailedPurpose[],
    now: Date,
  ): Promise<MailedLink | undefined> {
    const row = await this.#database.find(
      `update one_time_tokens set used_at = $3
        where token_digest = $1 and purpose = any($2) and used_at is null and expires_at > $3
        returning ${DETAILS}`,
      [digest(token), [...purposes], now],
    );
    return row && mailedLinkOf(row);
  }

  /** Of two that want to send to one mailbox the second waits until the transaction of the first ends. */
  async lockMailbox(email: string): Promise<void> {
    await this.#database.query('select pg_advisory_xact_lock($1, hashtext($2))', [MAILBOX_LOCKS, email]);
  }

  async countMailed(email: string, purpose: MailedPurpose, since: Date): Promise<number> {
    const rows = await this.#database.query(
      'select 1 from one_time_tokens where email = $1 and purpose = $2 and created_at > $3 limit 100',
      [email, purpose, since],
    );
    return rows.length;
  }

  /** Older links to the same mailbox end; they still count as sent. */
  async endMailed(email: string, purpose: MailedPurpose, now: Date): Promise<void> {
    await this.#database.query(
      'update one_time_tokens set used_at = $3 where email = $1 and purpose = $2 and used_at is null',
      [email, purpose, now],
    );
  }

  /** Every link of an account ends. */
  async endMailedOf(accountId: string, now: Date): Promise<void> {
    await this.#database.query(
      `update one_time_tokens set used_at = $2
        where account_id = $1 and email is not null and used_at is null`,
      [accountId, now],
    );
  }

  async deleteAll(purpose: OneTimePurpose): Promise<void> {
    await this.#database.write({ text: 'delete from one_time_tokens where purpose = $1', values: [purpose] });
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(now: Date): Promise<number> {
    const rows = { table: 'one_time_tokens', key: 'token_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, new Date(now.getTime() - REMEMBERED_MS));
  }
}

function mailedLinkOf(row: Row): MailedLink {
  return { email: String(row['email']), accountId: (row['accountId'] as string | null) ?? undefined };
}
