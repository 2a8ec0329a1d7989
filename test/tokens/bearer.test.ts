// How often somebody has to be asked about a token: what comes once is not remembered from Redis, so that thousands of
// such tokens push nothing out of memory; what comes again is.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { addClient, addPerson, tokensFor, verify } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { redisServerPath, startRedis, until, type TestRedis } from '../support/redis.ts';

const withRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;

withRedis('a token that another node has put into Redis', () => {
  let server: TestRedis;
  let redis: Redis;
  let asking: Portaria;
  let knowing: Portaria;
  const client = { id: 'tickets', secret: '' };

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    knowing = await startPortaria({ REDIS_URL: server.url });
    asking = await startAnotherNode(knowing, { REDIS_URL: server.url });
    client.secret = (await addClient(knowing, client.id)).secret;
    await addPerson(knowing, 'ana');
  });
  afterAll(async () => {
    redis.disconnect();
    await asking.stop();
    await knowing.stop();
    await server.kill();
  });

  /** How often anybody has asked Redis about tokens. */
  async function questions(): Promise<number> {
    return Number(/cmdstat_mget:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  }

  async function ask(token: string): Promise<number> {
    const before = await questions();
    expect((await verify({ ...asking, url: asking.address }, token)).status).toBe(200);
    return (await questions()) - before;
  }

  it('is read there when it comes for the first and for the second time, and known from then on', async () => {
    const { access_token: token } = await tokensFor(knowing, client, { login: 'ana' });
    expect((await verify(knowing, token)).status).toBe(200);
    await until(async () => (await redis.keys('portaria:{token}:*')).length === 1);
    expect([await ask(token), await ask(token), await ask(token), await ask(token)]).toEqual([1, 1, 0, 0]);
  });
});
