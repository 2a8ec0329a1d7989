// Used by src/base/news.ts: what somebody does by hand in an emergency is heard as well. `truncate` fires no trigger of rows,
// and a row that gets another name would be announced under its new one alone.
import type { Knex } from 'knex';

const TABLES = [
  'tokens',
  'grants',
  'sessions',
  'accounts',
  'account_roles',
  'roles',
  'clients',
  'resources',
  'signing_keys',
];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create function announce_all() returns trigger language plpgsql as $$
    begin
      perform announce('all', '');
      return null;
    end $$;
    ${TABLES.map(
      (table) => `create trigger announce_truncated_${table} after truncate on ${table}
        for each statement execute function announce_all();`,
    ).join('\n')}

    create trigger announce_renamed_client after update on clients
      for each row when (old.id <> new.id) execute function announce_all();
    create trigger announce_renamed_resource after update on resources
      for each row when (old.identifier <> new.identifier) execute function announce_all();
    create trigger announce_moved_role after update on account_roles
      for each row when (old.account_id <> new.account_id) execute function announce_all();

    -- What is cut short, or made less, where it stands.
    create function announce_changed_token() returns trigger language plpgsql as $$
    begin
      perform announce('token', encode(old.id_digest, 'hex'));
      return null;
    end $$;
    create trigger announce_changed_token after update of payload, expires_at on tokens for each row
      when (old.kind in ('AccessToken', 'ClientCredentials')
            and (old.payload is distinct from new.payload or old.expires_at > new.expires_at))
      execute function announce_changed_token();
    create function announce_shortened_grant() returns trigger language plpgsql as $$
    begin
      perform announce('grant', encode(old.id_digest, 'hex'));
      return null;
    end $$;
    create trigger announce_shortened_grant after update of expires_at on grants for each row
      when (old.expires_at > new.expires_at) execute function announce_shortened_grant();
    create trigger announce_shortened_session after update of expires_at on sessions for each row
      when (old.account_id is not null and old.expires_at > new.expires_at)
      execute function announce_changed_session();
  `);
}
