// The schema comes up to date once, however many start at once, and whatever a killed process left behind.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrateUp, migrationStatus } from '../../src/base/migrate.ts';
import { migrations } from '../../migrations/index.ts';

const name = `migrate_${randomUUID().replaceAll('-', '')}`;
const server = JSON.parse(process.env['PORTARIA_TEST_POSTGRES'] ?? '{}') as {
  host: string;
  port: number;
  user: string;
};
const connection = { ...server, database: name };
let client: pg.Client;

beforeAll(async () => {
  client = new pg.Client({ ...server, database: 'postgres' });
  await client.connect();
  await client.query(`create database ${name}`);
});
afterAll(async () => {
  await client.query(`drop database ${name} with (force)`);
  await client.end();
});

describe('migrations', () => {
  it('are applied once by six processes that start at once', async () => {
    const applied = await Promise.all(Array.from({ length: 6 }, () => migrateUp(connection)));
    expect(applied.flat().sort()).toEqual([...migrations.keys()]);
    expect(await migrationStatus(connection)).toEqual({ applied: [...migrations.keys()], pending: [] });
  });

  it('do not wait for a process that was killed while it held the library’s own lock', async () => {
    const inside = new pg.Client(connection);
    await inside.connect();
    await inside.query('update schema_migrations_lock set is_locked = 1');
    await inside.end();
    expect(await migrateUp(connection)).toEqual([]);
  });

  it('say 503 where there is no database to ask', async () => {
    await expect(migrateUp({ ...connection, host: '/nowhere' })).rejects.toMatchObject({ status: 503 });
  });
});
