// Used by src/outbox: mails wait in the outbox too, until a mail server has taken them. What one says, and to whom, lets somebody
// in, so it is sealed; and nobody has use for it after its time. Used by src/accounts: since when the browsers count that a person
// is known in.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table outbox
      -- the part of the body that only we may read
      add column body_sealed text,
      -- of no use afterwards: it is not sent any more
      add column expires_at timestamptz;
    -- the sweep of what was given up and is of no use any more
    create index outbox_expired on outbox (expires_at) where given_up_at is not null and expires_at is not null;

    alter table accounts
      -- a browser that was remembered before is a strange one again
      add column devices_from timestamptz;
  `);
}
