// Owns how often something may be tried: a count per key that all processes share (in Redis when there is one, in the
// table `throttles` without it or while it is away; own-counts.ts remembers when it loses one), and who has to wait for how
// long. A try is counted before it is made and given back when it was right, so that a hundred guesses at once do not pass
// a limit of ten, and right ones never count. Fails closed: where nothing can be counted, nothing is tried.
import { isIPv6 } from 'node:net';
import type { Redis } from './redis.ts';
import {
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { digest } from './crypto.ts';
import type { Database } from './database.ts';
import { tooManyRequests } from './errors.ts';
import { OwnCounts } from './own-counts.ts';
import { deleteOldest } from './sweep.ts';

export interface ThrottleOptions {
  database: Database;
  redis?: Redis | undefined;
  /** What is tried; keeps the keys of different throttles apart. */
  name: string;
  /** Wrong tries in one window. */
  limit: number;
  windowSeconds: number;
}

/** What came of a try. */
export interface Try {
  isRight: boolean;
}

/** Who keeps knocking waits longer, up to this many windows. */
const LONGEST_WAIT_WINDOWS = 4;
/** So many knocks on a closed door add another window. */
const KNOCKS_PER_WINDOW = 10;
/** Tries of one key that may wait for their turn in this process. */
const MAX_WAITING = 100;
const LINE_RETRY_SECONDS = 2;
const TOO_MANY = 'That was too many tries. Wait a while, then try again.';

type Counter = Pick<RateLimiterAbstract, 'consume' | 'reward' | 'set'>;

/** What one more try has come to. */
interface Count {
  points: number;
  /** Milliseconds since 1970. */
  endsAt: number;
  giveBack: () => Promise<void>;
}

export class Throttle {
  readonly #table: Counter;
  readonly #redis: Counter | undefined;
  /** PostgreSQL forgets nothing; without Redis nobody else has to remember. */
  readonly #own: OwnCounts | undefined;
  readonly #limit: number;
  readonly #windowSeconds: number;
  readonly #lines = new Lines();

  constructor({ database, redis, name, limit, windowSeconds }: ThrottleOptions) {
    this.#limit = limit;
    this.#windowSeconds = windowSeconds;
    const common = { keyPrefix: name, points: limit, duration: windowSeconds };
    this.#table = new RateLimiterPostgres({
      ...common,
      storeClient: storeClient(database),
      storeType: 'client',
      tableName: 'throttles',
      tableCreated: true,
      clearExpiredByTimeout: false,
    });
    if (!redis) return;
    this.#own = new OwnCounts();
    this.#redis = new RateLimiterRedis({
      ...common,
      keyPrefix: `portaria:throttle:${name}`,
      storeClient: redis,
      rejectIfRedisNotReady: true,
    });
  }

  /**
   * Makes one try under `key`. Throws 429 without trying when too many were wrong, 503 when that cannot be known.
   * A try that throws told nothing and is not counted. Not for use inside a transaction: its end would undo the count.
   */
  async attempt<T extends Try>(key: string, work: () => Promise<T>): Promise<T> {
    const row = digest(key).toString('base64url');
    return this.#lines.take(row, async () => {
      const giveBack = await this.#consume(row);
      let outcome: T;
      try {
        outcome = await work();
      } catch (error) {
        await giveBack();
        throw error;
      }
      if (outcome.isRight) await giveBack();
      return outcome;
    });
  }

  /**
   * For a try that was made without asking, and was wrong: counts it, and answers for how many seconds nothing more is to
   * be tried; 0 while there is room. Throws 503 when that cannot be known.
   */
  async countWrong(key: string): Promise<number> {
    const row = digest(key).toString('base64url');
    const { points, endsAt } = await this.#count(row);
    if (points > this.#limit) return this.#lengthen(row, points);
    return points < this.#limit ? 0 : Math.ceil((endsAt - Date.now()) / 1000);
  }

  async #consume(row: string): Promise<() => Promise<void>> {
    const { points, endsAt, giveBack } = await this.#count(row);
    if (points > this.#limit) throw tooManyTries(await this.#lengthen(row, points));
    return async () => {
      // In the next window there is nothing to give back.
      if (Date.now() < endsAt) await giveBack();
    };
  }

  async #count(row: string): Promise<Count> {
    const { counter, result } = await this.#ask((counting) => counting.consume(row).catch(refusedOr));
    const { consumedPoints, msBeforeNext } = result;
    const points = Math.max(consumedPoints, this.#own?.add(row, msBeforeNext) ?? 0);
    return {
      points,
      endsAt: Date.now() + msBeforeNext,
      giveBack: async () => {
        this.#own?.giveBack(row);
        // To whoever counted it: another would have one less than none. What Redis no longer takes back ends with the window.
        const givenBack = counter.reward(row);
        await (counter === this.#table ? givenBack : givenBack.catch(() => {}));
      },
    };
  }

  /** Whoever comes to a closed door waits longer; answers how long, in seconds. */
  async #lengthen(row: string, points: number): Promise<number> {
    const knocks = points - this.#limit - 1;
    const windows = Math.min(1 + knocks / KNOCKS_PER_WINDOW, LONGEST_WAIT_WINDOWS);
    const waitSeconds = Math.round(this.#windowSeconds * windows);
    this.#own?.set(row, points, waitSeconds * 1000);
    await this.#ask((counter) => counter.set(row, points, waitSeconds));
    return waitSeconds;
  }

  /** Redis, and the table while that is away. */
  async #ask<T>(question: (counter: Counter) => Promise<T>): Promise<{ counter: Counter; result: T }> {
    const redis = this.#redis;
    const result = redis && (await question(redis).catch(() => undefined));
    if (redis && result) return { counter: redis, result };
    return { counter: this.#table, result: await question(this.#table) };
  }
}

/** The library throws what a refused try has come to. */
function refusedOr(refusal: unknown): RateLimiterRes {
  if (refusal instanceof RateLimiterRes) return refusal;
  throw refusal;
}

/** One batch (base/sweep.ts) of the counts, of every throttle, whose time is over. */
export function deleteExpiredCounts(database: Database): Promise<number> {
  return deleteOldest(database, { table: 'throttles', key: 'key', time: 'expire' }, Date.now());
}

/** 429 for whoever has guessed too often. */
export function tooManyTries(waitSeconds: number): Error {
  return tooManyRequests(waitSeconds, TOO_MANY);
}

/**
 * What a throttle calls an address: an IPv6 network of 64 bits, since a person has a whole one of those;
 * an IPv4 address as it is, also when it comes in IPv6 clothes.
 */
export function addressKey(address: string): string {
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const groups = groupsOf(plain);
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const hexadecimal = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [before = [], after = []] = hexadecimal.split('::').map((half) =>
    half
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16)),
  );
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

/** The library asks for a pool; it gets our database, which says what an error means. */
function storeClient(database: Database): object {
  return {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const rows = await database.query(text, values);
      return { rows, rowCount: rows.length };
    },
  };
}

/** Lets the tries of one key go on one after another, so that honest ones under way cannot fill the limit. */
class Lines {
  readonly #waiting = new Map<string, (() => void)[]>();

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#waiting.get(key);
    if (!line) this.#waiting.set(key, []);
    else if (line.length >= MAX_WAITING) throw tooManyTries(LINE_RETRY_SECONDS);
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.get(key)?.shift();
      if (next) next();
      else this.#waiting.delete(key);
    }
  }
}
