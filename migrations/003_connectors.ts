// Used by src/connectors: people who were sent to an upstream and are not back yet.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pending_logins (
      state_digest bytea primary key,
      connector_id text not null,
      payload_sealed text not null,
      expires_at timestamptz not null
    );
    -- the sweep of expired rows
    create index pending_logins_expiry on pending_logins (expires_at);
  `);
}
