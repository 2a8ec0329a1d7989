// Used by src/oidc: registered clients and our signing keys.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table clients (
      id text primary key,
      name text not null,
      secret_sealed text,
      is_first_party boolean not null default false,
      is_built_in boolean not null default false,
      metadata jsonb not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );

    create table signing_keys (
      id text primary key,
      algorithm text not null,
      state text not null check (state in ('next', 'current', 'previous')),
      jwk_sealed text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    -- one current key per algorithm, however many processes start at once
    create unique index signing_keys_current on signing_keys (algorithm) where state = 'current';
  `);
}
