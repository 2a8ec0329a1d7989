// Used by src/tokens/service-token-store.ts: what a list says of tokens that were made by hand. Only those have a name.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table tokens add column name text, add column last_four text;
    -- the service tokens of one client, page by page
    create index tokens_named on tokens (client_id, expires_at, id_digest) where name is not null;
  `);
}
