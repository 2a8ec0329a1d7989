// Deletes what nobody needs any more, in small steps with pauses between them, so that a million rows are no longer a
// hindrance to anybody than a thousand. What is left when the time is over waits for the next run.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';

/**
 * Deletes at most BATCH_ROWS rows, those that another process has in hand left out, and tells how many went: BATCH_ROWS mean
 * that there may be more.
 */
export type DeleteBatch = () => Promise<number>;

export const BATCH_ROWS = 2_000;
const PAUSE_MS = 20;
const RUN_MS = 20_000;

/** By turns, so that a flood in one table does not keep the others waiting. */
export async function sweep(batches: readonly DeleteBatch[], runMs = RUN_MS): Promise<void> {
  const endsAt = performance.now() + runMs;
  let waiting = [...batches];
  while (waiting.length > 0 && performance.now() < endsAt) {
    const full: DeleteBatch[] = [];
    for (const batch of waiting) {
      if ((await batch()) >= BATCH_ROWS) full.push(batch);
    }
    waiting = full;
    if (full.length > 0) await sleep(PAUSE_MS);
  }
}

/** Which rows of a table are old: `time` has an index. Constants of the store whose table it is. */
export interface AgeingRows {
  table: string;
  key: string;
  time: string;
}

/** One batch of the rows whose time is not after `until`, the oldest first. */
export async function deleteOldest(
  database: Database,
  { table, key, time }: AgeingRows,
  until: Date | number,
): Promise<number> {
  const rows = await database.query(
    `delete from ${table} where ${key} = any(array(
       select ${key} from ${table} where ${time} <= $1 order by ${time} limit ${BATCH_ROWS}
          for update skip locked))
     returning 1`,
    [until],
  );
  return rows.length;
}
