// Which transactions a statement saw: PostgreSQL's own answer, so that no clock has to decide what was before what.

export interface Snapshot {
  /** As PostgreSQL writes it. */
  readonly text: string;
  /** Everything from here on had not begun. */
  readonly xmax: number;
  /** Had begun below `xmax`, and had not ended. */
  readonly running: readonly number[];
}

/** For the select list of a statement whose outcome is remembered. */
export const SNAPSHOT = 'pg_current_snapshot()::text as snapshot';

let last: { text: string; snapshot: Snapshot } | undefined;

/** "xmin:xmax:running,…" (PostgreSQL's pg_snapshot) → Snapshot. */
export function parseSnapshot(text: string): Snapshot {
  // All rows of a statement have the same one.
  if (last?.text === text) return last.snapshot;
  const [, xmax = '', running = ''] = text.split(':');
  const snapshot = {
    text,
    xmax: Number(xmax),
    running: running === '' ? [] : running.split(',').map(Number),
  };
  last = { text, snapshot };
  return snapshot;
}

export function sees({ xmax, running }: Snapshot, transaction: number): boolean {
  return transaction < xmax && !running.includes(transaction);
}

/** Whether everything that `earlier` saw is seen by `snapshot` as well. */
export function seesAllOf(snapshot: Snapshot, earlier: Snapshot): boolean {
  return (
    snapshot.xmax >= earlier.xmax &&
    snapshot.running.every(
      (transaction) => transaction >= earlier.xmax || earlier.running.includes(transaction),
    )
  );
}
