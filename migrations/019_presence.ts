// Used by src/oidc/adapter.ts and src/oidc/client-store.ts: where a person is signed in and with what, and the services that
// the front desk opens for them.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Only of whoever is signed in: where and with what they were last seen in this browser.
    alter table sessions add column address inet;
    alter table sessions add column agent text;
    alter table sessions add column last_seen_at timestamptz;

    -- the tiles of the front desk
    create index clients_with_start on clients (name, id) where (metadata->>'initiate_login_uri') is not null;
  `);
}
