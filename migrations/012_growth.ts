// Used by src/oidc, src/audit and src/accounts: what keeps millions of rows quick to find, to change and to get rid of.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Most rows are used once, which changes no indexed column: with room in its page that is one write instead of eight.
    alter table tokens set (fillfactor = 90);
    -- The oldest go all the time.
    alter table audit_events set (autovacuum_vacuum_scale_factor = 0.02);
    alter table pending_logins set (autovacuum_vacuum_scale_factor = 0.02);

    -- What a large account, client or grant left behind when it ended: dead already, deleted in small steps.
    create table remains (
      kind text not null,
      -- the id of the account or client, or the grant's digest in hexadecimal
      subject text not null,
      noted_at timestamptz not null default now(),
      primary key (kind, subject)
    );
    -- the sweep, oldest first
    create index remains_oldest on remains (noted_at);

    -- What died with its grant or its client was announced with that.
    create or replace function announce_ended_tokens() returns trigger language plpgsql as $$
    begin
      perform announce_each('token', array(
        select encode(id_digest, 'hex') from gone
         where expires_at > now() and kind in ('AccessToken', 'ClientCredentials')
           and (grant_digest is null or exists (select 1 from grants g where g.id_digest = grant_digest))
           and exists (select 1 from clients c where c.id = client_id)
         limit 101));
      return null;
    end $$;

    -- audit list, newest first, of everybody and of one account; the sweep, oldest first
    create index audit_events_newest on audit_events (occurred_at, id);
    drop index audit_events_time;
    create index audit_events_account_newest on audit_events (account_id, occurred_at, id) where account_id is not null;
    drop index audit_events_account;

    -- the sweep of expired rows
    create index one_time_tokens_expiry on one_time_tokens (expires_at);
    -- the links of an account that is deleted
    create index one_time_tokens_account on one_time_tokens (account_id) where account_id is not null;
    -- who holds a role: the last administrator stays; a role that is deleted
    create index account_roles_role on account_roles (role_id, account_id);
  `);
}
