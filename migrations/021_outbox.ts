// Used by src/outbox: what services have to be told, kept until they have heard it. A message is part of the transaction that it
// tells of. The end of a browser session writes its messages itself, whoever ended it and however (OpenID Connect
// Back-Channel Logout 1.0); they are announced as in 007_news.ts, so that they go out at once.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table outbox (
      id bigint generated always as identity primary key,
      -- who knows how to send it: the list is in src/services.ts
      kind text not null,
      -- whom it is for, such as "client web"; one that does not answer holds up nobody else
      destination text not null,
      -- never a secret
      body jsonb not null,
      created_at timestamptz not null default now(),
      -- not to be tried before; while somebody tries, so that another does when they are killed
      due_at timestamptz not null default '-infinity',
      attempts integer not null default 0,
      last_fault text,
      -- nobody tries any more
      given_up_at timestamptz
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
    -- what is due, for each of those who have something to hear
    create index outbox_due on outbox (destination, due_at) where given_up_at is null;
    -- the list of what was given up, and the sweep
    create index outbox_given_up on outbox (given_up_at) where given_up_at is not null;

    create function announce_outbox() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from added) then perform announce('outbox', '');
      end if;
      return null;
    end $$;
    create trigger announce_outbox after insert on outbox
      referencing new table as added for each statement execute function announce_outbox();

    -- A session that gets a new id is a deletion and an insertion in one statement: then it still has its clients.
    create function tell_clients_of_ended_session() returns trigger language plpgsql as $$
    begin
      insert into outbox (kind, destination, body)
      select 'backchannel_logout', 'client ' || c.id,
             jsonb_build_object('client_id', c.id, 'account_id', old.account_id, 'sid', entry.value->>'sid')
        from jsonb_each(old.payload->'authorizations') entry
        join clients c on c.id = entry.key and c.metadata->>'backchannel_logout_uri' is not null
       where entry.value->>'sid' is not null
         and not exists (
           select 1 from sessions s
            where s.uid = old.uid and s.account_id = old.account_id
              and s.payload->'authorizations'->entry.key->>'sid' = entry.value->>'sid');
      return null;
    end $$;
    create trigger tell_clients_of_ended_session after delete on sessions for each row
      when (old.account_id is not null and old.payload->'authorizations' is not null)
      execute function tell_clients_of_ended_session();
    -- Somebody else in it, or a client that is gone from it.
    create trigger tell_clients_of_changed_session after update on sessions for each row
      when (old.account_id is not null and old.payload->'authorizations' is not null
            and (old.account_id is distinct from new.account_id or old.uid <> new.uid
                 or not coalesce(new.payload->'authorizations' @> (old.payload->'authorizations'), false)))
      execute function tell_clients_of_ended_session();
  `);
}
