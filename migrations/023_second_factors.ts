// Used by src/accounts: what a person proves to be themselves with besides the first way in, and which roles have to have that.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- the authenticator app of an account (RFC 6238)
    create table totp_secrets (
      account_id uuid primary key references accounts on delete cascade,
      secret_sealed text not null,
      -- a code of this step or of one before it has been used, or is too old
      last_used_step bigint not null,
      added_at timestamptz not null
    );

    -- a row goes when its code is used
    create table recovery_codes (
      account_id uuid not null references accounts on delete cascade,
      code_digest bytea not null,
      primary key (account_id, code_digest)
    );

    alter table roles add column second_factor_required boolean not null default false;
  `);
}
