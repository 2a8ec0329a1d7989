// The queue itself, with senders of the test: nobody waits for somebody else's fault, and nothing is lost or kept for ever.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuditStore } from '../../src/audit/audit-store.ts';
import { Audit } from '../../src/audit/audit.ts';
import { createLogger } from '../../src/base/log.ts';
import { Sealer } from '../../src/base/seal.ts';
import { OutboxStore } from '../../src/outbox/outbox-store.ts';
import { Outbox, type Send } from '../../src/outbox/outbox.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SECRET_KEY } from '../support/portaria.ts';

const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

const sealer = new Sealer([SECRET_KEY], 'storage');
let database: TestDatabase;
let store: OutboxStore;
/** What arrived, in order. */
let heard: string[];
let outcomes: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  store = new OutboxStore(database.database, sealer);
});
beforeEach(() => {
  heard = [];
  outcomes = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  await database.database.query('delete from outbox');
});
afterAll(() => database.close());

function openOutbox(send: Send, itsDatabase = database.database): Outbox {
  return new Outbox({
    database: itsDatabase,
    store: new OutboxStore(itsDatabase, sealer),
    audit: new Audit(new AuditStore(itsDatabase)),
    log: createLogger('silent', false),
    senders: { test: send },
    retrySeconds: (3 * DAY) / 1000,
    count: (_kind, outcome) => outcomes.push(outcome),
  });
}

const hear: Send = async ({ name }) => {
  heard.push(String(name));
  return 'sent';
};
const fail: Send = async () => {
  throw new Error('broken');
};

async function put(destination: string, names: readonly string[], kind = 'test'): Promise<void> {
  for (const name of names)
    await database.database.query('insert into outbox (kind, destination, body) values ($1, $2, $3)', [
      kind,
      destination,
      { name },
    ]);
}

function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

const many = (count: number, prefix = 'm') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('a message', () => {
  it('arrives once, however many there are and however many processes send', async () => {
    const names = many(100);
    await put('a', names.slice(0, 50));
    await put('b', names.slice(50));
    const outboxes = [openOutbox(hear), openOutbox(hear, database.another())];
    await Promise.all(outboxes.map((outbox) => outbox.work()));
    expect(heard.toSorted()).toEqual(names.toSorted());
    expect(await store.count()).toEqual({ waiting: 0, givenUp: 0 });
    expect(outcomes).toEqual(names.map(() => 'sent'));
  });

  it('is tried again ever more rarely, and never again by itself once it is given up', async () => {
    await put('a', ['lost']);
    const outbox = openOutbox(fail);
    const attempts: number[] = [];
    const startedAt = Date.now();
    for (let minute = 0; minute < 4 * 24 * 60; minute += 10) {
      const before = outcomes.length;
      await outbox.work();
      if (outcomes.length > before) attempts.push(Date.now() - startedAt);
      passes(10 * MINUTE);
    }
    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(30 * MINUTE);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(90 * MINUTE);
    expect(gaps[0]).toBeLessThan(gaps.at(-2) ?? 0);
    expect(attempts.at(-1)).toBeLessThanOrEqual(3 * DAY + 10 * MINUTE);
    expect(outcomes.at(-1)).toBe('given_up');
    expect(await store.count()).toEqual({ waiting: 0, givenUp: 1 });
  });

  it('of a kind that only a later version knows is left for that one', async () => {
    await put('a', ['of the future'], 'later');
    await openOutbox(hear).work();
    expect([heard, (await store.count()).waiting]).toEqual([[], 1]);
  });

  it('that was taken by a process that died is taken by another after a minute, and not before', async () => {
    await put('a', ['held']);
    const now = new Date(Date.now());
    const until = new Date(now.getTime() + MINUTE);
    expect(await store.take({ now, until, limit: 10, limitEach: 10, fewer: new Map() })).toHaveLength(1);
    const outbox = openOutbox(hear);
    passes(59_000);
    await outbox.work();
    expect(heard).toEqual([]);
    passes(2_000);
    await outbox.work();
    expect(heard).toEqual(['held']);
  });

  it('waits while the database is away, and is sent when it is back', async () => {
    await put('a', ['patient']);
    const outbox = openOutbox(hear);
    const query = jest.spyOn(database.database, 'query').mockRejectedValueOnce(new Error('gone'));
    await outbox.work();
    expect(heard).toEqual([]);
    query.mockRestore();
    await outbox.work();
    expect(heard).toEqual(['patient']);
  });

  it('is neither taken nor forgotten by a process that ends', async () => {
    await put('a', ['last']);
    let finish = () => {};
    const outbox = openOutbox(async (body) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return hear(body);
    });
    outbox.wake();
    while ((await store.list({ isGivenUp: false, limit: 1 }))[0]?.attempts !== 1);
    const closed = outbox.close();
    await put('a', ['too late']);
    outbox.wake();
    finish();
    await closed;
    expect([heard, (await store.count()).waiting]).toEqual([['last'], 1]);
  });
});

describe('a destination that does not answer', () => {
  it('has few messages on their way at once, and the others do not wait for it', async () => {
    await put('silent', many(200, 's'));
    await put('good', many(30, 'g'));
    let waiting = 0;
    let most = 0;
    let free = () => {};
    const freed = new Promise<void>((resolve) => (free = resolve));
    const outbox = openOutbox(async ({ name }) => {
      if (!String(name).startsWith('s')) return hear({ name });
      most = Math.max(most, (waiting += 1));
      await freed;
      throw new Error('did not answer in time');
    });
    const work = outbox.work();
    while (heard.length < 30) await new Promise((resolve) => setImmediate(resolve));
    expect(most).toBe(4);
    free();
    await work;
    // It was left alone after the first failures.
    expect(outcomes.filter((outcome) => outcome === 'failed')).toHaveLength(4);
  });

  it('to one message hears the others meanwhile', async () => {
    await put('mail server', ['slow', ...many(30)]);
    let free = () => {};
    const freed = new Promise<void>((resolve) => (free = resolve));
    const outbox = openOutbox(async (body) => {
      if (body['name'] === 'slow') await freed;
      return hear(body);
    });
    const work = outbox.work();
    while (heard.length < 30) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).not.toContain('slow');
    free();
    await work;
    expect(heard).toHaveLength(31);
  });

  it('hears everything once it answers', async () => {
    await put('a', many(20));
    let isBroken = true;
    const outbox = openOutbox((body) => (isBroken ? fail(body) : hear(body)));
    for (let tries = 0; tries < 5; tries++) {
      await outbox.work();
      passes(10 * MINUTE);
    }
    expect(outcomes).toHaveLength(20);
    isBroken = false;
    passes(60 * MINUTE);
    await outbox.work();
    expect(heard.toSorted()).toEqual(many(20).toSorted());
  });

  it('has its whole queue given up in the end, those included that nobody came to try', async () => {
    await put('dead', many(500));
    const outbox = openOutbox(fail);
    await outbox.work();
    passes(4 * DAY);
    await outbox.work();
    expect(await store.count()).toEqual({ waiting: 0, givenUp: 500 });
    passes(31 * DAY);
    for (const batch of outbox.sweeping) await batch();
    expect(await store.count()).toEqual({ waiting: 0, givenUp: 0 });
  });
});
