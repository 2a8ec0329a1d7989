// The engine's rows seen from outside a request of the engine: how they end all at once, and which browser sessions a
// person has, and what they allowed which client. Everything here joins the transaction under way.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { BATCH_ROWS, deleteOldest, type DeleteBatch } from '../base/sweep.ts';

export interface BrowserSession {
  /** The session's public name (`sid` of nobody; never the cookie). */
  uid: string;
  signedInAt: Date | undefined;
  expiresAt: Date;
  clientIds: string[];
  /** Where and with what it was last seen; sessions of before that was kept have none of the three. */
  lastSeenAt: Date | undefined;
  address: string | undefined;
  agent: string | undefined;
}

/** What a person allowed one client, once: a client on several machines has several. */
export interface AllowedGrant {
  clientId: string;
  clientName: string;
  isFirstParty: boolean;
  isNative: boolean;
  scopes: string[];
  /** Scopes by the resource that they are for (RFC 8707). */
  resources: Record<string, string[]>;
  allowedAt: Date | undefined;
  /** When the last token was issued on it. */
  lastUsedAt: Date | undefined;
}

/** Ends something of a person; joins the transaction under way. */
type EndOf = (accountId: string) => Promise<void>;

/** Expired rows stay this long, so that an old token or code can still be told from an unknown one. */
const GRACE_MS = 60 * 60 * 1000;
const SWEPT = ['tokens', 'grants', 'sessions', 'transients', 'seen_ids'] as const;
const SESSIONS_MAX = 500;
const GRANTS_MAX = 500;
/** Of one grant, to tell when it was last used. */
const TOKENS_LOOKED_AT = 10_000;
/** More than in a sweep: each batch looks past the traces of those before it. */
const REMAINS_ROWS = 5_000;

const CLIENT_IS_GONE = 'not exists (select 1 from clients c where c.id = $1)';
const GRANT_IS_GONE = `(t.grant_digest is not null
  and not exists (select 1 from grants g where g.id_digest = t.grant_digest))`;
const batchOf = (table: string, condition: string) => `
  delete from ${table} where id_digest = any(array(
    select t.id_digest from ${table} t where ${condition} limit ${REMAINS_ROWS} for update skip locked))
  returning 1`;

/**
 * What a large account, client or grant leaves behind when it ends: dead from that moment, because the grant or the client is
 * gone, and too much to delete in one go. Nothing depends on its going: what is not reached goes when it expires.
 */
const REMAINS = {
  account: [batchOf('tokens', `t.account_id = $1::uuid and ${GRANT_IS_GONE}`)],
  client: [
    batchOf('grants', `t.client_id = $1 and ${CLIENT_IS_GONE}`),
    batchOf('tokens', `t.client_id = $1 and (${CLIENT_IS_GONE} or ${GRANT_IS_GONE})`),
  ],
  grant: [batchOf('tokens', `t.grant_digest = decode($1, 'hex') and ${GRANT_IS_GONE}`)],
};

export class EngineStore {
  readonly #database: Database;
  readonly #alsoEnds: readonly EndOf[];

  /** `alsoEnds`: what others keep for a person that has to end with everything else. */
  constructor(database: Database, alsoEnds: readonly EndOf[] = []) {
    this.#database = database;
    this.#alsoEnds = alsoEnds;
  }

