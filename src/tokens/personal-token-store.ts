// The rows of personal tokens among the engine's tokens: what they are called, when they were used and whether their owner was
// told that they end. The engine's adapter makes the rows; each stands on a grant of its own, and is dead without it.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { BEGINNING, beginningOf, fingerprintOf } from './service-token-store.ts';

export interface PersonalToken {
  /** A name for it that gives nothing away (service-token-store.ts). */
  fingerprint: string;
  /** What its owner calls it. */
  name: string;
  lastFour: string;
  scope: string;
  createdAt: Date;
  expiresAt: Date;
  /** To some minutes; undefined: never. */
  lastUsedAt: Date | undefined;
}

/** A token whose owner has to be told that it ends. */
export interface EndingToken {
  accountId: string;
  name: string;
  expiresAt: Date;
}

interface Row extends Record<string, unknown> {
  id_digest: Buffer;
  name: string;
  last_four: string;
  scope: string | null;
  issued_at: number;
  expires_at: Date;
  last_used_at: Date | null;
}

const LIVING = `from tokens t join grants g on g.id_digest = t.grant_digest
  where t.account_id = $1 and t.name is not null and t.expires_at > $2 and g.expires_at > $2`;
/** A use is written down when the one before is as old. */
const COARSE_MINUTES = 5;

export class PersonalTokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a stored token one of its owner's. `warnAt`: when they are told that it ends. */
  async name(token: string, name: string, warnAt: Date | undefined): Promise<void> {
    await this.#database.query(
      'update tokens set name = $2, last_four = $3, warn_at = $4 where id_digest = $1',
      [digest(token), name, token.slice(-4), warnAt ?? null],
    );
  }

  /** Living ones, the newest first. */
  async list(accountId: string): Promise<PersonalToken[]> {
    const rows = await this.#database.query<Row>(
      `select t.id_digest, t.name, t.last_four, t.payload->>'scope' as scope, (t.payload->>'iat')::float8 as issued_at,
              t.expires_at, t.last_used_at ${LIVING} order by issued_at desc, t.id_digest`,
      [accountId, new Date(Date.now())],
    );
    return rows.map((row) => ({
      fingerprint: fingerprintOf(row.id_digest),
      name: row.name,
      lastFour: row.last_four,
      scope: row.scope ?? '',
      createdAt: new Date(row.issued_at * 1000),
      expiresAt: row.expires_at,
      lastUsedAt: row.last_used_at ?? undefined,
    }));
  }

  async count(accountId: string): Promise<number> {
    const row = await this.#database.find<{ count: number }>(`select count(*)::int as count ${LIVING}`, [
      accountId,
      new Date(Date.now()),
    ]);
    return row?.count ?? 0;
  }

  /** With its grant. False when the person has no such token, or it has ended. */
  async delete(accountId: string, fingerprint: string): Promise<boolean> {
    const beginning = beginningOf(fingerprint);
    if (!beginning) return false;
    const rows = await this.#database.query(
      `with gone as (
         delete from tokens where account_id = $1 and name is not null and ${BEGINNING} = $2 returning grant_digest)
       delete from grants where id_digest in (select grant_digest from gone) returning 1`,
      [accountId, beginning],
    );
    return rows.length > 0;
  }

  /** Of these tokens (digests in hexadecimal), that they were used at that time. */
  async noteUses(ids: readonly string[], at: Date): Promise<void> {
    // Whoever is at one of them at this moment notes the same: nobody waits.
    await this.#database.query(
      `update tokens set last_used_at = $2 where id_digest = any(array(
         select id_digest from tokens
          where id_digest = any($1) and name is not null
            and (last_used_at is null or last_used_at < $2::timestamptz - interval '${COARSE_MINUTES} minutes')
            for update skip locked))`,
      [ids.map((id) => Buffer.from(id, 'hex')), at],
    );
  }

  /** Of those that are due, so many: whoever gets one here tells its owner, in the same transaction, and nobody else does. */
  async takeEnding(now: Date, limit: number): Promise<{ taken: number; living: EndingToken[] }> {
    const rows = await this.#database.query<{
      account_id: string;
      name: string;
      expires_at: Date;
      is_living: boolean;
    }>(
      `update tokens t set warn_at = null
        where t.id_digest = any(array(
          select id_digest from tokens where warn_at <= $1 order by warn_at limit $2 for update skip locked))
        returning t.account_id, t.name, t.expires_at,
          t.expires_at > $1 and exists (select 1 from grants g where g.id_digest = t.grant_digest) as is_living`,
      [now, limit],
    );
    const living = rows.filter((row) => row.is_living);
    return {
      taken: rows.length,
      living: living.map((row) => ({
        accountId: row.account_id,
        name: row.name,
        expiresAt: row.expires_at,
      })),
    };
  }
}
