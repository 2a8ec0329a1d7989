// The gate in a siege, and when Redis goes away in the middle of an attack.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newAccountId } from '../../src/accounts/account.ts';
import { WRONG_TRIES, type Attempts } from '../../src/accounts/attempts.ts';
import { createLogger } from '../../src/base/log.ts';
import { connectRedis, type Redis } from '../../src/base/redis.ts';
import { buildAttempts } from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { redisServerPath, startRedis, type TestRedis } from '../support/redis.ts';

const right = async () => ({ isRight: true });
const wrong = async () => ({ isRight: false });

const ANA = newAccountId();
let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(() => test.database.query('delete from throttles'));
afterEach(() => {
  jest.restoreAllMocks();
});

const addressOf = (turn: number) => `10.${(turn >> 16) & 255}.${(turn >> 8) & 255}.${turn & 255}`;

async function guess(attempts: Attempts, account: string, times: number, from = 0): Promise<number> {
  let made = 0;
  for (let turn = 0; turn < times; turn++) {
    const work = async () => {
      made++;
      return { isRight: false };
    };
    await attempts.make({ account, address: addressOf(from + turn) }, work).catch(() => {});
  }
  return made;
}

describe('the gate', () => {
  it('is the same for every path that leads to an account', async () => {
    const attempts = buildAttempts(test.database);
    await guess(attempts, ANA, 6);
    // Another path of another node: a code, not a password.
    await guess(buildAttempts(test.another()), ANA, 4);
    await expect(attempts.make({ account: ANA, address: '192.0.2.1' }, right)).rejects.toMatchObject({
      status: 429,
      retryAfterSeconds: WRONG_TRIES.windowSeconds,
    });
  });

  it('narrows for strangers when the whole house is attacked, and locks nobody out', async () => {
    const attempts = buildAttempts(test.database);
    const elsewhere = buildAttempts(test.another());
    // As if all but the last had been made elsewhere.
    await attempts.make({ account: 'first', address: '192.0.2.1' }, wrong);
    await test.database.query(`update throttles set points = $1 where key like 'attempts:all:%'`, [
      WRONG_TRIES.inAll - 1,
    ]);
    expect(await guess(attempts, 'spray', 1)).toBe(1);
    const { perAccount, perAddress } = WRONG_TRIES.besieged;
    expect(await guess(attempts, ANA, 10, 100)).toBe(perAccount);
    // Another node learns it with the first wrong try that it sees.
    expect(await guess(elsewhere, 'joe', 1, 200)).toBe(1);
    expect(await guess(elsewhere, newAccountId(), 10, 300)).toBe(perAccount);
    let refused = 0;
    for (let turn = 0; turn < 20; turn++) {
      await attempts
        .make({ account: `person-${turn}`, address: '198.51.100.1' }, wrong)
        .catch(() => (refused += 1));
    }
    expect(refused).toBe(20 - perAddress);
    // Right ones still pass, from wherever, and known devices have all their tries.
    for (let turn = 0; turn < 30; turn++) {
      await expect(attempts.make({ account: `right-${turn}`, address: '192.0.2.9' }, right)).resolves.toEqual(
        { isRight: true },
      );
    }
    const known = { account: ANA, address: '198.51.100.1', device: 'a' };
    for (let turn = 0; turn < WRONG_TRIES.perDevice; turn++) await attempts.make(known, wrong);
    await expect(attempts.make(known, right)).rejects.toMatchObject({ status: 429 });
  });

  it('opens again after the siege', async () => {
    const attempts = buildAttempts(test.database);
    await attempts.make({ account: 'first', address: '192.0.2.1' }, wrong);
    await test.database.query(`update throttles set points = 5000 where key like 'attempts:all:%'`);
    expect(await guess(attempts, 'spray', 1)).toBe(1);
    const later = Date.now() + 5 * WRONG_TRIES.windowSeconds * 1000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(await guess(attempts, ANA, 20, 100)).toBe(WRONG_TRIES.perAccount);
  });
});

const whereThereIsRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;

whereThereIsRedis('the gate with Redis', () => {
  let server: TestRedis;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = connectRedis(server.url, createLogger('silent', false));
    await new Promise((resolve) => redis.once('ready', resolve));
  });
  afterAll(async () => {
    redis.disconnect();
    await server.kill();
  });

  it('holds when Redis is killed in the middle of an attack over two nodes; the known device passes', async () => {
    const nodes = [buildAttempts(test.database, redis), buildAttempts(test.another(), redis)];
    let evaluated = 0;
    const work = async () => {
      evaluated++;
      if (evaluated === 4) await server.kill();
      return { isRight: false };
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, turn) =>
        (nodes[turn % 2] as Attempts).make({ account: ANA, address: addressOf(turn) }, work),
      ),
    );
    // Ten where Redis counted and ten where the table does, at the very most; both are for a quarter of an hour.
    expect(evaluated).toBeGreaterThanOrEqual(WRONG_TRIES.perAccount);
    expect(evaluated).toBeLessThanOrEqual(2 * WRONG_TRIES.perAccount);
    const statuses = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [(outcome.reason as { status: number }).status] : [],
    );
    expect(new Set(statuses)).toEqual(new Set([429]));
    for (const node of nodes) {
      await expect(node.make({ account: ANA, address: '192.0.2.1' }, right)).rejects.toMatchObject({
        status: 429,
      });
      await expect(
        node.make({ account: ANA, address: '192.0.2.1', device: 'known' }, right),
      ).resolves.toEqual({ isRight: true });
    }
  });
});
