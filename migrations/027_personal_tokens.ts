// Used by src/tokens/personal-token-store.ts: when a token that a person made was used last, and when they are told that it
// is about to end.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- warn_at: empty where nobody has to be told, or was
    alter table tokens add column last_used_at timestamptz, add column warn_at timestamptz;
    -- the personal tokens of one account
    create index tokens_personal on tokens (account_id) where name is not null and account_id is not null;
    -- whom to tell next
    create index tokens_warn on tokens (warn_at) where warn_at is not null;
  `);
}
