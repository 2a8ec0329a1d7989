// Owns how everything that is sealed gets the newest key of SECRET_KEY, so that an older one can be taken out of the list.
// Goes through every sealed column row by row, beside running servers: a row is replaced only when it still is what was
// read, so nothing is overwritten, and whoever is killed in the middle starts again and finds less to do.
import type { Row } from './database.ts';
import type { ResealStore } from './reseal-store.ts';
import type { SealedColumn } from './seal.ts';

export interface ResealOutcome {
  /** Rows that have the newest key now and had another before. */
  resealed: number;
  /** Rows that no listed key opens, by "table.column". */
  unopened: Record<string, number>;
  /** False when somebody goes on sealing with an older key. */
  isComplete: boolean;
}

type Progress = (column: string, resealed: number) => void;

/** Behind the first, each finds what a running server sealed meanwhile. */
const MAX_PASSES = 3;
const PAGE = 500;
/** Rows that are replaced at the same time, each by a statement of its own: several in one could lock each other out. */
const AT_ONCE = 8;

export class Reseal {
  readonly #store: ResealStore;
  readonly columns: readonly SealedColumn[];

  /** `columns` in the order in which they get their key. */
  constructor(store: ResealStore, columns: readonly SealedColumn[]) {
    this.#store = store;
    this.columns = columns;
  }

  /** `onProgress` is told after every page that had something to do. */
  async run(onProgress: Progress = () => {}): Promise<ResealOutcome> {
    const outcome: ResealOutcome = { resealed: 0, unopened: {}, isComplete: false };
    for (let pass = 0; pass < MAX_PASSES && !outcome.isComplete; pass += 1) {
      outcome.unopened = {};
      const before = outcome.resealed;
      for (const column of this.columns) await this.#passThrough(column, outcome, onProgress);
      outcome.isComplete = outcome.resealed === before;
    }
    return outcome;
  }

  async #passThrough(column: SealedColumn, outcome: ResealOutcome, onProgress: Progress): Promise<void> {
    const name = `${column.table}.${column.column}`;
    let resealed = 0;
    for await (const page of this.#store.pages(column, PAGE)) {
      const old = page.filter(({ sealed }) => sealed !== null);
      const before = resealed;
      for (let start = 0; start < old.length; start += AT_ONCE) {
        const batch = old.slice(start, start + AT_ONCE);
        const done = await Promise.all(batch.map((row) => this.#renew(column, row, row.sealed ?? '')));
        resealed += done.filter((what) => what === 'resealed').length;
        const unopened = done.filter((what) => what === 'unopened').length;
        if (unopened > 0) outcome.unopened[name] = (outcome.unopened[name] ?? 0) + unopened;
      }
      if (resealed > before) onProgress(name, resealed);
    }
    outcome.resealed += resealed;
  }

  async #renew(column: SealedColumn, row: Row, sealed: string): Promise<'resealed' | 'changed' | 'unopened'> {
    const { sealer, contextOf } = column;
    const context = contextOf(row);
    let clear: string;
    try {
      clear = sealer.open(sealed, context);
    } catch {
      return 'unopened';
    }
    const isOurs = await this.#store.replace(column, row['key'], sealed, sealer.seal(clear, context));
    return isOurs ? 'resealed' : 'changed';
  }
}
