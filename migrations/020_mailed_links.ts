// Used by src/accounts: links that were sent to a mailbox (password reset, sign-up, invitations, a new address).
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table one_time_tokens
      -- the mailbox that it was sent to, and that is proved by whoever comes with it
      add column email text,
      -- the sign-in that goes on afterwards
      add column interaction_uid text;
    -- "newest only" and "three an hour" of one mailbox
    create index one_time_tokens_email on one_time_tokens (email, purpose) where email is not null;
  `);
}
