// Used by src/oidc/adapter.ts (and read by src/tokens): what the engine keeps. Ids are stored as SHA-256 digests
// only. These tables turn over fast, hence the vacuum settings.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Browser sessions.
    create table sessions (
      id_digest bytea primary key,
      uid text not null,
      account_id uuid,
      payload jsonb not null,
      expires_at timestamptz not null
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
    -- the engine's findByUid; whether a token's session is alive. Not unique: a session that gets a new id
    -- keeps its uid, and both rows meet in one statement
    create index sessions_uid on sessions (uid);
    -- sign out everywhere
    create index sessions_account on sessions (account_id) where account_id is not null;
    create index sessions_expiry on sessions (expires_at);

    -- What a person allowed a client.
    create table grants (
      id_digest bytea primary key,
      account_id uuid,
      client_id text,
      payload jsonb not null,
      expires_at timestamptz not null
    ) with (autovacuum_vacuum_scale_factor = 0.02);
    -- disconnect; sign out everywhere
    create index grants_account on grants (account_id, client_id);
    create index grants_client on grants (client_id);
    create index grants_expiry on grants (expires_at);

    -- Access tokens, refresh tokens, client credentials, authorization codes and device codes.
    create table tokens (
      id_digest bytea primary key,
      kind text not null,
      grant_digest bytea,
      account_id uuid,
      client_id text,
      -- only for tokens that end with the browser session
      session_uid text,
      user_code_digest bytea,
      -- device codes: 0 waiting, 1 somebody confirmed the user code, 2 answered; never goes back
      stage smallint not null default 0,
      -- device codes: when the program asked last, and how long it has to wait between two polls
      polled_at timestamptz,
      poll_interval_seconds smallint not null default 5,
      payload jsonb,
      payload_sealed text,
      consumed_at timestamptz,
      expires_at timestamptz not null,
      check ((payload is null) <> (payload_sealed is null))
    ) with (autovacuum_vacuum_scale_factor = 0.02);
    -- revocation of a grant
    create index tokens_grant on tokens (grant_digest) where grant_digest is not null;
    -- the page where the user code is typed
    create unique index tokens_user_code on tokens (user_code_digest) where user_code_digest is not null;
    -- blocked and deleted accounts, deleted clients
    create index tokens_account on tokens (account_id) where account_id is not null;
    create index tokens_client on tokens (client_id);
    create index tokens_expiry on tokens (expires_at);

    -- Interactions, pushed authorization requests, and ids that may be seen once (assertions, DPoP proofs).
    create table transients (
      id_digest bytea primary key,
      kind text not null,
      payload_sealed text not null,
      consumed_at timestamptz,
      expires_at timestamptz not null
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
    create index transients_expiry on transients (expires_at);
  `);
}
