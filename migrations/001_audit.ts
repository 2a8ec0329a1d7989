// Used by src/audit. What happened, who did it and from where; written with the thing itself.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table audit_events (
      id bigint generated always as identity primary key,
      occurred_at timestamptz not null default now(),
      event text not null,
      account_id uuid,
      client_id text,
      address inet,
      agent text,
      request_id text,
      details jsonb not null default '{}'
    );
    -- the history of one account, newest first
    create index audit_events_account on audit_events (account_id, id desc) where account_id is not null;
    -- audit list --since
    create index audit_events_time on audit_events (occurred_at);

    -- Raised by a unit of work when one of its compare-and-sets hit no row: the whole statement is undone.
    create function require_row(is_there boolean, complaint text) returns boolean language plpgsql as $$
    begin
      if not is_there then raise exception '%', complaint; end if;
      return true;
    end $$;
  `);
}
