// Used by src/accounts: who people are, their ways to sign in, their roles.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table accounts (
      id uuid primary key,
      username text,
      name text not null,
      email text,
      email_verified boolean not null default false,
      picture text,
      locale text,
      tier text not null default 'free',
      password_digest text,
      blocked_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint accounts_username_has_no_at check (position('@' in username) = 0)
    );
    -- password sign-in by name
    create unique index accounts_username on accounts (lower(username));
    -- password sign-in by address; a verified address belongs to one account
    create unique index accounts_verified_email on accounts (lower(email)) where email_verified;
    -- users show EMAIL
    create index accounts_email on accounts (lower(email));

    create table identities (
      connector_id text not null,
      subject text not null,
      account_id uuid not null references accounts on delete cascade,
      email text,
      username text,
      created_at timestamptz not null default now(),
      last_used_at timestamptz not null default now(),
      primary key (connector_id, subject)
    );
    -- the ways to sign in of one account
    create index identities_account on identities (account_id);

    create table roles (
      id text primary key,
      permissions text[] not null default '{}'
    );

    create table account_roles (
      account_id uuid not null references accounts on delete cascade,
      role_id text not null references roles on delete cascade,
      primary key (account_id, role_id)
    );

    -- Links that work once: the set-up of the first administrator, later password reset and invitations.
    create table one_time_tokens (
      token_digest bytea primary key,
      purpose text not null,
      account_id uuid references accounts on delete cascade,
      expires_at timestamptz not null,
      used_at timestamptz,
      created_at timestamptz not null default now()
    );
    -- the sweep of expired rows, and "newest only" per purpose
    create index one_time_tokens_purpose on one_time_tokens (purpose, account_id);
  `);
}
