// Rows by the hundred thousand, made by the database itself: what a house looks like after a few years. The id of row n is
// "<prefix>-<n>", so that a test can come with a token from the middle of the heap.
import { Client } from 'pg';
import type { TestDatabase } from './database.ts';

export interface Heap {
  /** Ids are "<prefix>-1" to "<prefix>-<count>". */
  prefix: string;
  count: number;
  /** From now; the past for what has expired. */
  expiresInSeconds?: number;
}

export interface TokenHeap extends Heap {
  clientId: string;
  kind?: 'AccessToken' | 'RefreshToken' | 'ClientCredentials';
  scope?: string;
  accountId?: string;
  /** The grant of every token; with `grants` the ids of that many, by turns. */
  grantId?: string;
  grants?: number;
}

/** A connection without the time limits of requests. */
export async function withPatience<T>(
  { connection }: TestDatabase,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query('set synchronous_commit = off');
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function fillTokens(client: Client, heap: TokenHeap): Promise<void> {
  const { prefix, count, clientId, kind = 'ClientCredentials', scope = 'read' } = heap;
  await client.query(
    `insert into tokens (id_digest, kind, grant_digest, account_id, client_id, payload, expires_at)
     select sha256(($1::text || '-' || n)::bytea), $3::text, sha256(g.id::bytea), $4::uuid, $5::text,
            jsonb_strip_nulls(jsonb_build_object('kind', $3::text, 'clientId', $5::text, 'scope', $6::text, 'accountId', $4::text,
              'grantId', g.id, 'iat', extract(epoch from now())::bigint,
              'exp', extract(epoch from now())::bigint + $7::int)),
            now() + $7::int * interval '1 second'
       from generate_series(1, $2::int) n,
            lateral (select coalesce($8::text, $1 || '-' || (n % nullif($9::int, 0) + 1)) as id) g`,
    [
      prefix,
      count,
      kind,
      heap.accountId ?? null,
      clientId,
      scope,
      heap.expiresInSeconds ?? 3_000,
      heap.grantId ?? null,
      heap.grants ?? 0,
    ],
  );
}

export async function fillGrants(
  client: Client,
  {
    prefix,
    count,
    expiresInSeconds = 3_000,
    accountId,
    clientId,
  }: Heap & { accountId: string; clientId: string },
): Promise<void> {
  await client.query(
    `insert into grants (id_digest, account_id, client_id, payload, expires_at)
     select sha256(($1::text || '-' || n)::bytea), $3::uuid, $4::text,
            jsonb_build_object('kind', 'Grant', 'accountId', $3::text, 'clientId', $4::text,
              'exp', extract(epoch from now())::bigint + $5::int, 'openid', jsonb_build_object('scope', 'read')),
            now() + $5::int * interval '1 second'
       from generate_series(1, $2::int) n`,
    [prefix, count, accountId, clientId, expiresInSeconds],
  );
}

export async function fillSessions(
  client: Client,
  { prefix, count, expiresInSeconds = 3_000, accountId }: Heap & { accountId: string | null },
): Promise<void> {
  await client.query(
    `insert into sessions (id_digest, uid, account_id, payload, expires_at)
     select sha256(($1::text || '-' || n)::bytea), $1 || '-' || n, $3::uuid,
            jsonb_build_object('kind', 'Session', 'uid', $1 || '-' || n, 'loginTs', n,
              'authorizations', jsonb_build_object('web', jsonb_build_object('sid', n, 'grantId', n))),
            now() + $4::int * interval '1 second'
       from generate_series(1, $2::int) n`,
    [prefix, count, accountId, expiresInSeconds],
  );
}

export async function countOf(client: Client, table: string, condition = 'true'): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from ${table} where ${condition}`,
  );
  return rows[0]?.n ?? 0;
}
