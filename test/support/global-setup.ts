// Before all tests: one PostgreSQL for the run, the embedded one in a temporary folder, and in it one migrated template,
// of which every test file gets a copy.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { useEmbeddedPostgres } from '../../src/base/embedded-postgres.ts';
import { createLogger } from '../../src/base/log.ts';
import { migrateUp } from '../../src/base/migrate.ts';

export const TEMPLATE = 'portaria_template';

export default async function setUp(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'portaria-test-'));
  const postgres = await useEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    log: createLogger('warn', false),
  });
  const { database: _, ...server } = postgres.connection;
  process.env['PORTARIA_TEST_POSTGRES'] = JSON.stringify(server);

  const client = new pg.Client(postgres.connection);
  await client.connect();
  await client.query(`create database ${TEMPLATE}`);
  await client.end();
  await migrateUp({ ...server, database: TEMPLATE });
  (globalThis as { portariaTest?: object }).portariaTest = { postgres, directory };
}
