// The news of what has ended: told with the commit and not before, heard within moments, and when it cannot be heard, nothing
// that was read before is vouched for.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '../../src/base/log.ts';
import { News, type Standing } from '../../src/base/news.ts';
import { Remembered } from '../../src/base/remembered.ts';
import { parseSnapshot, SNAPSHOT } from '../../src/base/snapshot.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startDeafPooler } from '../support/deaf-pooler.ts';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

let test: TestDatabase;
let proxy: SilentProxy;
let news: News;

beforeAll(async () => {
  test = await createTestDatabase();
  proxy = await startSilentProxy(test.connection);
});
beforeEach(async () => {
  const { host, port } = proxy;
  const through = test.another({ host, port });
  news = new News({ connect: () => through.openConnection(), log: createLogger('fatal', false) });
  await news.start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  proxy.speak();
  await news.close();
});
afterAll(async () => {
  await proxy.close();
  await test.close();
});

/** Read now, standing on the client `web`. */
async function read(subject = 'client web', database = test.database): Promise<Standing> {
  const row = await database.find<{ snapshot: string }>(`select ${SNAPSHOT}`);
  return { snapshot: parseSnapshot(row?.snapshot ?? ''), subjects: [subject] };
}

const announce = (subject: string) => test.database.query(`select announce('client', $1)`, [subject]);

async function until(isSo: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > limit) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the news', () => {
  it('vouches for what was read until the end of what it stands on is heard', async () => {
    const web = await read();
    const shop = await read('client shop');
    expect([news.vouchesFor(web), news.vouchesFor(shop)]).toEqual([true, true]);
    await announce('web');
    await news.caughtUp();
    expect([news.vouchesFor(web), news.vouchesFor(shop)]).toEqual([false, true]);
    expect(news.vouchesFor(await read())).toBe(true);
  });

  it('comes with the commit, and a reading from before the commit is not vouched for', async () => {
    const outside = test.another();
    const readMeanwhile = await test.database.transaction(async () => {
      await announce('web');
      const web = await read('client web', outside);
      await news.caughtUp();
      expect(news.contradicts(web)).toBe(false);
      return web;
    });
    await news.caughtUp();
    expect(news.vouchesFor(readMeanwhile)).toBe(false);
  });

  it('vouches for what was read while somebody else writes for a long time', async () => {
    const elsewhere = await test.another().openConnection();
    await elsewhere.query('begin');
    await elsewhere.query(`select announce('client', 'shop')`);
    const late = new News({
      connect: () => test.database.openConnection(),
      log: createLogger('fatal', false),
    });
    await late.start();
    const web = await read();
    const shop = await read('client shop');
    await announce('web');
    await late.caughtUp();
    expect([late.vouchesFor(web), late.vouchesFor(shop)]).toEqual([false, true]);
    expect(late.vouchesFor(await read())).toBe(true);
    await elsewhere.query('commit');
    await late.caughtUp();
    expect([late.vouchesFor(shop), late.vouchesFor(await read('client shop'))]).toEqual([false, true]);
    await late.close();
    await elsewhere.end();
  });

  it('is not told of what was rolled back', async () => {
    const web = await read();
    await test.database
      .transaction(async () => {
        await announce('web');
        throw new Error('undone');
      })
      .catch(() => {});
    await news.caughtUp();
    expect(news.vouchesFor(web)).toBe(true);
  });

  it('that came in great numbers makes everything from before doubtful, never too little', async () => {
    const web = await read();
    await test.database.query(`select announce('client', 'x' || n) from generate_series(1, 20050) n`);
    await news.caughtUp();
    expect(news.vouchesFor(web)).toBe(false);
    expect(news.vouchesFor(await read('client x1'))).toBe(true);
  });

  it('vouches for nothing while nothing is heard, and for nothing from before once it hears again', async () => {
    const web = await read();
    const remembered = new Remembered<string>(news, { maxEntries: 9, maxBytes: 9_000, lifeMs: 60_000 });
    const now = performance.now();
    remembered.set('just now', 'a', { standing: web, readAt: now, bytes: 1 });
    remembered.set('a second ago', 'b', { standing: web, readAt: now - 1_000, bytes: 1 });
    expect([remembered.get('just now'), remembered.get('a second ago')]).toEqual(['a', 'b']);
    proxy.fallSilent();
    await until(() => !news.isFresh);
    expect(news.vouchesFor(web)).toBe(false);
    expect(remembered.get('a second ago')).toBeUndefined();
    await announce('web');
    proxy.speak();
    await until(() => news.isFresh);
    // It never heard of web's end, and does not have to.
    expect(news.vouchesFor(web)).toBe(false);
    expect(news.vouchesFor(await read())).toBe(true);
  });

  it('does not vouch for what is older than its own memory of what has ended', async () => {
    const web = await read();
    const shop = await read('client shop');
    await announce('web');
    await news.caughtUp();
    const realNow = performance.now.bind(performance);
    for (const minutes of [2, 4, 6]) {
      jest.spyOn(performance, 'now').mockImplementation(() => realNow() + minutes * 60_000);
      // Somebody is always writing something.
      await announce(`another-${minutes}`);
      await news.caughtUp();
      expect(news.vouchesFor(web)).toBe(false);
    }
    // Nothing happened to this one; but nobody can know that any more.
    expect(news.vouchesFor(shop)).toBe(false);
    expect(news.vouchesFor(await read('client shop'))).toBe(true);
  });

  it('does not begin where questions come through and announcements do not', async () => {
    const pooler = await startDeafPooler(test.connection);
    const { host, port } = pooler;
    const through = test.another({ host, port });
    expect(await through.query('select 1 as one')).toEqual([{ one: 1 }]);
    const deaf = new News({
      connect: () => through.openConnection(),
      log: createLogger('fatal', false),
      echoMs: 300,
    });
    await expect(deaf.start()).rejects.toThrow('does not come through');
    expect([deaf.isFresh, deaf.vouchesFor(await read())]).toEqual([false, false]);
    await deaf.close();
    await pooler.close();
  });

  it('is not taken in by words of others on its channel', async () => {
    const web = await read();
    await announce('web');
    await test.database.query(`select pg_notify('portaria', 'hello')`);
    await test.database.query(`select pg_notify('portaria', '')`);
    await news.caughtUp();
    expect(news.vouchesFor(web)).toBe(false);
    expect(news.vouchesFor(await read())).toBe(true);
  });

  it('calls whoever has to know, also when something may have been missed', async () => {
    const heard: string[] = [];
    news.hear('client', (subject) => heard.push(subject));
    await announce('a name with spaces, é');
    await test.database.query(`select announce('all', '')`);
    await news.caughtUp();
    expect(heard).toEqual(['a name with spaces, é', '']);
  });
});

