// Sends what only adds rows. While two statements are on their way, whatever comes waits and goes together with its like:
// under load one round trip and one commit carry up to sixteen requests, and without load nothing waits. Each request
// still succeeds or fails by itself: a statement that was refused for one of them is repeated for each alone. When nobody knows
// what came of a statement, whoever has waited since before it was sent is sent away as well: a line in front of a silent
// database does not grow.
import { AppError } from './errors.ts';
import { compose, type Change, type Statement } from './unit-of-work.ts';

const MAX_IN_FLIGHT = 2;
/** Few sizes, so that there are few different statements to prepare. */
const SIZES = [16, 8, 4, 2, 1];

interface Waiting {
  since: number;
  changes: readonly Change[];
  /** What it inserts into what; only the like go together. */
  shape: string;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class AppendBatches {
  readonly #query: (statement: Statement) => Promise<unknown>;
  #waiting: Waiting[] = [];
  #inFlight = 0;

  constructor(query: (statement: Statement) => Promise<unknown>) {
    this.#query = query;
  }

  /** Resolves when the changes are stored; throws what the database says of them. */
  send(changes: readonly Change[]): Promise<void> {
    const shape = changes.map(({ text }) => text).join(';');
    return new Promise((resolve, reject) => {
      this.#waiting.push({ since: performance.now(), changes, shape, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && this.#waiting.length > 0) {
      const batch = this.#take();
      this.#inFlight += 1;
      void this.#deliver(batch).finally(() => {
        this.#inFlight -= 1;
        this.#next();
      });
    }
  }

  /** The one that has waited longest, and as many like it as make up a size. */
  #take(): Waiting[] {
    const shape = this.#waiting[0]?.shape;
    const like = this.#waiting.filter((waiting) => waiting.shape === shape);
    const size = SIZES.find((count) => count <= like.length) ?? 1;
    const batch = new Set(like.slice(0, size));
    this.#waiting = this.#waiting.filter((waiting) => !batch.has(waiting));
    return [...batch];
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const sentAt = performance.now();
    try {
      await this.#query(compose(batch.flatMap(({ changes }) => changes)));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // 503: we do not know what came of it, and must not do it again.
      const isKnown = !(error instanceof AppError && error.status >= 500);
      if (isKnown && batch.length > 1) await Promise.all(batch.map((waiting) => this.#deliver([waiting])));
      else for (const { reject } of batch) reject(error);
      if (!isKnown) this.#sendAway(sentAt, error);
    }
  }

  #sendAway(before: number, error: unknown): void {
    const isTired = ({ since }: Waiting) => since < before;
    const tired = this.#waiting.filter(isTired);
    this.#waiting = this.#waiting.filter((waiting) => !isTired(waiting));
    for (const { reject } of tired) reject(error);
  }
}
