// Rows of schema_migrations, which knex writes: whether the schema is at least the one that this version needs.
import { migrations } from '../../migrations/index.ts';
import type { Database } from './database.ts';

/** Throws when a migration of this version is missing. A newer schema is fine: it has to carry the version before. */
export async function assertMigrated(database: Database): Promise<void> {
  const rows = await database.query<{ name: string }>('select name from schema_migrations');
  const applied = new Set(rows.map(({ name }) => name));
  const missing = [...migrations.keys()].filter((name) => !applied.has(name));
  if (missing.length > 0) throw new Error(`the schema lacks ${missing.join(', ')}`);
}
