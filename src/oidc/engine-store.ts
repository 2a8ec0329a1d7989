// The engine's rows seen from outside a request of the engine: how they end all at once, and which browser sessions a
// person has. Everything here joins the transaction under way.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';

export interface BrowserSession {
  /** The session's public name (`sid` of nobody; never the cookie). */
  uid: string;
  signedInAt: Date | undefined;
  expiresAt: Date;
  clientIds: string[];
}

/** Expired rows stay this long, so that an old token or code can still be told from an unknown one. */
const GRACE_MS = 60 * 60 * 1000;
const SWEEP_BATCH = 1_000;
const SWEPT = ['tokens', 'grants', 'sessions', 'transients', 'seen_ids'] as const;

export class EngineStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Signs a person out everywhere: sessions, grants, and every token and code. */
  async endEverythingOf(accountId: string): Promise<void> {
    // Sessions first: what is under way in one holds its row, so the statements behind see what it stored.
    await this.#database.query('delete from sessions where account_id = $1', [accountId]);
    await this.#database.query('delete from tokens where account_id = $1', [accountId]);
    await this.#database.query('delete from grants where account_id = $1', [accountId]);
  }

  /** Ends every token, code and grant of a client. */
  async endTokensOf(clientId: string): Promise<void> {
    await this.#database.query('delete from tokens where client_id = $1', [clientId]);
    await this.#database.query('delete from grants where client_id = $1', [clientId]);
  }

  /** The latest sign-in first. */
  async listSessions(accountId: string): Promise<BrowserSession[]> {
    const rows = await this.#database.query<{
      uid: string;
      signed_in_at: number | null;
      expires_at: Date;
      client_ids: string[];
    }>(
      `select uid, (payload->>'loginTs')::float8 as signed_in_at, expires_at,
              array(select jsonb_object_keys(coalesce(payload->'authorizations', '{}'))) as client_ids
         from sessions where account_id = $1 and expires_at > $2 order by signed_in_at desc nulls last limit 500`,
      [accountId, new Date(Date.now())],
    );
    return rows.map((row) => ({
      uid: row.uid,
      signedInAt: row.signed_in_at === null ? undefined : new Date(row.signed_in_at * 1000),
      expiresAt: row.expires_at,
      clientIds: row.client_ids,
    }));
  }

  /**
   * Notes that a program asks for the outcome of its device code. False when it asks too early; then it has to wait
   * five seconds longer from now on (RFC 8628 §3.5). An unknown code is not too early.
   */
  async notePoll(deviceCode: string): Promise<boolean> {
    const row = await this.#database.find<{ is_early: boolean }>(
      `with before as (
         select id_digest, coalesce(polled_at > $2::timestamptz - (poll_interval_seconds - 0.5) * interval '1 second', false)
                  as is_early
           from tokens where id_digest = $1 and kind = 'DeviceCode' for update)
       update tokens t
          set polled_at = $2, poll_interval_seconds = t.poll_interval_seconds + case when b.is_early then 5 else 0 end
         from before b where t.id_digest = b.id_digest
       returning b.is_early`,
      [digest(deviceCode), new Date(Date.now())],
    );
    return !row?.is_early;
  }

  /** Deletes expired rows in small batches. Tells how many went. */
  async sweep(): Promise<number> {
    const before = new Date(Date.now() - GRACE_MS);
    let swept = 0;
    for (const table of SWEPT) {
      for (;;) {
        const rows = await this.#database.query(
          `delete from ${table} where id_digest in
             (select id_digest from ${table} where expires_at < $1 limit ${SWEEP_BATCH} for update skip locked)
           returning 1`,
          [before],
        );
        swept += rows.length;
        if (rows.length < SWEEP_BATCH) break;
      }
    }
    return swept;
  }
}
