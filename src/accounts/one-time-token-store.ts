// Rows of one_time_tokens: links that work once. Only digests are kept. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database, Row } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export type OneTimePurpose = 'setup' | 'registration' | MailedPurpose;
export type MailedPurpose = 'password_reset' | 'sign_up' | 'invitation' | 'email_change' | 'account_alarm';

/** What a link that was mailed carries on. */
export interface MailedLink {
  purpose: MailedPurpose;
  /** As normaliseEmail spells it: whoever comes with the link reads this mailbox. */
  email: string;
  accountId?: string | undefined;
  /** The sign-in that goes on afterwards. */
  interactionUid?: string | undefined;
}

export interface FoundLink extends MailedLink {
  createdAt: Date;
}

/** So long after its end a row still counts as a mail that was sent. */
const REMEMBERED_MS = 60 * 60 * 1000;
/** First key of the advisory locks by mailbox. */
const MAILBOX_LOCKS = 767829;

const DETAILS = `purpose, email, account_id as "accountId", interaction_uid as "interactionUid",
  created_at as "createdAt"`;

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
    link: MailedLink,
    { createdAt, expiresAt }: { createdAt: Date; expiresAt: Date },
  ): Promise<void> {
    await this.#database.write({
      appends: true,
      text: `insert into one_time_tokens
         (token_digest, purpose, email, account_id, interaction_uid, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        digest(token),
        link.purpose,
        link.email,
        link.accountId ?? null,
        link.interactionUid ?? null,
        createdAt,
        expiresAt,
      ],
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

  /** What a link that would work now carries; nothing is used up. */
  async findMailed(
    token: string,
    purposes: readonly MailedPurpose[],
    now: Date,
  ): Promise<FoundLink | undefined> {
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
  ): Promise<FoundLink | undefined> {
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

  /** Whether a link to the mailbox would work now. */
  async isMailed(email: string, purpose: MailedPurpose, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from one_time_tokens
        where email = $1 and purpose = $2 and used_at is null and expires_at > $3 limit 1`,
      [email, purpose, now],
    );
    return row !== undefined;
  }

  /** Older links to the same mailbox end; they still count as sent. */
  async endMailed(email: string, purpose: MailedPurpose, now: Date): Promise<void> {
    await this.#database.query(
      'update one_time_tokens set used_at = $3 where email = $1 and purpose = $2 and used_at is null',
      [email, purpose, now],
    );
  }

  /** Whose account was made with the link. */
  async nameAccount(token: string, accountId: string): Promise<void> {
    await this.#database.query('update one_time_tokens set account_id = $2 where token_digest = $1', [
      digest(token),
      accountId,
    ]);
  }

  /** The account that was made with a link, not before `since`, in a sign-in: for one caller only. */
  async takeOver(token: string, interactionUid: string, since: Date): Promise<string | undefined> {
    const row = await this.#database.find<{ accountId: string }>(
      `update one_time_tokens set interaction_uid = null
        where token_digest = $1 and interaction_uid = $2 and used_at > $3 and account_id is not null
        returning account_id as "accountId"`,
      [digest(token), interactionUid, since],
    );
    return row?.accountId;
  }

  /** Every link of an account ends, but for alarms: whoever has to fear one would end it so. */
  async endMailedOf(accountId: string, now: Date): Promise<void> {
    await this.#database.query(
      `update one_time_tokens set used_at = $2
        where account_id = $1 and email is not null and purpose <> 'account_alarm' and used_at is null`,
      [accountId, now],
    );
  }

  /** The alarms of an account that were mailed at that time or later end. */
  async endAlarmsSince(accountId: string, since: Date, now: Date): Promise<void> {
    await this.#database.query(
      `update one_time_tokens set used_at = $3
        where account_id = $1 and purpose = 'account_alarm' and created_at >= $2 and used_at is null`,
      [accountId, since, now],
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

function mailedLinkOf(row: Row): FoundLink {
  const present = Object.entries(row).map(([column, value]) => [column, value ?? undefined]);
  return Object.fromEntries(present) as FoundLink;
}
