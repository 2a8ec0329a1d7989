// Copies of tokens in Redis: what was put there long ago, moved, changed or sealed with another key is none.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { connectRedis, type Redis } from '../../src/base/redis.ts';
import { Sealer } from '../../src/base/seal.ts';
import { LivingToken } from '../../src/tokens/living-token.ts';
import { TokenCopies } from '../../src/tokens/token-copies.ts';
import { SECRET_KEY } from '../support/portaria.ts';
import { redisServerPath, startRedis, until, type TestRedis } from '../support/redis.ts';

const whereThereIsRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;
const ANA = LivingToken.read('ana', '4102444800000\n7:9:8\ntoken ana\tclient web\n{"active":true}\n{}');
const KEY = 'portaria:{token}:ana';

whereThereIsRedis('a copy of a token', () => {
  let server: TestRedis;
  let redis: Redis;
  const sealer = new Sealer([SECRET_KEY], 'token-copies');

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, createLogger('silent', false));
    await until(async () => redis.status === 'ready');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    redis.disconnect();
    await server.kill();
  });

  async function keepAna(): Promise<Buffer> {
    new TokenCopies(redis, sealer).keep([ANA], performance.now());
    await until(async () => (await redis.exists(KEY)) === 1);
    return (await redis.getBuffer(KEY)) as Buffer;
  }

  const found = async (ids = ['ana'], by = sealer) =>
    (await new TokenCopies(redis, by).findAll(ids)).map(({ id, told, subjects, snapshot }) => ({
      id,
      told,
      subjects,
      running: snapshot.running,
    }));

  it('is found with all that it stands on, beside others that are not there', async () => {
    await keepAna();
    const ana = { id: 'ana', told: '{"active":true}', subjects: ['token ana', 'client web'], running: [8] };
    expect(await found(['nobody', 'ana', 'rui'])).toEqual([ana]);
    expect(await redis.ttl(KEY)).toBeLessThanOrEqual(60);
  });

  it('that somebody puts back after its time is none, whatever Redis thinks of its age', async () => {
    const envelope = await keepAna();
    const now = Date.now();
    await redis.set(KEY, envelope);
    jest.spyOn(Date, 'now').mockReturnValue(now + 80_000);
    expect(await found()).toHaveLength(1);
    jest.spyOn(Date, 'now').mockReturnValue(now + 95_000);
    expect(await found()).toEqual([]);
  });

  it('that was moved, changed, cut, or sealed with a key that is not listed, is none', async () => {
    const envelope = await keepAna();
    await redis.set('portaria:{token}:rui', envelope);
    expect(await found(['rui'])).toEqual([]);
    const changed = Buffer.from(envelope);
    changed[changed.length - 20] = (changed[changed.length - 20] ?? 0) ^ 1;
    for (const bytes of [
      changed,
      envelope.subarray(0, 30),
      Buffer.from('{"active":true}'),
      Buffer.alloc(0),
    ]) {
      await redis.set(KEY, bytes);
      expect(await found()).toEqual([]);
    }
    await redis.set(KEY, envelope);
    expect(await found(['ana'], new Sealer(['another secret key, long enough'], 'token-copies'))).toEqual([]);
    expect(await found()).toHaveLength(1);
  });

  it('is written only while it is young', async () => {
    await redis.del(KEY);
    new TokenCopies(redis, sealer).keep([ANA], performance.now() - 2_001);
    new TokenCopies(redis, sealer).keep([LivingToken.read('rui', ANA.write())], performance.now());
    await until(async () => (await redis.exists('portaria:{token}:rui')) === 1);
    expect(await redis.exists(KEY)).toBe(0);
  });
});
