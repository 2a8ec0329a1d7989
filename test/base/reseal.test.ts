// Everything that is sealed gets the newest key: nothing is left out, nothing is overwritten, and what cannot be opened is
// told.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ResealStore } from '../../src/base/reseal-store.ts';
import { Reseal } from '../../src/base/reseal.ts';
import { Sealer, type SealedColumn } from '../../src/base/seal.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startPortaria } from '../support/portaria.ts';

const OLD = 'the-old-secret-key-that-is-long-enough';
const NEW = 'the-new-secret-key-that-is-long-enough';
const old = new Sealer([OLD], 'storage');
const both = new Sealer([NEW, OLD], 'storage');

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query('create table things (id text primary key, what_sealed text)');
});
beforeEach(() => test.database.query('truncate things'));
afterAll(() => test.close());

function columnOf(sealer: Sealer): SealedColumn {
  return {
    table: 'things',
    column: 'what_sealed',
    key: { column: 'id', type: 'text' },
    sealer,
    contextOf: ({ key }) => `thing:${key}`,
  };
}

async function put(id: string, sealed: string | null): Promise<void> {
  await test.database.query('insert into things values ($1, $2)', [id, sealed]);
}

/** How many statements wait for a row that somebody else holds. */
async function waiting(): Promise<number> {
  const [row] = await test.database.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.n ?? 0;
}

async function opened(sealer: Sealer): Promise<Record<string, string>> {
  const rows = await test.database.query<{ id: string; what_sealed: string }>(
    'select id, what_sealed from things where what_sealed is not null',
  );
  return Object.fromEntries(rows.map((row) => [row.id, sealer.open(row.what_sealed, `thing:${row.id}`)]));
}

describe('to reseal', () => {
  it('knows every sealed column that the database has', async () => {
    const portaria = await startPortaria();
    const rows = await portaria.database.database.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = current_schema() and column_name like '%\\_sealed' order by 1`,
    );
    const known = portaria.services.reseal.columns.map(({ table, column }) => `${table}.${column}`);
    await portaria.stop();
    expect(rows.length).toBeGreaterThan(0);
    expect(known.toSorted()).toEqual(rows.map(({ name }) => name));
  });

  it('gives what older keys sealed the newest one, over many pages, and then has nothing more to do', async () => {
    for (let index = 0; index < 1_100; index += 1) {
      const sealer = index % 3 === 0 ? both : old;
      await put(`t${index}`, sealer.seal(`secret ${index}`, `thing:t${index}`));
    }
    await put('empty', null);
    const reseal = new Reseal(new ResealStore(test.database), [columnOf(both)]);
    const told: string[] = [];
    const outcome = await reseal.run((column, resealed) => told.push(`${column} ${resealed}`));
    expect(outcome).toEqual({ resealed: 733, unopened: {}, isComplete: true });
    expect(told.at(-1)).toBe('things.what_sealed 733');
    expect(Object.entries(await opened(new Sealer([NEW], 'storage')))).toHaveLength(1_100);
    expect(await reseal.run()).toEqual({ resealed: 0, unopened: {}, isComplete: true });
  });

  it('does not overwrite what somebody changed meanwhile, nor bring back what is gone', async () => {
    for (const id of ['changed', 'deleted', 'kept']) await put(id, old.seal(`old ${id}`, `thing:${id}`));
    const others = test.another();
    let running: ReturnType<Reseal['run']> | undefined;
    await others.transaction(async () => {
      await others.query(`update things set what_sealed = $1 where id = 'changed'`, [
        old.seal('by a server', 'thing:changed'),
      ]);
      await others.query(`delete from things where id = 'deleted'`);
      running = new Reseal(new ResealStore(test.database), [columnOf(both)]).run();
      // It has read the rows as they were, and waits for both of them.
      while ((await waiting()) < 2) await delay(10);
    });
    // The second pass finds what the server sealed with the older key.
    expect(await running).toEqual({ resealed: 2, unopened: {}, isComplete: true });
    expect(await opened(new Sealer([NEW], 'storage'))).toEqual({ changed: 'by a server', kept: 'old kept' });
  });

  it('tells what no key opens, and does the rest', async () => {
    await put(
      'lost',
      new Sealer(['a-secret-key-that-nobody-has-any-more'], 'storage').seal('x', 'thing:lost'),
    );
    await put('moved', old.seal('x', 'thing:another'));
    await put('good', old.seal('y', 'thing:good'));
    const outcome = await new Reseal(new ResealStore(test.database), [columnOf(both)]).run();
    expect(outcome).toEqual({ resealed: 1, unopened: { 'things.what_sealed': 2 }, isComplete: true });
  });

  it('says so when somebody goes on sealing with an older key', async () => {
    await test.database.query('create table later (id text, what_sealed text)');
    for (const id of ['d', 'c', 'b', 'a'])
      await test.database.query('insert into later values ($1, $2)', [id, old.seal('x', `thing:${id}`)]);
    // Each time that something gets its new key, a server writes a row that the pass under way is past already.
    await test.database.query(`
      create function write_more() returns trigger language plpgsql as $$
      begin
        with next as (delete from later where id = (select max(id) from later) returning *)
        insert into things select * from next;
        return null;
      end $$`);
    await test.database.query(
      'create trigger write_more after update on things for each statement execute function write_more()',
    );
    await put('e', old.seal('x', 'thing:e'));
    const reseal = new Reseal(new ResealStore(test.database), [columnOf(both)]);
    expect(await reseal.run()).toMatchObject({ resealed: 3, isComplete: false });
    expect(await reseal.run()).toMatchObject({ resealed: 2, isComplete: true });
  });
});
