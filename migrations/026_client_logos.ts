// Used by src/oidc: the pictures of registered clients, and the names that nobody else may take. Whoever remembers a client forgets it when its picture changes: it is
// announced as in 007_news.ts, whoever changed it and however.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table client_logos (
      client_id text primary key references clients (id) on delete cascade,
      -- SHA-256 of the body in hexadecimal: its address
      digest text not null,
      content_type text not null check (content_type in ('image/png', 'image/jpeg', 'image/webp')),
      body bytea not null
    );
    -- a page shows it; several clients may have the same one
    create index client_logos_digest on client_logos (digest);

    -- what a program that registers itself may not be called
    create index clients_registered_for on clients (name) where not is_self_registered;

    create function announce_client_logo() returns trigger language plpgsql as $$
    begin
      perform announce('client', coalesce(new.client_id, old.client_id));
      return null;
    end $$;
    create trigger announce_client_logo after insert or update or delete on client_logos
      for each row execute function announce_client_logo();
  `);
}
