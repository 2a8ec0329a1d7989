// Used by src/oidc/client-store.ts: clients that registered themselves (RFC 7591), which go again when nobody uses them.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table clients add column is_self_registered boolean not null default false;
    -- the sweep of those that are of no use to anybody
    create index clients_self_registered on clients (created_at) where is_self_registered;
  `);
}
