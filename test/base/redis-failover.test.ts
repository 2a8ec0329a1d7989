// REDIS_URL names a cluster, or sentinels: throttles count there and copies of tokens lie there as in a single Redis; a
// master that is killed is replaced by its replica, and until then PostgreSQL does it, at once.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { connectRedis, type Redis } from '../../src/base/redis.ts';
import { Sealer } from '../../src/base/seal.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { LivingToken } from '../../src/tokens/living-token.ts';
import { TokenCopies } from '../../src/tokens/token-copies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SECRET_KEY } from '../support/portaria.ts';
import {
  redisServerPath,
  startRedisCluster,
  startRedisSentinels,
  until,
  type TestRedisSet,
} from '../support/redis.ts';

const wrong = async () => ({ isRight: false });
const LIMIT = 3;
const whereThereIsRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;

whereThereIsRedis.each([
  ['a cluster', startRedisCluster],
  ['a master that sentinels know', startRedisSentinels],
])('%s', (_name, startServers) => {
  let servers: TestRedisSet;
  let test: TestDatabase;
  let redis: Redis;
  let here: Throttle;
  let elsewhere: Throttle;

  beforeAll(async () => {
    [test, servers] = await Promise.all([createTestDatabase(), startServers()]);
    redis = connectRedis(servers.url, createLogger('silent', false));
    await until(async () => redis.status === 'ready');
    const options = { redis, name: 'guess', limit: LIMIT, windowSeconds: 900 };
    here = new Throttle({ ...options, database: test.database });
    elsewhere = new Throttle({ ...options, database: test.another() });
  }, 120_000);
  afterAll(async () => {
    redis?.disconnect();
    await servers?.kill();
    await test?.close();
  });

  const rows = async () => (await test.database.query('select key from throttles')).length;

  /** How many wrong tries, by turns on both nodes, there were before one was refused. */
  async function triesOf(key: string): Promise<number> {
    for (let tries = 0; tries < 20; tries++) {
      const outcome = await (tries % 2 ? here : elsewhere)
        .attempt(key, wrong)
        .catch((error: unknown) => error);
      if ((outcome as { status?: number }).status === 429) return tries;
    }
    throw new Error('nobody is ever refused');
  }

  /** A busy machine may be too slow for Redis once or twice; PostgreSQL has counted then, and another key is tried. */
  async function untilCountedInRedis(prefix: string): Promise<void> {
    let keys = 0;
    await until(async () => {
      const before = await rows();
      const tries = await triesOf(`${prefix}-${keys++}`);
      return tries === LIMIT && (await rows()) === before;
    });
  }

  it('counts for every node, whichever of its servers has the key', async () => {
    for (const person of ['ana', 'rui', 'eva', 'leo', 'mia', 'ivo']) await untilCountedInRedis(person);
  });

  it('keeps copies of several tokens and finds them together', async () => {
    const copies = new TokenCopies(redis, new Sealer([SECRET_KEY], 'storage').for('token-copies'));
    const ids = Array.from({ length: 8 }, (_, index) => `token-${index}`);
    const tokens = ids.map((id) => LivingToken.read(id, `4102444800000\n7:9:8\nclient web\n{}\n{}`));
    copies.keep(tokens, performance.now());
    await until(async () => (await copies.findAll(ids)).length === ids.length);
    expect((await copies.findAll(ids)).map((token) => token.write())).toEqual(
      tokens.map((token) => token.write()),
    );
  });

  it('replaces a master that is killed; meanwhile the limit holds, in PostgreSQL', async () => {
    const key = 'portaria:throttle:guess:probe';
    await redis.set(key, '1');
    await servers.killMaster(key);
    for (let person = 0; person < 4; person++) {
      // Whoever began there and went on here has had both limits.
      expect(await triesOf(`meanwhile-${person}`)).toBeLessThanOrEqual(2 * LIMIT);
    }
    expect(await rows()).toBeGreaterThan(0);
    await until(async () => (await redis.set(key, '2').catch(() => undefined)) === 'OK');
    await untilCountedInRedis('afterwards');
  }, 60_000);
});
