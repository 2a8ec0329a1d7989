// Used by src/base/news.ts: the database itself tells every process what has ended or changed. The news is part of the
// transaction that it tells of: it goes out with the commit or not at all, whoever changed the row and however.
// A piece of news is "kind transaction subject" on the channel `portaria`.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function announce(kind text, subject text) returns void language sql as $$
      select pg_notify('portaria', kind || ' ' || pg_current_xact_id() || ' ' || subject)
    $$;

    -- Many at once are told as "all": whoever remembers anything forgets it.
    create function announce_each(kind text, subjects text[]) returns void language plpgsql as $$
    begin
      if cardinality(subjects) > 100 then perform announce('all', '');
      else perform announce(kind, subject) from unnest(subjects) subject;
      end if;
    end $$;

    -- What had expired is no news: the sweep is silent.
    create function announce_ended_tokens() returns trigger language plpgsql as $$
    begin
      perform announce_each('token', array(
        select encode(id_digest, 'hex') from gone
         where expires_at > now() and kind in ('AccessToken', 'ClientCredentials') limit 101));
      return null;
    end $$;
    create trigger announce_ended_tokens after delete on tokens
      referencing old table as gone for each statement execute function announce_ended_tokens();

    create function announce_ended_grants() returns trigger language plpgsql as $$
    begin
      perform announce_each('grant', array(
        select encode(id_digest, 'hex') from gone where expires_at > now() limit 101));
      return null;
    end $$;
    create trigger announce_ended_grants after delete on grants
      referencing old table as gone for each statement execute function announce_ended_grants();

    create function announce_ended_sessions() returns trigger language plpgsql as $$
    begin
      perform announce_each('session', array(
        select uid from gone where expires_at > now() and account_id is not null limit 101));
      return null;
    end $$;
    create trigger announce_ended_sessions after delete on sessions
      referencing old table as gone for each statement execute function announce_ended_sessions();

    create function announce_changed_session() returns trigger language plpgsql as $$
    begin
      perform announce('session', old.uid);
      return null;
    end $$;
    -- only what can end a token that is bound to the session: somebody else in it, or a client that is gone from it
    create trigger announce_changed_session after update on sessions for each row
      when (old.account_id is not null
            and (old.account_id is distinct from new.account_id or old.uid <> new.uid
                 or not coalesce(new.payload->'authorizations' @> (old.payload->'authorizations'),
                                 old.payload->'authorizations' is null)))
      execute function announce_changed_session();

    create function announce_account() returns trigger language plpgsql as $$
    begin
      perform announce('account', old.id::text);
      return null;
    end $$;
    create trigger announce_account after update or delete on accounts
      for each row execute function announce_account();

    create function announce_account_roles() returns trigger language plpgsql as $$
    begin
      perform announce('account', coalesce(new.account_id, old.account_id)::text);
      return null;
    end $$;
    create trigger announce_account_roles after insert or update or delete on account_roles
      for each row execute function announce_account_roles();

    create function announce_roles() returns trigger language plpgsql as $$
    begin
      perform announce('all', '');
      return null;
    end $$;
    create trigger announce_roles after update or delete on roles
      for each statement execute function announce_roles();

    create function announce_client() returns trigger language plpgsql as $$
    begin
      perform announce('client', coalesce(new.id, old.id));
      return null;
    end $$;
    create trigger announce_client after insert or update or delete on clients
      for each row execute function announce_client();

    create function announce_keys() returns trigger language plpgsql as $$
    begin
      perform announce('keys', '');
      return null;
    end $$;
    create trigger announce_keys after insert or update or delete on signing_keys
      for each statement execute function announce_keys();
  `);
}
