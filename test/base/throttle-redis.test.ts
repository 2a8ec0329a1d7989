// With Redis the counts are there, for all nodes; without it, or while it is away, in PostgreSQL. Whatever becomes of
// Redis, nobody is given a fresh budget by the node that has seen the old one spent, and all nodes together give one more.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database } from '../../src/base/database.ts';
import { createLogger } from '../../src/base/log.ts';
import { OwnCounts } from '../../src/base/own-counts.ts';
import { connectRedis, type Redis } from '../../src/base/redis.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { redisServerPath, startRedis, type TestRedis } from '../support/redis.ts';

const right = async () => ({ isRight: true });
const wrong = async () => ({ isRight: false });
const LIMIT = 5;
const whereThereIsRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;

whereThereIsRedis('a throttle with Redis', () => {
  let test: TestDatabase;
  let server: TestRedis;
  let redis: Redis;
  let here: Throttle;
  let elsewhere: Throttle;

  beforeAll(async () => {
    test = await createTestDatabase();
    server = await startRedis();
    redis = connectRedis(server.url, createLogger('silent', false));
    await becomesReady();
  });
  beforeEach(async () => {
    await test.database.query('delete from throttles');
    await redis.flushall();
    const options = { redis, name: 'guess', limit: LIMIT, windowSeconds: 900 };
    here = new Throttle({ ...options, database: test.database });
    elsewhere = new Throttle({ ...options, database: test.another() });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.kill();
    await test.close();
  });

  const becomesReady = () => new Promise((resolve) => redis.once('ready', resolve));
  const rows = () => test.database.query<{ points: number }>('select points from throttles');

  /** As a fault and whoever looks after it would: everything in it is gone. */
  async function restartRedis(): Promise<void> {
    const isReady = becomesReady();
    server = await startRedis(Number(new URL(server.url).port));
    await isReady;
  }

  /** How many of so many tries were let through. */
  async function guess(nodes: readonly Throttle[], times: number): Promise<number> {
    const work = jest.fn(wrong);
    for (let turn = 0; turn < times; turn++) {
      await (nodes[turn % nodes.length] as Throttle).attempt('ana', work).catch(() => {});
    }
    return work.mock.calls.length;
  }

  it('counts in Redis, for every node, and leaves the table alone', async () => {
    expect(await guess([here, elsewhere], 20)).toBe(LIMIT);
    await expect(here.attempt('ana', right)).rejects.toMatchObject({ status: 429 });
    expect(await rows()).toEqual([]);
  });

  it('keeps no key in clear there', async () => {
    await here.attempt('ana', wrong);
    expect((await redis.keys('*')).join()).not.toContain('ana');
  });

  it('goes on with the same budget when Redis is killed, and when it comes back empty', async () => {
    expect(await guess([here], 3)).toBe(3);
    await server.kill();
    expect(await guess([here], 1)).toBe(1);
    await restartRedis();
    expect(await guess([here], 10)).toBe(1);
    await expect(here.attempt('ana', right)).rejects.toMatchObject({ status: 429 });
  });

  it('goes on in PostgreSQL, for every node, while Redis is away', async () => {
    await server.kill();
    expect(await guess([here, elsewhere], 20)).toBe(LIMIT);
    expect((await rows()).length).toBeGreaterThan(0);
    await restartRedis();
  });

  it('gives no more than one other budget, however often Redis is emptied under two nodes', async () => {
    let made = 0;
    for (let flood = 0; flood < 6; flood++) {
      made += await guess([here, elsewhere], 4);
      await redis.flushall();
    }
    expect(made).toBeLessThanOrEqual(2 * LIMIT);
    await server.kill();
    made += await guess([here, elsewhere], 20);
    await restartRedis();
    made += await guess([here, elsewhere], 20);
    expect(made).toBeLessThanOrEqual(2 * LIMIT);
  });

  it('keeps a door closed for as long as it was told, whatever becomes of Redis', async () => {
    await guess([here], 2 * LIMIT);
    await redis.flushall();
    const refusal = (await here.attempt('ana', right).catch((error: unknown) => error)) as object;
    expect(refusal).toMatchObject({ status: 429 });
    // The others hear of it by that knock.
    await expect(elsewhere.attempt('ana', right)).rejects.toMatchObject({ status: 429 });
    const later = Date.now() + 5 * 900 * 1000;
    await redis.flushall();
    jest.spyOn(Date, 'now').mockReturnValue(later);
    await expect(here.attempt('ana', right)).resolves.toEqual({ isRight: true });
  });

  it('takes nothing off a count that another one keeps', async () => {
    const killing = async () => {
      await server.kill();
      return { isRight: true };
    };
    // Right, and not made wrong by the loss of a count.
    await expect(here.attempt('ana', killing)).resolves.toEqual({ isRight: true });
    expect(await rows()).toEqual([]);
    expect(await guess([here], 20)).toBe(LIMIT);
    await restartRedis();
  });

  it('lets nobody try while PostgreSQL is away too', async () => {
    const database = new Database({
      connection: { host: '/nonexistent', user: 'nobody' },
      maxConnections: 1,
    });
    const blind = new Throttle({ database, redis, name: 'guess', limit: LIMIT, windowSeconds: 900 });
    const work = jest.fn(right);
    await blind.attempt('ana', work);
    expect(work).toHaveBeenCalledTimes(1);
    await server.kill();
    await expect(blind.attempt('ana', work)).rejects.toMatchObject({ status: 503 });
    await expect(blind.countWrong('ana')).rejects.toMatchObject({ status: 503 });
    expect(work).toHaveBeenCalledTimes(1);
    await restartRedis();
    await database.close();
  });

  it('never counts right ones, with Redis and without', async () => {
    for (let turn = 0; turn < 20; turn++) await here.attempt('ana', right);
    await server.kill();
    for (let turn = 0; turn < 20; turn++) await here.attempt('ana', right);
    await restartRedis();
    expect(await guess([here], 20)).toBe(LIMIT);
  });
});

describe('what a process has counted itself', () => {
  it('is no more than so much, whatever the flood', () => {
    const counts = new OwnCounts();
    for (let key = 0; key < 40_000; key++) counts.add(String(key), 900_000);
    expect(counts.size).toBeLessThanOrEqual(10_000);
    expect(counts.add('39999', 900_000)).toBe(2);
  });

  it('is nothing once the window is over', () => {
    const counts = new OwnCounts();
    counts.add('ana', 900_000);
    counts.add('ana', 900_000);
    const later = Date.now() + 900_001;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(counts.add('ana', 900_000)).toBe(1);
    jest.restoreAllMocks();
  });
});
