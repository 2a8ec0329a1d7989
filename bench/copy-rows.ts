// Owns how a database gets a million tokens in a minute: it copies one row of each kind, whatever its columns are, and
// changes what has to differ. Each person has a grant of their own, and tokens are dealt out to all of them.
import { hash } from 'node:crypto';
import pg from 'pg';
import { type Counts, type Kind } from './cast.ts';

/** What is copied: the id of the account and, in clear, those of what the engine keeps. */
export interface Templates extends Record<Kind, string> {
  accountId: string;
  grant: string;
}

/** n is the number of the copy. */
type Changes = Record<string, string>;

/** A step through the people that leaves nobody out: neighbours in the table are none in the indexes. */
const STRIDE = 7919;

export async function copyRows(
  connection: pg.PoolConfig,
  templates: Templates,
  counts: Counts,
): Promise<void> {
  // Requests have a limit of a second or two; this has none.
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const copy = copier(client);
    await copy('accounts', 'id', templates.accountId, counts.people, {
      id: accountIdOf('n'),
      username: `'person-' || n`,
      email: `'person-' || n || '@example.com'`,
    });
    await copy('grants', 'id_digest', digest(templates.grant), counts.people, {
      id_digest: digestOf(`'grant-' || n`),
      account_id: accountIdOf('n'),
      payload: `t.payload || jsonb_build_object('accountId', ${accountIdOf('n')})`,
    });
    const { people, active = people } = counts;
    const dealt: Record<Kind, { count: number; among: number }> = {
      access: { count: counts.accessTokens, among: people },
      refresh: { count: counts.refreshTokens, among: active },
      code: { count: counts.codes, among: active },
    };
    for (const [kind, { count, among }] of Object.entries(dealt) as [Kind, (typeof dealt)[Kind]][]) {
      const person = `(n::bigint * ${STRIDE} % ${among} * ${people / among} + 1)`;
      await copy('tokens', 'id_digest', digest(templates[kind]), count, {
        id_digest: digestOf(`'${kind}-' || lpad(n::text, ${42 - kind.length}, '0')`),
        grant_digest: digestOf(`'grant-' || ${person}`),
        account_id: accountIdOf(person),
        payload: `t.payload || jsonb_build_object('grantId', 'grant-' || ${person}, 'accountId', ${accountIdOf(person)})`,
      });
    }
    // Now, so that nothing of it is left for the minutes in which something is measured.
    await client.query('vacuum (analyze) accounts, grants, tokens');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

function copier(client: pg.Client) {
  return async (table: string, key: string, value: string | Buffer, count: number, changes: Changes) => {
    const { rows } = await client.query<{ name: string }>(
      `select column_name as name from information_schema.columns
        where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER' and is_identity = 'NO'`,
      [table],
    );
    const names = rows.map(({ name }) => name);
    await client.query(
      `insert into ${table} (${names.join(', ')})
       select ${names.map((name) => changes[name] ?? `t.${name}`).join(', ')}
         from ${table} t, generate_series(1, ${count}) n where t.${key} = $1`,
      [value],
    );
  };
}

/** A UUID of version 7 in form; the same for the same person everywhere. */
function accountIdOf(person: string): string {
  return `overlay(overlay(md5('account-' || ${person}) placing '7' from 13) placing '8' from 17)::uuid`;
}

function digestOf(text: string): string {
  return `sha256(convert_to(${text}, 'UTF8'))`;
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
