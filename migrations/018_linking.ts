// Used by src/accounts: identities that wait until the holder of an account has proved that it is theirs.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table pending_links (
      interaction_digest bytea primary key,
      identity_digest bytea not null,
      payload_sealed text not null,
      expires_at timestamptz not null
    );
    -- the sweep of expired rows
    create index pending_links_expiry on pending_links (expires_at);
  `);
}
