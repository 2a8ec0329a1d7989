// Used by src/base/throttle.ts; the shape is the one that rate-limiter-flexible expects.
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table throttles (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
    create index throttles_expiry on throttles (expire);
  `);
}
