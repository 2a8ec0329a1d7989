// Used by src/oidc: ids that are good for one use, remembered once they were seen (client assertions, DPoP proofs).
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table seen_ids (
      id_digest bytea primary key,
      expires_at timestamptz not null
    ) with (autovacuum_vacuum_scale_factor = 0.02);
    -- the sweep of expired rows
    create index seen_ids_expiry on seen_ids (expires_at);
  `);
}
