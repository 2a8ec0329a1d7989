// Used by src/accounts: passkeys (WebAuthn credentials), and the challenges that they have to answer.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table passkeys (
      credential_id bytea primary key,
      account_id uuid not null references accounts on delete cascade,
      name text not null,
      -- as COSE writes it
      public_key bytea not null,
      -- uses, as the authenticator counts them; 0 for ever where it does not
      sign_count bigint not null,
      transports text[] not null,
      -- which make the authenticator is
      aaguid uuid not null,
      -- whether it may be, and is, copied to other devices of its owner
      is_syncable boolean not null,
      is_synced boolean not null,
      created_at timestamptz not null,
      last_used_at timestamptz
    );
    -- the passkeys of an account, oldest first
    create index passkeys_account on passkeys (account_id, created_at);

    create table passkey_challenges (
      -- who may answer it: one session for one purpose, or one sign-in
      holder_digest bytea primary key,
      challenge_digest bytea not null,
      expires_at timestamptz not null
    );
    -- the sweep of expired rows
    create index passkey_challenges_expiry on passkey_challenges (expires_at);
  `);
}
