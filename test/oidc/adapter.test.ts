// What the engine keeps, under two requests at once: nothing comes back to life, and nothing is forgotten.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Adapter } from 'oidc-provider';
import { createLogger } from '../../src/base/log.ts';
import { News } from '../../src/base/news.ts';
import { Sealer } from '../../src/base/seal.ts';
import { createAdapterFactory } from '../../src/oidc/adapter.ts';
import { ClientStore } from '../../src/oidc/client-store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ANA = '0198c0de-0000-7000-8000-000000000001';

let test: TestDatabase;
let adapterOf: (model: string) => Adapter;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query(`insert into clients (id, name, metadata) values ('tickets', 'Tickets', '{}')`);
  const sealer = new Sealer(['a-secret-key-of-this-test-long-enough'], 'storage');
  const news = new News({ connect: () => test.database.openConnection(), log: createLogger('fatal', false) });
  adapterOf = createAdapterFactory({
    database: test.database,
    sealer,
    issuer: 'https://login.example.com',
    originOf: () => ({}),
    clientStore: new ClientStore(test.database, sealer, news),
  });
});
afterAll(() => test.close());

/** A barrier: everybody who waits goes on when the last one has come. */
function meeting(people: number): () => Promise<void> {
  let arrived = 0;
  let open: () => void = () => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (++arrived === people) open();
    return all;
  };
}

describe('a browser session', () => {
  it('keeps what two tabs were authorized for at the same moment', async () => {
    const session = adapterOf('Session');
    const base = { uid: 'u1', accountId: ANA, kind: 'Session' };
    await session.upsert('tabs', { ...base, authorizations: {} }, 600);
    const bothHaveRead = meeting(2);
    const tab = (client: string) =>
      test.database.gather(async () => {
        const payload = await session.find('tabs');
        await bothHaveRead();
        await session.upsert(
          'tabs',
          { ...base, ...payload, authorizations: { [client]: { sid: client, grantId: client } } },
          600,
        );
      });
    await Promise.all([tab('tickets'), tab('desk')]);
    const kept = await session.find('tabs');
    expect(Object.keys(kept?.authorizations ?? {}).sort()).toEqual(['desk', 'tickets']);
  });

  it('does not come back when it was signed out while another request had it', async () => {
    const session = adapterOf('Session');
    await session.upsert('gone', { uid: 'u2', accountId: ANA, kind: 'Session' }, 600);
    const request = test.database.gather(async () => {
      const payload = await session.find('gone');
      await test.database.query(`delete from sessions where uid = 'u2'`);
      await session.upsert('gone', { ...payload, kind: 'Session' }, 600);
    });
    // What that request did in the name of the session must not outlive it either.
    await expect(request).rejects.toMatchObject({ status: 400, name: 'SessionNotFound' });
    expect(await session.find('gone')).toBeUndefined();
  });

  it('does not come back under a new id either', async () => {
    const session = adapterOf('Session');
    await session.upsert('old', { uid: 'u3', accountId: ANA, kind: 'Session' }, 600);
    const renewal = test.database.gather(async () => {
      const payload = await session.find('old');
      await test.database.query(`delete from sessions where uid = 'u3'`);
      await session.destroy('old');
      await session.upsert('new', { ...payload, jti: 'new', kind: 'Session' }, 600);
    });
    await expect(renewal).rejects.toMatchObject({ status: 400 });
    expect(await session.findByUid('u3')).toBeUndefined();
  });
});

describe('a grant', () => {
  it('that was revoked meanwhile is not revived by a request that had read it', async () => {
    const grant = adapterOf('Grant');
    await grant.upsert('g1', { accountId: ANA, clientId: 'tickets', kind: 'Grant' }, 600);
    const extension = test.database.gather(async () => {
      const payload = await grant.find('g1');
      await test.database.query('delete from grants');
      await grant.upsert('g1', { ...payload, kind: 'Grant' }, 600);
    });
    await expect(extension).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await grant.find('g1')).toBeUndefined();
  });
});

describe('what was issued to a client', () => {
  it.each(['AuthorizationCode', 'RefreshToken', 'AccessToken', 'ClientCredentials', 'DeviceCode'])(
    'is nothing without the client: %s',
    async (model) => {
      const adapter = adapterOf(model);
      await adapter.upsert(`${model}-orphan`, { kind: model, clientId: 'gone' }, 600);
      expect(await adapter.find(`${model}-orphan`)).toBeUndefined();
    },
  );
});

describe('what may be used once', () => {
  it.each(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'PushedAuthorizationRequest'])(
    '%s is',
    async (model) => {
      const adapter = adapterOf(model);
      await adapter.upsert(`${model}-1`, { kind: model, clientId: 'tickets', grantId: 'g2' }, 600);
      const uses = await Promise.allSettled(
        Array.from({ length: 20 }, () => test.database.gather(async () => adapter.consume(`${model}-1`))),
      );
      expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await adapter.find(`${model}-1`))?.consumed).toEqual(expect.any(Number));
    },
  );
});

describe('a request', () => {
  it('reads what it has written itself, before anything is sent', async () => {
    const code = adapterOf('AuthorizationCode');
    await test.database.gather(async () => {
      await code.upsert('c1', { kind: 'AuthorizationCode', clientId: 'tickets', grantId: 'g3' }, 60);
      expect(await code.find('c1')).toMatchObject({ clientId: 'tickets' });
      await code.revokeByGrantId('g3');
    });
    expect(await code.find('c1')).toBeUndefined();
  });
});
