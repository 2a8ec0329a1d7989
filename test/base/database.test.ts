// A database that is silent instead of gone: every question ends in 503 after seconds, and the pool recovers by itself.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/base/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

let test: TestDatabase;
let proxy: SilentProxy;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  proxy = await startSilentProxy(test.connection);
  database = new Database({
    connection: { ...test.connection, host: proxy.host, port: proxy.port },
    maxConnections: 2,
  });
});
afterAll(async () => {
  await proxy.close();
  await database.close();
  await test.close();
});

describe('a silent database', () => {
  it('is 503 within seconds, on an open connection and on a new one, inside a transaction and outside', async () => {
    await database.ping();
    proxy.fallSilent();
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled([
      database.ping(),
      database.ping(),
      database.ping(),
      database.transaction(() => database.ping()),
      database.gather(() => database.write({ text: 'select 1', values: [] })),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { status: 503, code: 'temporarily_unavailable' },
      });
    }
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('is found again when it speaks', async () => {
    proxy.speak();
    await expect(database.ping()).resolves.toBeUndefined();
  });
});

describe('a statement that takes its time', () => {
  const SLOW = 'select pg_sleep(1.9)';

  it('is ended when it belongs to a request, and let be when an administrator waits for it', async () => {
    const [request, patient] = await Promise.allSettled([
      test.database.query(SLOW),
      test.database.transaction(async () => {
        await test.database.queryPatiently(SLOW);
        return test.database.query('show statement_timeout');
      }),
    ]);
    expect(request).toMatchObject({ status: 'rejected', reason: { status: 503 } });
    expect(patient).toEqual({ status: 'fulfilled', value: [{ statement_timeout: '1500ms' }] });
  });
});

describe('a request with something that cannot be stored', () => {
  it.each([
    ['a NUL in a text', `select $1::text`, ['a\u0000b']],
    ['a NUL in JSON', `select $1::jsonb`, ['"a\\u0000b"']],
    ['a uuid that is none', `select $1::uuid`, ['not a uuid']],
    ['a number that is too large', `select $1::int`, ['99999999999']],
  ])('is 400: %s', async (_what, text, values) => {
    await expect(test.database.query(text, values)).rejects.toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });
});
