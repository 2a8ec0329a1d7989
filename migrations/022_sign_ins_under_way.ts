// Used by src/oidc: whose sign-in an interaction holds that has not become a session yet. What ends everything of a person ends
// that too: whoever has given the right password keeps nothing for after the password has changed.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table transients add column account_id uuid;
    -- sign-out everywhere, a changed password, blocked and deleted accounts
    create index transients_account on transients (account_id) where account_id is not null;
  `);
}
