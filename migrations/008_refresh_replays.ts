// Used by src/oidc: the answers of refreshes that may be sent once more, for as long as their window is open.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table refresh_replays (
      -- the refresh token that was used
      token_digest bytea primary key,
      -- the refresh token that it gave
      successor_digest bytea not null,
      -- what was asked for: scope, resource, key of the DPoP proof
      request_digest bytea not null,
      answer_sealed text not null,
      expires_at timestamptz not null
    ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
    -- the use of a successor closes the window
    create index refresh_replays_successor on refresh_replays (successor_digest);
    -- the sweep of closed windows
    create index refresh_replays_expiry on refresh_replays (expires_at);
  `);
}
