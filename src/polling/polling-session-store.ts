// Rows of polling sessions. Every step forward is one statement that hits the row only where the step before was: of any
// number of requests, in any number of processes, one takes it.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export interface NewPollingSessionRow {
  sessionId: string;
  handle: string;
  letters: string;
  clientId: string;
  scope: string;
  codeChallenge: string | undefined;
  deviceName: string | undefined;
  address: string | undefined;
  createdAt: Date;
  expiresAt: Date;
}

/** What the person's page shows. */
export interface WaitingSession {
  clientId: string;
  scope: string;
  deviceName: string | undefined;
  address: string | undefined;
  createdAt: Date;
}

/** How the person was signed in who allowed it. */
export interface SignInFacts {
  authTime: number;
  acr?: string | undefined;
  amr?: readonly string[] | undefined;
}

export interface AllowedSession {
  accountId: string;
  clientId: string;
  scope: string;
  codeChallenge: string | undefined;
  signIn: SignInFacts;
}

/** `early`: it waits, and was asked about a moment ago; since when it may be asked again, in milliseconds since 1970. */
export type Sight =
  | { stage: 'waiting' | 'allowed' | 'denied' | 'over' }
  | { stage: 'early'; askAgainAtMs: number };

const STAGES = ['waiting', 'allowed', 'denied', 'over'] as const;
const [WAITING, ALLOWED, DENIED, OVER] = [0, 1, 2, 3];

/** So long one that is over can still be told from one that never was. */
const GRACE_MS = 10 * 60 * 1000;

