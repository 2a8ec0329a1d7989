// Guesses at user codes (RFC 8628 §5.1), from one browser, from one network with ever new browsers, and from everywhere.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '../../src/base/database.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { UserCodeLimit, WRONG_USER_CODES, type Guesser } from '../../src/http/user-code-limit.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const { perSession, perAccount, perAddress, inAll, besieged, windowSeconds } = WRONG_USER_CODES;
const right = async () => ({ isRight: true });

let test: TestDatabase;
let nodes: UserCodeLimit[];

const nodeOn = (database: Database) =>
  new UserCodeLimit(
    (name, limit, seconds) => new Throttle({ database, name, limit, windowSeconds: seconds }),
  );

beforeAll(async () => {
  test = await createTestDatabase();
  nodes = [nodeOn(test.database), nodeOn(test.another())];
});
afterAll(() => test.close());
afterEach(async () => {
  jest.restoreAllMocks();
  await test.database.query('delete from throttles');
});

/** How many guesses were looked at, by two nodes in turn. */
async function guess(times: number, from: (turn: number) => Guesser): Promise<number> {
  const look = jest.fn(async () => ({ isRight: false }));
  for (let turn = 0; turn < times; turn++) {
    await nodes[turn % 2]?.attempt(from(turn), look).catch(() => {});
  }
  return look.mock.calls.length;
}

describe('guesses at user codes', () => {
  it('are few for one browser, from however many addresses', async () => {
    expect(await guess(20, (turn) => ({ session: 'one', address: `192.0.2.${turn}` }))).toBe(perSession);
  });

  it('are few for one address, or one IPv6 network, with ever new browsers', async () => {
    expect(await guess(60, (turn) => ({ session: `v4 ${turn}`, address: '192.0.2.7' }))).toBe(perAddress);
    const inOneNetwork = (turn: number) => ({ session: `v6 ${turn}`, address: `2001:db8:1:2::${turn + 1}` });
    expect(await guess(60, inOneNetwork)).toBe(perAddress);
    const nextDoor = { session: 'next door', address: '2001:db8:1:3::1' };
    await expect(nodes[0]?.attempt(nextDoor, right)).resolves.toEqual({ isRight: true });
  });

  it('are few for one account, in however many browsers and from wherever', async () => {
    const spread = (turn: number) => ({ session: `spread ${turn}`, address: `192.0.2.${turn}` });
    expect(await guess(30, (turn) => ({ ...spread(turn), accountId: 'ana' }))).toBe(perAccount);
    expect(await guess(3, (turn) => ({ ...spread(turn), accountId: 'bia' }))).toBe(3);
  });

  it('from everywhere leave strangers less room, and lock nobody out', async () => {
    await guess(1, () => ({ session: 'first', address: '198.51.100.1' }));
    // As if all but the last had been made elsewhere.
    await test.database.query(`update throttles set points = $1 where key like 'user-code:all:%'`, [
      inAll - 1,
    ]);
    await guess(2, (turn) => ({ session: `last ${turn}`, address: '198.51.100.2' }));
    expect(await guess(20, (turn) => ({ session: 'one', address: `192.0.2.${turn}` }))).toBe(
      besieged.perSession,
    );
    expect(await guess(60, (turn) => ({ session: `many ${turn}`, address: '203.0.113.7' }))).toBe(
      besieged.perAddress,
    );
    const spread = (turn: number) => ({ session: `spread ${turn}`, address: `198.51.100.${turn + 10}` });
    expect(await guess(20, (turn) => ({ ...spread(turn), accountId: 'ana' }))).toBe(besieged.perAccount);
    for (let turn = 0; turn < 20; turn++) {
      const somebody = { session: `right ${turn}`, address: '203.0.113.8' };
      await expect(nodes[turn % 2]?.attempt(somebody, right)).resolves.toEqual({ isRight: true });
    }
    const later = Date.now() + 5 * windowSeconds * 1000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(await guess(20, (turn) => ({ session: 'later', address: `192.0.2.${turn}` }))).toBe(perSession);
  });
});