  /**
   * Signs a person out everywhere: from the commit on sessions and grants are gone, and with the grants every token and code
   * is dead, however many there are. `besides`: the one session that stays. Only inside a transaction.
   */
  async endEverythingOf(accountId: string, besides?: string): Promise<void> {
    // Sessions first: what is under way in one holds its row, so the statements behind see what it stored.
    await this.#database.queryPatiently(
      'delete from sessions where account_id = $1 and ($2::text is null or uid <> $2)',
      [accountId, besides ?? null],
    );
    // Whoever has just given the right password has a session to come.
    await this.#database.queryPatiently('delete from transients where account_id = $1', [accountId]);
    await this.#database.queryPatiently('delete from grants where account_id = $1', [accountId]);
    await this.#database.queryPatiently('delete from tokens where account_id = $1 and grant_digest is null', [
      accountId,
    ]);
    await this.#noteRemains('account', accountId);
    for (const endOf of this.#alsoEnds) await endOf(accountId);
  }

  /** Ends every token, code and grant of a client in the same way. Only inside a transaction. */
  async endTokensOf(clientId: string): Promise<void> {
    await this.#database.queryPatiently('delete from grants where client_id = $1', [clientId]);
    await this.#database.queryPatiently('delete from tokens where client_id = $1 and grant_digest is null', [
      clientId,
    ]);
    await this.#noteRemains('client', clientId);
  }

  /** The client is gone, and with it everything that was issued to it is dead. */
  async leaveTokensOf(clientId: string): Promise<void> {
    await this.#noteRemains('client', clientId);
  }

  /**
   * Whether the session of a person, or the sign-in in which their first proof waits, has not been ended. In a transaction that
   * holds the account's row (AccountStore.findPasswordWay) that stays so until it is over, where whoever ends everything takes the
   * row first.
   */
  async isUnderWay(accountId: string, uid: string): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from sessions where uid = $2 and account_id = $1
        union all select 1 from transients where id_digest = $3 and account_id = $1`,
      [accountId, uid, digest(uid)],
    );
    return row !== undefined;
  }

  /** The latest sign-in first. */
  async listSessions(accountId: string): Promise<BrowserSession[]> {
    const rows = await this.#database.query<{
      uid: string;
      signed_in_at: number | null;
      expires_at: Date;
      client_ids: string[];
      last_seen_at: Date | null;
      address: string | null;
      agent: string | null;
    }>(
      `select uid, (payload->>'loginTs')::float8 as signed_in_at, expires_at,
              array(select jsonb_object_keys(coalesce(payload->'authorizations', '{}'))) as client_ids,
              last_seen_at, host(address) as address, agent
         from sessions where account_id = $1 and expires_at > $2
        order by signed_in_at desc nulls last limit ${SESSIONS_MAX}`,
      [accountId, new Date(Date.now())],
    );
    return rows.map((row) => ({
      uid: row.uid,
      signedInAt: dateOf(row.signed_in_at),
      expiresAt: row.expires_at,
      clientIds: row.client_ids,
      lastSeenAt: row.last_seen_at ?? undefined,
      address: row.address ?? undefined,
      agent: row.agent ?? undefined,
    }));
  }

  /** With it ends what is bound to it. False when the person has no such session. */
  async endSession(accountId: string, uid: string): Promise<boolean> {
    const rows = await this.#database.query(
      'delete from sessions where account_id = $1 and uid = $2 returning 1',
      [accountId, uid],
    );
    return rows.length > 0;
  }

  /** All of a person but one. How many there were. */
  async endSessionsBesides(accountId: string, uid: string): Promise<number> {
    const rows = await this.#database.query<{ uid: string }>(
      'delete from sessions where account_id = $1 and uid <> $2 returning uid',
      [accountId, uid],
    );
    return new Set(rows.map((row) => row.uid)).size;
  }

  /** What a person allowed, by client. */
  async listGrants(accountId: string): Promise<AllowedGrant[]> {
    const rows = await this.#database.query<{
      client_id: string;
      client_name: string;
      is_first_party: boolean;
      is_native: boolean;
      scope: string | null;
      resources: Record<string, string> | null;
      allowed_at: number | null;
      last_used_at: number | null;
    }>(
      `select g.client_id, c.name as client_name, c.is_first_party,
              coalesce(c.metadata->>'application_type' = 'native', false) as is_native,
              g.payload->'openid'->>'scope' as scope, g.payload->'resources' as resources,
              (g.payload->>'iat')::float8 as allowed_at, used.last_used_at
         from grants g join clients c on c.id = g.client_id
         left join lateral (
           select max((t.payload->>'iat')::float8) as last_used_at
             from (select payload from tokens where grant_digest = g.id_digest limit ${TOKENS_LOOKED_AT}) t) used on true
        where g.account_id = $1 and g.expires_at > $2
        order by g.client_id, g.id_digest limit ${GRANTS_MAX}`,
      [accountId, new Date(Date.now())],
    );
    return rows.map((row) => ({
      clientId: row.client_id,
      clientName: row.client_name,
      isFirstParty: row.is_first_party,
      isNative: row.is_native,
      scopes: wordsOf(row.scope),
      resources: Object.fromEntries(
        Object.entries(row.resources ?? {}).map(([identifier, scope]) => [identifier, wordsOf(scope)]),
      ),
      allowedAt: dateOf(row.allowed_at),
      lastUsedAt: dateOf(row.last_used_at),
    }));
  }

  /** Of grants (hexadecimal digests of their ids), those that are there. */
  async findLivingGrants(digests: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#database.query<{ id: string }>(
      `select encode(id_digest, 'hex') as id from grants
        where id_digest = any(array(select decode(d, 'hex') from unnest($1::text[]) d))`,
      [[...digests]],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * What a person allowed a client, all of it: tokens, codes and refresh tokens that stand on it are dead from the commit on.
   * How many grants there were. Only inside a transaction.
   */
  async endGrantsOf(accountId: string, clientId: string): Promise<number> {
    const rows = await this.#database.query(
      'delete from grants where account_id = $1 and client_id = $2 returning 1',
      [accountId, clientId],
    );
    if (rows.length > 0) await this.#noteRemains('account', accountId);
    return rows.length;
  }

  /** Of what a person allowed a client, all but so many end: those that would end first. Joins the unit of work. */
  async endOldestGrantsOf(accountId: string, clientId: string, kept: number): Promise<void> {
    await this.#database.write({
      text: `delete from grants where id_digest = any(array(
               select id_digest from grants where account_id = $1 and client_id = $2
                order by expires_at desc offset $3 for update skip locked))`,
      values: [accountId, clientId, kept],
    });
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

  /** For base/sweep.ts: expired rows, one batch of each table. */
  readonly expired: readonly DeleteBatch[] = SWEPT.map((table) => () => {
    const rows = { table, key: 'id_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, new Date(Date.now() - GRACE_MS));
  });

  /** For base/sweep.ts: of what is dead already, one batch of one subject. */
  async deleteRemains(): Promise<number> {
    const remains = await this.#database.find<{ kind: keyof typeof REMAINS; subject: string }>(
      'select kind, subject from remains order by noted_at limit 1',
    );
    if (!remains) return 0;
    const { kind, subject } = remains;
    for (const text of REMAINS[kind]) {
      const rows = await this.#database.query(text, [subject]);
      if (rows.length >= REMAINS_ROWS) return BATCH_ROWS;
    }
    await this.#database.query('delete from remains where kind = $1 and subject = $2', [kind, subject]);
    // There may be another.
    return BATCH_ROWS;
  }

  async #noteRemains(kind: keyof typeof REMAINS, subject: string): Promise<void> {
    await this.#database.query('insert into remains (kind, subject) values ($1, $2) on conflict do nothing', [
      kind,
      subject,
    ]);
  }
}

function wordsOf(text: string | null): string[] {
  return text?.split(' ').filter((word) => word !== '') ?? [];
}

function dateOf(epochSeconds: number | null): Date | undefined {
  return epochSeconds === null ? undefined : new Date(epochSeconds * 1000);
}
