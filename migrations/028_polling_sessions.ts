// Used by src/polling: sign-ins for a terminal that asks again and again. Small rows that live for minutes: what is written
// most, when the terminal asked last, stands in no index.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table polling_sessions (
      id_digest bytea primary key,
      -- of what stands in the browser's link; neither leads to the other
      handle_digest bytea not null,
      -- of the four letters together with the handle, which is not here: alone they are guessed at once
      letters_digest bytea not null,
      client_id text not null,
      scope text not null,
      -- RFC 7636, S256
      code_challenge text,
      device_name text,
      address inet,
      -- 0 waiting, 1 allowed, 2 denied, 3 over; never goes back
      stage smallint not null default 0,
      wrong_letters smallint not null default 0,
      -- who allowed it, and how they were signed in
      account_id uuid,
      sign_in jsonb,
      polled_at timestamptz,
      created_at timestamptz not null,
      expires_at timestamptz not null
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
    -- the person's page
    create unique index polling_sessions_handle on polling_sessions (handle_digest);
    -- sign out everywhere
    create index polling_sessions_account on polling_sessions (account_id) where account_id is not null;
    -- how many live; the sweep
    create index polling_sessions_expiry on polling_sessions (expires_at);
  `);
}
