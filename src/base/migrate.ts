// Brings the schema up to date under one advisory lock, however many processes start at once. knex runs the
// migrations; the lock is ours, because knex's own is a row that a killed process leaves behind.
import { isNativeError } from 'node:util/types';
import knex, { type Knex } from 'knex';
import type pg from 'pg';
import { migrations, type Migration } from '../../migrations/index.ts';
import { unavailable } from './errors.ts';

/** Any constant of our own: "portaria" on a telephone's keys. */
const MIGRATION_LOCK = 76782742;
const LOCK_WAIT_MS = 60_000;
const TABLE = 'schema_migrations';

class StaticSource implements Knex.MigrationSource<string> {
  async getMigrations(): Promise<string[]> {
    return [...migrations.keys()];
  }
  getMigrationName(name: string): string {
    return name;
  }
  async getMigration(name: string): Promise<Knex.Migration> {
    const migration = migrations.get(name) as Migration;
    return { up: (db) => migration.up(db), down: () => Promise.reject(new Error('migrations only go up')) };
  }
}

export interface MigrationStatus {
  applied: string[];
  pending: string[];
}

/** Applies what is pending and tells its names. Waits up to a minute for another process that is at it. */
export async function migrateUp(connection: pg.PoolConfig): Promise<string[]> {
  return withKnex(connection, async (db) => {
    const lock = await db.client.acquireConnection();
    try {
      await lock.query(`set lock_timeout = ${LOCK_WAIT_MS}`);
      await lock.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
      // A process that was killed in the middle leaves knex's own lock row behind; ours proves that nobody is at it.
      await db.migrate.forceFreeMigrationsLock();
      const [, names] = (await db.migrate.latest()) as [number, string[]];
      return names;
    } finally {
      await lock.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`).catch(() => {});
      await db.client.releaseConnection(lock);
    }
  });
}

/** Changes nothing. */
export async function migrationStatus(connection: pg.PoolConfig): Promise<MigrationStatus> {
  return withKnex(connection, async (db) => {
    // knex would make its table just to read it.
    const isFresh = !(await db.schema.hasTable(TABLE));
    if (isFresh) return { applied: [], pending: [...migrations.keys()] };
    const [applied, pending] = (await db.migrate.list()) as [{ name: string }[], string[]];
    return { applied: applied.map(({ name }) => name), pending };
  });
}

async function withKnex<T>(connection: pg.PoolConfig, work: (db: Knex) => Promise<T>): Promise<T> {
  const db = knex({
    client: 'pg',
    connection: connection.connectionString ?? (connection as Knex.PgConnectionConfig),
    pool: { min: 0, max: 2 },
    acquireConnectionTimeout: 5_000,
    // Whatever fails is thrown; knex would print it on standard output as well.
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
    migrations: {
      migrationSource: new StaticSource(),
      tableName: TABLE,
      disableMigrationsListValidation: true,
    },
  });
  try {
    return await work(db);
  } catch (error) {
    throw isConnectionFault(error) ? unavailable(error) : error;
  } finally {
    await db.destroy();
  }
}

function ignore(): void {}

function isConnectionFault(error: unknown): boolean {
  return isNativeError(error) && ('syscall' in error || error.name === 'KnexTimeoutError');
}
