// Ready-made answers about tokens in Redis, for all nodes: one read instead of the joined one of the database. They are copies
// and nothing more: sealed (whoever can write to Redis makes no token), good for a minute (whoever puts an old one back
// revives none), and every reader asks the news whether they still hold. Without Redis, or while it is away or slow, the
// database answers.
import type { Redis } from '../base/redis.ts';
import type { Sealer } from '../base/seal.ts';
import { LivingToken } from './living-token.ts';

const LIFE_SECONDS = 60;
/** Clocks of nodes may differ a little. Whatever a clock says, the news vouches for no copy from before an end (news.ts). */
const OLDEST_MS = (LIFE_SECONDS + 30) * 1000;
/** A copy that could not be written for so long is not written any more. */
const MAX_DELAY_MS = 2_000;
/** After a fault Redis is left alone for a moment: nobody waits for it twice. */
const PAUSE_MS = 1_000;

export class TokenCopies {
  readonly #redis: Redis;
  readonly #sealer: Sealer;
  #pausedUntil = 0;

  constructor(redis: Redis, sealer: Sealer) {
    this.#redis = redis;
    this.#sealer = sealer;
  }

  /** What is there, never more than what the database once said. Never throws. */
  async findAll(ids: readonly string[]): Promise<LivingToken[]> {
    if (!this.#isUsable) return [];
    try {
      const envelopes = await this.#redis.mgetBuffer(ids.map(keyOf));
      const found: LivingToken[] = [];
      for (const [index, envelope] of envelopes.entries()) {
        const token = envelope && this.#open(envelope, ids[index] ?? '');
        if (token) found.push(token);
      }
      return found;
    } catch {
      this.#pause();
      return [];
    }
  }

  /** Nobody waits for it. `readAt`: performance.now() when the database was asked. */
  keep(tokens: readonly LivingToken[], readAt: number): void {
    if (!this.#isUsable || performance.now() - readAt > MAX_DELAY_MS) return;
    const pipeline = this.#redis.pipeline();
    for (const token of tokens) {
      const envelope = this.#sealer.sealBytes(`${Date.now()}\n${token.write()}`, token.id);
      pipeline.set(keyOf(token.id), envelope, 'EX', LIFE_SECONDS);
    }
    pipeline.exec().catch(() => this.#pause());
  }

  get #isUsable(): boolean {
    return performance.now() >= this.#pausedUntil && this.#redis.status === 'ready';
  }

  #pause(): void {
    this.#pausedUntil = performance.now() + PAUSE_MS;
  }

  /** What somebody else wrote there, or sealed with a key that is no longer listed, is no copy; nor is an old one. */
  #open(envelope: Buffer, id: string): LivingToken | undefined {
    try {
      const text = this.#sealer.openBytes(envelope, id);
      const end = text.indexOf('\n');
      if (Math.abs(Date.now() - Number(text.slice(0, end))) > OLDEST_MS) return undefined;
      return LivingToken.read(id, text.slice(end + 1));
    } catch {
      return undefined;
    }
  }
}

/** The braces keep them together in a cluster: several are read and written at once. */
function keyOf(id: string): string {
  return `portaria:{token}:${id}`;
}
