// Used by src/oidc/resource-store.ts (and read by src/tokens): the services that access tokens can be bound to (RFC 8707).
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table resources (
      identifier text primary key,
      name text not null,
      -- the service itself, as a client: it may introspect the tokens for it
      client_id text references clients (id) on delete set null,
      scope text not null,
      token_format text not null check (token_format in ('opaque', 'jwt')),
      signing_alg text not null,
      access_token_ttl_seconds integer,
      -- older tokens are not for this resource: it was made anew, or has lost scopes since
      accepted_since_at timestamptz not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    -- a client that is deleted gives up its resources
    create index resources_client on resources (client_id) where client_id is not null;

    create function announce_resource() returns trigger language plpgsql as $$
    begin
      perform announce('resource', coalesce(new.identifier, old.identifier));
      return null;
    end $$;
    create trigger announce_resource after insert or update or delete on resources
      for each row execute function announce_resource();
  `);
}
