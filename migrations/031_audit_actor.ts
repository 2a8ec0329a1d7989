// Used by src/audit: who acted, where that is somebody else than the account that it happened to.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table audit_events add column actor_id uuid;
    -- what goes with a person who leaves; the other rows are in no index for it
    create index audit_events_actor on audit_events (actor_id) where actor_id is not null;
  `);
}
