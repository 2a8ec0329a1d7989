import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database } from '../../src/base/database.ts';
import { addressKey, deleteExpiredCounts, Throttle } from '../../src/base/throttle.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const right = async () => ({ isRight: true });
const wrong = async () => ({ isRight: false });
const failing = () => Promise.reject(new Error('the lights went out'));
const WINDOW_SECONDS = 900;

let test: TestDatabase;
let throttle: Throttle;
let elsewhere: Throttle;

beforeAll(async () => {
  test = await createTestDatabase();
  const options = { name: 'guess', limit: 10, windowSeconds: WINDOW_SECONDS };
  throttle = new Throttle({ ...options, database: test.database });
  elsewhere = new Throttle({ ...options, database: test.another() });
});
afterAll(() => test.close());
beforeEach(() => test.database.query('delete from throttles'));
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a throttle', () => {
  it('lets ten wrong tries through and refuses the eleventh with a time to come back', async () => {
    await makeTries(10, wrong);
    await expect(throttle.attempt('ana', right)).rejects.toMatchObject({
      status: 429,
      code: 'too_many_requests',
      retryAfterSeconds: WINDOW_SECONDS,
    });
  });

  it('makes whoever keeps knocking wait longer, up to a limit', async () => {
    await makeTries(10, wrong);
    const waits: number[] = [];
    for (let knock = 0; knock < 40; knock++) waits.push(await waitOf(throttle.attempt('ana', right)));
    expect(waits.slice(0, 3)).toEqual([900, 990, 1_080]);
    expect(waits.at(-1)).toBe(3_600);
  });

  it('means the wait that it tells', async () => {
    await makeTries(10, wrong);
    await waitOf(throttle.attempt('ana', right));
    const wait = await waitOf(throttle.attempt('ana', right));
    moveClock(wait - 5);
    await expect(throttle.attempt('ana', right)).rejects.toMatchObject({ status: 429 });
    jest.restoreAllMocks();
    moveClock(2 * 3_600);
    await expect(throttle.attempt('ana', right)).resolves.toEqual({ isRight: true });
  });

  it('never counts right tries', async () => {
    await makeTries(60, right);
    await makeTries(9, wrong);
    await makeTries(60, right);
    expect(await countOf()).toBe(9);
  });

  it('lets sixty right tries at once through, over two processes', async () => {
    const tries = Array.from({ length: 60 }, (_, turn) =>
      (turn % 2 ? throttle : elsewhere).attempt('ana', right),
    );
    expect((await Promise.allSettled(tries)).filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('lets no more than ten of a hundred guesses at once through, over two processes', async () => {
    let guesses = 0;
    const guess = async () => {
      guesses++;
      return { isRight: false };
    };
    const tries = Array.from({ length: 100 }, (_, turn) =>
      (turn % 2 ? throttle : elsewhere).attempt('ana', guess),
    );
    const results = await Promise.allSettled(tries);
    expect(guesses).toBe(10);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(90);
  });

  it('does not count a try that told nothing', async () => {
    for (let turn = 0; turn < 20; turn++)
      await expect(throttle.attempt('ana', failing)).rejects.toThrow('lights');
    expect(await countOf()).toBe(0);
  });

  it('keeps keys apart, and throttles apart', async () => {
    await makeTries(10, wrong);
    const other = new Throttle({ database: test.database, name: 'other', limit: 1, windowSeconds: 60 });
    await expect(throttle.attempt('rui', right)).resolves.toEqual({ isRight: true });
    await expect(other.attempt('ana', right)).resolves.toEqual({ isRight: true });
  });

  it('begins anew after the window', async () => {
    await makeTries(10, wrong);
    moveClock(WINDOW_SECONDS + 1);
    await expect(throttle.attempt('ana', wrong)).resolves.toEqual({ isRight: false });
    expect(await countOf()).toBe(1);
  });

  it('gives nothing back to the next window', async () => {
    await throttle.attempt('ana', async () => {
      moveClock(WINDOW_SECONDS + 1);
      return { isRight: true };
    });
    await throttle.attempt('ana', wrong);
    expect(await countOf()).toBe(1);
  });

  it('stores no key in clear', async () => {
    await throttle.attempt('192.0.2.7', wrong);
    const rows = await test.database.query('select key from throttles');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('192.0.2.7');
  });

  it('forgets what is over', async () => {
    await throttle.attempt('ana', wrong);
    await deleteExpiredCounts(test.database);
    expect(await countOf()).toBe(1);
    moveClock(WINDOW_SECONDS + 1);
    await deleteExpiredCounts(test.database);
    expect(await countOf()).toBe(0);
  });

  it('lets nobody try while the database is away', async () => {
    const database = new Database({
      connection: { host: '/nonexistent', user: 'nobody' },
      maxConnections: 1,
    });
    const blind = new Throttle({ database, name: 'guess', limit: 10, windowSeconds: 60 });
    const work = jest.fn(right);
    await expect(blind.attempt('ana', work)).rejects.toMatchObject({ status: 503, retryAfterSeconds: 2 });
    expect(work).not.toHaveBeenCalled();
    await database.close();
  });
});

describe('the key of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:FFFF:C000:0207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

async function makeTries(count: number, work: () => Promise<{ isRight: boolean }>): Promise<void> {
  for (let turn = 0; turn < count; turn++) await throttle.attempt('ana', work);
}

async function waitOf(attempt: Promise<unknown>): Promise<number> {
  const error = await attempt.catch((fault: unknown) => fault);
  return (error as { retryAfterSeconds: number }).retryAfterSeconds;
}

async function countOf(): Promise<number> {
  const row = await test.database.find<{ points: number }>(
    'select coalesce(sum(points), 0)::int as points from throttles',
  );
  return row?.points ?? 0;
}

function moveClock(seconds: number): void {
  const moved = Date.now() + seconds * 1000;
  jest.spyOn(Date, 'now').mockReturnValue(moved);
}
