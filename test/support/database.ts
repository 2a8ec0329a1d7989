// A migrated database of its own for one test file: a copy of the template that global-setup.ts made.
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Database } from '../../src/base/database.ts';

export interface TestDatabase {
  database: Database;
  connection: { host: string; port: number; user: string; database: string };
  /** As DATABASE_URL, for a server in a process of its own. */
  url: string;
  /** Another process would have a pool of its own: so does this, by another way when one is given. Closed with the rest. */
  another(way?: { host: string; port: number }): Database;
  close(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const settings = process.env['PORTARIA_TEST_POSTGRES'];
  if (!settings) throw new Error('PORTARIA_TEST_POSTGRES is not set: run with the global setup');
  const server = JSON.parse(settings) as { host: string; port: number; user: string };
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `create database ${name} template portaria_template`);

  const connection = { ...server, database: name };
  const databases: Database[] = [];
  function another(way?: { host: string; port: number }): Database {
    const database = new Database({ connection: { ...connection, ...way }, maxConnections: 10 });
    databases.push(database);
    return database;
  }
  return {
    database: another(),
    connection,
    url: `postgres://${server.user}@localhost:${server.port}/${name}?host=${encodeURIComponent(server.host)}`,
    another,
    async close() {
      await Promise.all(databases.map((database) => database.close()));
      await administer(server, `drop database ${name} with (force)`);
    },
  };
}

async function administer(
  server: { host: string; port: number; user: string },
  statement: string,
): Promise<void> {
  const client = new Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
