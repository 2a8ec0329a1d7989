// What the server and every command need before anything else: settings, secrets, a database with today's schema.
// The embedded PostgreSQL and an external one differ here and nowhere else.
import { join } from 'node:path';
import type pg from 'pg';
import { Database } from './base/database.ts';
import { useEmbeddedPostgres } from './base/embedded-postgres.ts';
import type { Logger } from './base/log.ts';
import { migrateUp } from './base/migrate.ts';
import type { Config } from './config.ts';
import { resolveSecretKeys } from './secrets.ts';
import type { Foundations } from './services.ts';

export interface Process extends Foundations {
  connection: pg.PoolConfig;
  /** Lets go of the database; the last one that does stops the embedded server. */
  close(): Promise<void>;
}

/** Reads DATABASE_URL, or finds or starts the embedded server in DATA_DIR. */
export async function openConnection(
  config: Config,
  log: Logger,
): Promise<{ connection: pg.PoolConfig; release: () => Promise<void> }> {
  if (config.databaseUrl)
    return { connection: { connectionString: config.databaseUrl }, release: async () => {} };
  const embedded = await useEmbeddedPostgres({ directory: join(config.dataDir, 'postgres'), log });
  return { connection: embedded.connection, release: () => embedded.release() };
}

export interface ProcessOptions {
  /** False where another process has brought the schema up to date already. */
  migrates?: boolean;
  maxConnections?: number;
}

export async function openProcess(
  config: Config,
  log: Logger,
  { migrates = true, maxConnections = config.databaseConnections }: ProcessOptions = {},
): Promise<Process> {
  const secretKeys = resolveSecretKeys(config.secretKeys, config.dataDir);
  const { connection, release } = await openConnection(config, log);
  const applied = migrates ? await migrateUp(connection) : [];
  if (applied.length > 0) log.info({ migrations: applied }, 'the schema is up to date');
  const database = new Database({
    connection,
    maxConnections,
    onFault: ({ message }) => log.warn({ reason: message }, 'a connection to the database broke'),
  });
  return {
    config,
    connection,
    database,
    log,
    secretKeys,
    async close() {
      await database.close();
      await release();
    },
  };
}
