// Ready-made answers about tokens in Redis, for all nodes: one read instead of the joined one of the database. They are copies
// and nothing more: sealed (whoever can write to Redis makes no token), kept for a minute, and every reader asks the
// news whether they still hold. Without Redis, or while it is away or slow, the database answers.
import type { Redis } from '../base/redis.ts';
import type { Sealer } from '../base/seal.ts';
import type { BearerRow } from './bearer-store.ts';

const LIFE_SECONDS = 60;
/** A copy that could not be written for so long is not written any more: the news of its end may be forgotten. */
const MAX_DELAY_MS = 2_000;
/** After a fault Redis is left alone for a moment: nobody waits for it twice. */
const PAUSE_MS = 1_000;

export class TokenRecords {
  readonly #redis: Redis;
  readonly #sealer: Sealer;
  #pausedUntil = 0;

  constructor(redis: Redis, sealer: Sealer) {
    this.#redis = redis;
    this.#sealer = sealer;
  }

  /** What is there, never more than what the database once said. Never throws. */
  async findAll(ids: readonly string[]): Promise<BearerRow[]> {
    if (performance.now() < this.#pausedUntil || this.#redis.status !== 'ready') return [];
    try {
      const texts = await this.#redis.mget(ids.map(keyOf));
      return texts.flatMap((text, index) => this.#open(text, ids[index] ?? ''));
    } catch {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      return [];
    }
  }

  /** Nobody waits for it. `readAt`: performance.now() when the database was asked. */
  keep(rows: readonly BearerRow[], readAt: number): void {
    const now = performance.now();
    if (now < this.#pausedUntil || now - readAt > MAX_DELAY_MS || this.#redis.status !== 'ready') return;
    const pipeline = this.#redis.pipeline();
    for (const row of rows) {
      pipeline.set(keyOf(row.id), this.#sealer.seal(JSON.stringify(row), row.id), 'EX', LIFE_SECONDS);
    }
    pipeline.exec().catch(() => {
      this.#pausedUntil = performance.now() + PAUSE_MS;
    });
  }

  /** What somebody else wrote there, or a key that is no longer listed sealed, is no record. */
  #open(text: string | null, id: string): BearerRow[] {
    if (text === null) return [];
    try {
      return [JSON.parse(this.#sealer.open(text, id)) as BearerRow];
    } catch {
      return [];
    }
  }
}

/** The braces keep them together in a cluster: several are read and written at once. */
function keyOf(id: string): string {
  return `portaria:{token}:${id}`;
}
