// Guesses at client secrets, and the machines that are right all day: over two nodes, in bursts, and beside a neighbour that
// was forgotten at a change of secrets.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '../../src/base/database.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { ClientSecrets, WRONG_SECRETS } from '../../src/oidc/client-secrets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const SECRET = 'the secret of tickets';
const HERE = '192.0.2.1';

let test: TestDatabase;
let here: ClientSecrets;
let there: ClientSecrets;
let comparisons = 0;

function build(database: Database): ClientSecrets {
  const { windowSeconds, perClient, perAddress } = WRONG_SECRETS;
  const open = (name: string, limit: number) => new Throttle({ database, name, limit, windowSeconds });
  return new ClientSecrets({
    perClient: open('client-secret:client', perClient),
    perAddress: open('client-secret:address', perAddress),
  });
}

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.query('delete from throttles');
  here = build(test.database);
  there = build(test.another());
  comparisons = 0;
});
afterEach(() => {
  jest.restoreAllMocks();
});

interface Guess {
  clientId?: string;
  address?: string;
  node?: ClientSecrets;
}

function ask(secret: string, { clientId = 'tickets', address = HERE, node = here }: Guess = {}) {
  const findFresh = async () => {
    comparisons++;
    return SECRET;
  };
  return node.isRight({ clientId, address, secret }, { secret: SECRET, findFresh });
}

async function guess(times: number, where: Guess = {}, from = 0): Promise<void> {
  for (let turn = 0; turn < times; turn++) await ask(`guess ${from + turn}`, where).catch(() => {});
}

const rows = async () => (await test.database.query('select key from throttles')).length;

describe('a client that is right', () => {
  it('leaves no trace in any store, however often it asks', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(SECRET)));
    expect(new Set(answers)).toEqual(new Set([true]));
    for (let turn = 0; turn < 60; turn++) expect(await ask(SECRET)).toBe(true);
    expect(comparisons).toBe(0);
    expect(await rows()).toBe(0);
  });

  it('has the quick way from where it has proved itself, and from nowhere else', async () => {
    const again = (address: string, secret = SECRET) =>
      here.isRightAgain({ clientId: 'tickets', address, secret }, SECRET);
    expect(again(HERE)).toBe(false);
    await ask(SECRET);
    expect(again(HERE)).toBe(true);
    expect(again('192.0.2.2')).toBe(false);
    // A wrong one ends it until the next right one, so that nobody guesses by the quick way.
    expect(again(HERE, 'a guess')).toBe(false);
    expect(again(HERE)).toBe(false);
    await ask(SECRET);
    expect(again(HERE)).toBe(true);
  });

  it('is known by the secret that is stored now, before a node has heard of the change', async () => {
    const registered = { secret: 'the one before', findFresh: async () => SECRET };
    const request = { clientId: 'tickets', address: HERE, secret: SECRET };
    for (let turn = 0; turn < 20; turn++) expect(await here.isRight(request, registered)).toBe(true);
    expect(await rows()).toBe(0);
  });

  it('is not shut out by a neighbour behind its address that still has the old secret', async () => {
    for (let turn = 0; turn < 40; turn++) {
      expect(await ask('the secret of last month')).toBe(false);
      expect(await ask(SECRET)).toBe(true);
    }
    const counted = await test.database.query<{ points: number }>('select points from throttles');
    expect(counted.map(({ points }) => points)).toEqual([1, 1]);
  });

  it('is not shut out by what others guess behind its address, or guess of it from elsewhere', async () => {
    await ask(SECRET);
    for (let client = 0; client < 5; client++) await guess(10, { clientId: `client-${client}` });
    await expect(ask(SECRET, { clientId: 'newcomer' })).rejects.toMatchObject({ status: 429 });
    expect(await ask(SECRET)).toBe(true);
    for (let turn = 0; turn < 100; turn++) await guess(11, { address: `198.51.100.${turn}` }, turn * 20);
    expect(await ask(SECRET)).toBe(true);
    expect(await ask(SECRET, { address: '203.0.113.1' })).toBe(true);
  });
});

describe('somebody who guesses a secret', () => {
  it('has ten guesses at a client from an address, and none after them, not even a right one', async () => {
    for (let turn = 0; turn < 10; turn++) expect(await ask(`guess ${turn}`)).toBe(false);
    comparisons = 0;
    await expect(ask('guess 10')).rejects.toMatchObject({ status: 429, retryAfterSeconds: 900 });
    await expect(ask(SECRET)).rejects.toMatchObject({ status: 429 });
    expect(comparisons).toBe(0);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 901_000);
    expect(await ask(SECRET)).toBe(true);
  });

  it('has thirty from an address or an IPv6 network, whichever clients they are at', async () => {
    for (let turn = 0; turn < 40; turn++)
      await guess(1, { clientId: `client-${turn}`, address: `2001:db8:1:2::${turn}` });
    expect(comparisons).toBe(30);
    await expect(ask(SECRET, { address: '2001:db8:1:2:ffff::1' })).rejects.toMatchObject({ status: 429 });
    expect(await ask(SECRET, { address: '2001:db8:1:3::1' })).toBe(true);
  });

  it('has ten of a hundred at once over two nodes, and one more of each node at most', async () => {
    await Promise.allSettled(
      Array.from({ length: 100 }, (_, turn) => ask(`guess ${turn}`, { node: turn % 2 ? here : there })),
    );
    expect(comparisons).toBeGreaterThanOrEqual(10);
    expect(comparisons).toBeLessThanOrEqual(12);
  });

  it('has no more of them where the client has just been right', async () => {
    await ask(SECRET);
    await Promise.allSettled(Array.from({ length: 100 }, (_, turn) => ask(`guess ${turn}`)));
    expect(comparisons).toBe(10);
  });

  it('waits as long as a restarted node is told by the others', async () => {
    await guess(10);
    const restarted = build(test.another());
    expect(await ask('guess 11', { node: restarted })).toBe(false);
    await expect(ask(SECRET, { node: restarted })).rejects.toMatchObject({ status: 429 });
  });

  it('is not told anything while nothing can be counted', async () => {
    const broken = build(test.database);
    jest.spyOn(test.database, 'query').mockRejectedValue(Object.assign(new Error('away'), { status: 503 }));
    await expect(ask('a guess', { node: broken })).rejects.toThrow('away');
    expect(await ask(SECRET, { node: broken })).toBe(true);
  });

  it('is kept in mind without the secret', async () => {
    await guess(3);
    expect(JSON.stringify(await test.database.query('select * from throttles'))).not.toMatch(
      /guess|192\.0\.2/,
    );
  });
});