describe('what is remembered', () => {
  it('is bounded in entries and in bytes, the oldest go first', async () => {
    const standing = await read();
    const readAt = performance.now();
    const few = new Remembered<number>(news, { maxEntries: 4, maxBytes: 1_000, lifeMs: 60_000 });
    for (let key = 0; key < 100; key += 1) {
      few.set(`${key}`, key, { standing, readAt, bytes: 10 });
      expect(few.get(`${key}`)).toBe(key);
      expect(few.size).toBeLessThanOrEqual(4);
    }
    expect([few.get('0'), few.get('98')]).toEqual([undefined, 98]);
    const small = new Remembered<number>(news, { maxEntries: 100, maxBytes: 100, lifeMs: 60_000 });
    for (let key = 0; key < 100; key += 1) small.set(`${key}`, key, { standing, readAt, bytes: 25 });
    expect(small.size).toBeLessThanOrEqual(4);
  });

  it('lives for its time, and is let go of soon after it', async () => {
    const standing = await read();
    const remembered = new Remembered<number>(news, { maxEntries: 9, maxBytes: 100, lifeMs: 50 });
    remembered.set('a', 1, { standing, readAt: performance.now() - 51, bytes: 10 });
    expect([remembered.get('a'), remembered.size]).toEqual([undefined, 0]);
    remembered.set('b', 2, { standing, readAt: performance.now(), bytes: 10 });
    for (let time = 0; time < 2; time += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      remembered.sweep();
    }
    expect(remembered.size).toBe(0);
  });
});
