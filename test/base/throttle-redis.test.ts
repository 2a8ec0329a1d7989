// With Redis the counts are there, for all nodes; without it, or while it is away, in PostgreSQL: the limit holds.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { connectRedis, type Redis } from '../../src/base/redis.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { redisServerPath, startRedis, type TestRedis } from '../support/redis.ts';

const wrong = async () => ({ isRight: false });
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
    await new Promise((resolve) => redis.once('ready', resolve));
    const options = { redis, name: 'guess', limit: 5, windowSeconds: 900 };
    here = new Throttle({ ...options, database: test.database });
    elsewhere = new Throttle({ ...options, database: test.another() });
  });
  afterAll(async () => {
    redis.disconnect();
    await server.kill();
    await test.close();
  });

  const rows = async () => (await test.database.query('select key from throttles')).length;

  it('counts in Redis, for every node, and leaves the table alone', async () => {
    for (let tries = 0; tries < 5; tries++) await (tries % 2 ? here : elsewhere).attempt('ana', wrong);
    await expect(here.attempt('ana', wrong)).rejects.toMatchObject({ status: 429 });
    expect(await rows()).toBe(0);
  });

  it('keeps no key in clear there', async () => {
    expect((await redis.keys('*')).join()).not.toContain('ana');
  });

  it('goes on in PostgreSQL when Redis is killed, and the limit holds', async () => {
    await server.kill();
    for (let tries = 0; tries < 5; tries++) await here.attempt('rui', wrong);
    await expect(elsewhere.attempt('rui', wrong)).rejects.toMatchObject({ status: 429 });
    expect(await rows()).toBeGreaterThan(0);
  });
});
