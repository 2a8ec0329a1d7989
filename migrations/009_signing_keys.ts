// Used by src/oidc: when signing keys change their state. A next key is published before it signs, a previous one as long
// as something that it signed may still be asked about.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table signing_keys
      -- next: from when on it is to be current, once somebody asked for that
      add column activates_at timestamptz,
      -- when it became current
      add column activated_at timestamptz,
      -- when it became previous
      add column retired_at timestamptz;

    -- one next key per algorithm, however many processes make one
    create unique index signing_keys_next on signing_keys (algorithm) where state = 'next';
    -- the longest life of an access token, as long as which a previous key stays published
    create index clients_own_lifetime on clients (((metadata->>'access_token_ttl_seconds')::float8))
      where (metadata->>'access_token_ttl_seconds') is not null;
  `);
}