export class PollingSessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  insert(row: NewPollingSessionRow): Promise<void> {
    const { clientId, scope, codeChallenge, deviceName, address, createdAt, expiresAt } = row;
    return this.#database.write({
      text: `insert into polling_sessions (id_digest, handle_digest, letters_digest, client_id, scope, code_challenge,
               device_name, address, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        digest(row.sessionId),
        digest(row.handle),
        lettersDigest(row.handle, row.letters),
        clientId,
        scope,
        codeChallenge ?? null,
        deviceName ?? null,
        address ?? null,
        createdAt,
        expiresAt,
      ],
      appends: true,
    });
  }

  /** No further than `most`. */
  async countLiving(most: number): Promise<number> {
    const row = await this.#database.find<{ count: number }>(
      `select count(*)::int as count from (select 1 from polling_sessions where expires_at > $1 limit ${most}) living`,
      [new Date(Date.now())],
    );
    return row?.count ?? 0;
  }

  /**
   * For the terminals that ask (digests in hexadecimal, each once): how far each session is; of those that wait, it is noted that
   * they were asked about. All take the rows in one order, and whoever else takes one of a waiting session takes no other: nobody
   * waits in a circle, or for long. Nor for the disk: if such a note is lost with the server, somebody asks too early once.
   */
  async look(ids: readonly string[], intervalMs: number): Promise<Map<string, Sight>> {
    const now = Date.now();
    const rows = await this.#database.query<{
      id_digest: Buffer;
      stage: number;
      is_expired: boolean;
      early_since: Date | null;
    }>(
      `with mine as (
         select id_digest, case when polled_at > $3 then polled_at end as early_since
           from polling_sessions where id_digest = any($1) and stage = ${WAITING} and expires_at > $2
            order by id_digest for update),
       noted as (
         update polling_sessions s set polled_at = $2 from mine
          where s.id_digest = mine.id_digest and mine.early_since is null),
       unhurried as (select set_config('synchronous_commit', 'off', true))
       select s.id_digest, s.stage, s.expires_at <= $2 as is_expired, mine.early_since
         from unhurried, polling_sessions s left join mine on mine.id_digest = s.id_digest where s.id_digest = any($1)`,
      [ids.map((id) => Buffer.from(id, 'hex')), new Date(now), new Date(now - intervalMs)],
    );
    return new Map(
      rows.map(({ id_digest, stage, is_expired, early_since }): [string, Sight] => [
        id_digest.toString('hex'),
        early_since
          ? { stage: 'early', askAgainAtMs: early_since.getTime() + intervalMs }
          : { stage: is_expired ? 'over' : (STAGES[stage] ?? 'over') },
      ]),
    );
  }

  /** By what stands in the link: undefined for an unknown one, `over` unless it waits for its person. */
  async findByHandle(handle: string): Promise<WaitingSession | 'over' | undefined> {
    const row = await this.#database.find<{
      client_id: string;
      scope: string;
      device_name: string | null;
      address: string | null;
      created_at: Date;
      is_waiting: boolean;
    }>(
      `select client_id, scope, device_name, host(address) as address, created_at,
              stage = ${WAITING} and expires_at > $2 as is_waiting
         from polling_sessions where handle_digest = $1`,
      [digest(handle), new Date(Date.now())],
    );
    if (!row) return undefined;
    if (!row.is_waiting) return 'over';
    return {
      clientId: row.client_id,
      scope: row.scope,
      deviceName: row.device_name ?? undefined,
      address: row.address ?? undefined,
      createdAt: row.created_at,
    };
  }

  /** One try with the letters. `undefined`: it did not wait any more. */
  async allow(
    handle: string,
    letters: string,
    { accountId, signIn, tries }: { accountId: string; signIn: SignInFacts; tries: number },
  ): Promise<'allowed' | 'wrong' | 'over' | undefined> {
    const row = await this.#database.find<{ stage: number }>(
      `update polling_sessions
          set stage = case when letters_digest = $2 then ${ALLOWED} when wrong_letters + 1 >= $5 then ${OVER} else stage end,
              wrong_letters = wrong_letters + case when letters_digest = $2 then 0 else 1 end,
              account_id = case when letters_digest = $2 then $3::uuid end,
              sign_in = case when letters_digest = $2 then $4::jsonb end
        where handle_digest = $1 and stage = ${WAITING} and expires_at > $6
        returning stage`,
      [
        digest(handle),
        lettersDigest(handle, letters),
        accountId,
        JSON.stringify(signIn),
        tries,
        new Date(Date.now()),
      ],
    );
    if (!row) return undefined;
    if (row.stage === ALLOWED) return 'allowed';
    return row.stage === OVER ? 'over' : 'wrong';
  }

  /** False when it did not wait any more. */
  async deny(handle: string): Promise<boolean> {
    const rows = await this.#database.query(
      `update polling_sessions set stage = ${DENIED}
        where handle_digest = $1 and stage = ${WAITING} and expires_at > $2 returning 1`,
      [digest(handle), new Date(Date.now())],
    );
    return rows.length > 0;
  }

  async findAllowed(sessionId: string): Promise<AllowedSession | undefined> {
    const row = await this.#database.find<{
      account_id: string;
      client_id: string;
      scope: string;
      code_challenge: string | null;
      sign_in: SignInFacts;
    }>(
      `select account_id, client_id, scope, code_challenge, sign_in
         from polling_sessions where id_digest = $1 and stage = ${ALLOWED} and expires_at > $2`,
      [digest(sessionId), new Date(Date.now())],
    );
    return (
      row && {
        accountId: row.account_id,
        clientId: row.client_id,
        scope: row.scope,
        codeChallenge: row.code_challenge ?? undefined,
        signIn: row.sign_in,
      }
    );
  }

  /** The last step: true for the one who takes it. */
  async close(sessionId: string, from: 'allowed' | 'denied'): Promise<boolean> {
    const rows = await this.#database.query(
      `update polling_sessions set stage = ${OVER} where id_digest = $1 and stage = $2 and expires_at > $3 returning 1`,
      [digest(sessionId), from === 'allowed' ? ALLOWED : DENIED, new Date(Date.now())],
    );
    return rows.length > 0;
  }

  /** What a person allowed and no terminal has taken yet. Joins the transaction under way. */
  async endOf(accountId: string): Promise<void> {
    await this.#database.query(
      `update polling_sessions set stage = ${OVER} where account_id = $1 and stage = ${ALLOWED}`,
      [accountId],
    );
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(): Promise<number> {
    const rows = { table: 'polling_sessions', key: 'id_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, new Date(Date.now() - GRACE_MS));
  }
}

function lettersDigest(handle: string, letters: string): Buffer {
  return digest(`${handle} ${letters}`);
}
