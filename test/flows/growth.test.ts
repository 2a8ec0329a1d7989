// Nothing grows for ever, and nothing is too large to end: heaps of 200,000 rows, which no single statement of a request
// could delete within its 1.5 seconds.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Client } from 'pg';
import { BATCH_ROWS, sweep } from '../../src/base/sweep.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { listSweeping } from '../../src/jobs.ts';
import { addClient, addPerson, postForm, refresh, tokensFor, verify } from '../support/people.ts';
import { countOf, fillGrants, fillSessions, fillTokens, withPatience } from '../support/fill.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { digest } from '../../src/base/crypto.ts';

const HEAP = 200_000;
const HOUR_MS = 3_600_000;

let portaria: Portaria;
let second: Portaria;
let web: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria({ AUDIT_RETENTION: '30d' });
  second = await startPortaria(
    { ISSUER: portaria.url, AUDIT_RETENTION: '30d' },
    { database: portaria.database },
  );
  web = await addClient(portaria, 'web', { scope: 'openid profile email offline_access read write' });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await second.stop();
  await portaria.stop();
});

const inDatabase = <T>(work: (client: Client) => Promise<T>) => withPatience(portaria.database, work);
const tokensLeft = (condition: string) => inDatabase((client) => countOf(client, 'tokens', condition));

const sweepAll = ({ services }: Portaria) => sweep(listSweeping(services));

/** At our own short way, and by the engine, which takes credentials in this spelling as its own. */
async function isAlive(token: string, watcher: { id: string; secret: string }): Promise<boolean[]> {
  const { status } = await verify(portaria, token, '?allow=client');
  const spelled = {
    id: `%${watcher.id.charCodeAt(0).toString(16)}${watcher.id.slice(1)}`,
    secret: watcher.secret,
  };
  const { body } = await postForm<{ active: boolean }>(
    `${portaria.url}/oauth/introspect`,
    { token },
    spelled,
  );
  return [status === 200, body.active];
}

describe('what is large ends like what is small', () => {
  it('a grant with 200,000 tokens, by a refresh token that comes back', async () => {
    const ana = await addPerson(portaria, 'ana');
    const tokens = await tokensFor(portaria, web, { scope: 'openid offline_access read' });
    const { rows } = await inDatabase((client) =>
      client.query<{ id: string }>(
        `select payload->>'grantId' as id from tokens where account_id = $1 limit 1`,
        [ana],
      ),
    );
    const grantId = rows[0]?.id ?? '';
    await inDatabase((client) =>
      fillTokens(client, {
        prefix: 'heap',
        count: HEAP,
        kind: 'AccessToken',
        clientId: 'web',
        accountId: ana,
        grantId,
      }),
    );
    expect((await verify(portaria, 'heap-100000')).status).toBe(200);

    const answer = await postForm(`${portaria.url}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, web);
    expect(answer.status).toBe(200);
    for (const token of [tokens.access_token, 'heap-1', 'heap-100000', `heap-${HEAP}`]) {
      expect(await isAlive(token, web)).toEqual([false, false]);
    }
    expect((await refresh(portaria, web, tokens.refresh_token ?? '')).body.error).toBe('invalid_grant');
    await sweepAll(portaria);
    expect(await tokensLeft(`account_id = '${ana}'`)).toBe(0);
  }, 120_000);

  it('a person with 200,000 tokens, 20,000 grants and 20,000 sessions; who signs in again stays signed in', async () => {
    const bia = await addPerson(portaria, 'bia');
    const old = await tokensFor(portaria, web, { login: 'bia' });
    await inDatabase(async (client) => {
      await fillGrants(client, { prefix: 'of-bia', count: 20_000, accountId: bia, clientId: 'web' });
      await fillSessions(client, { prefix: 'of-bia', count: 20_000, accountId: bia });
      const tokens = { clientId: 'web', accountId: bia, grants: 20_000 };
      await fillTokens(client, { prefix: 'of-bia', count: HEAP, kind: 'AccessToken', ...tokens });
    });
    expect((await verify(portaria, 'of-bia-77')).status).toBe(200);

    await portaria.services.administration.signOut(bia);
    const fresh = await tokensFor(portaria, web, { login: 'bia' });
    for (const token of [old.access_token, 'of-bia-1', 'of-bia-77', `of-bia-${HEAP}`]) {
      expect(await isAlive(token, web)).toEqual([false, false]);
    }
    await sweepAll(portaria);
    expect((await verify(portaria, fresh.access_token)).status).toBe(200);
    expect(await tokensLeft(`account_id = '${bia}' and payload->>'grantId' like 'of-bia-%'`)).toBe(0);
    expect(await portaria.services.administration.listSessions(bia)).toHaveLength(1);
  }, 120_000);

  it('a client with 200,000 tokens of its own that is deleted, also when another of that name comes at once', async () => {
    const watcher = await addClient(portaria, 'watcher', { introspect: true });
    await addClient(portaria, 'robot', { grantTypes: ['client_credentials'], scope: 'read' });
    await inDatabase((client) => fillTokens(client, { prefix: 'robot', count: HEAP, clientId: 'robot' }));
    expect(await isAlive('robot-100000', watcher)).toEqual([true, true]);

    await portaria.services.clients.delete('robot');
    expect(await isAlive('robot-100000', watcher)).toEqual([false, false]);
    expect(await isAlive(`robot-${HEAP}`, watcher)).toEqual([false, false]);
    const robot = await addClient(portaria, 'robot', { grantTypes: ['client_credentials'], scope: 'read' });
    const answer = await postForm(`${portaria.url}/oauth/token`, { grant_type: 'client_credentials' }, robot);
    expect(await isAlive(`robot-${HEAP}`, watcher)).toEqual([false, false]);
    await sweepAll(portaria);
    expect(await tokensLeft(`client_id = 'robot'`)).toBe(1);
    expect((await verify(portaria, answer.body.access_token, '?allow=client')).status).toBe(200);
  }, 120_000);

  it('a client with 200,000 tokens of its own that loses a scope', async () => {
    const greedy = await addClient(portaria, 'greedy', {
      grantTypes: ['client_credentials'],
      scope: 'read users.read',
    });
    await inDatabase((client) =>
      fillTokens(client, { prefix: 'greedy', count: HEAP, clientId: 'greedy', scope: 'users.read' }),
    );
    expect(await isAlive('greedy-5', greedy)).toEqual([true, true]);
    await portaria.services.clients.update('greedy', { scope: 'read' });
    expect(await isAlive('greedy-5', greedy)).toEqual([false, false]);
    expect(await tokensLeft(`client_id = 'greedy'`)).toBe(0);
    // One that was on its way meanwhile, from a node that had not heard of it yet.
    await inDatabase((client) =>
      fillTokens(client, { prefix: 'late', count: 1, clientId: 'greedy', scope: 'read users.read' }),
    );
    expect(await isAlive('late-1', greedy)).toEqual([false, false]);
  }, 120_000);
});

describe('the sweep', () => {
  const COUNT = 2 * BATCH_ROWS + 500;

  it('takes everything that expired, in batches, from two nodes at once, and nothing else', async () => {
    const carla = await addPerson(portaria, 'carla');
    const fresh = await tokensFor(portaria, web, { login: 'carla' });
    const throttle = new Throttle({
      database: portaria.database.database,
      name: 'test',
      limit: 1,
      windowSeconds: 900,
    });
    await throttle.attempt('somebody', () => Promise.resolve({ isRight: false }));
    await inDatabase(async (client) => {
      const past = { prefix: 'past', count: COUNT, expiresInSeconds: -7_200 };
      await fillTokens(client, { ...past, clientId: 'web' });
      await fillGrants(client, { ...past, accountId: carla, clientId: 'web' });
      await fillSessions(client, { ...past, accountId: carla });
      await fillTokens(client, { prefix: 'recent', count: 7, expiresInSeconds: -1_800, clientId: 'web' });
      const each = `from generate_series(1, ${COUNT}) n`;
      await client.query(`
        insert into transients select sha256(n::text::bytea), 'Interaction', 'sealed', null, now() - interval '2 hours' ${each};
        insert into pending_logins select sha256(n::text::bytea), 'github', 'sealed', now() - interval '1 minute' ${each};
        insert into pending_links select sha256(n::text::bytea), sha256('x'), 'sealed', now() - interval '1 minute' ${each};
        insert into one_time_tokens select sha256(n::text::bytea), 'setup', null, now() - interval '2 hours' ${each};
        insert into throttles select 'test:' || n, 1, extract(epoch from now())::bigint * 1000 - 5000 ${each};
        insert into audit_events (event, occurred_at) select 'old', now() - interval '31 days' ${each};
        insert into audit_events (event, occurred_at) select 'kept', now() - interval '29 days' ${each}`);
    });
    await Promise.all([sweepAll(portaria), sweepAll(second)]);
    // What one node had in hand the other left out: it may need another run.
    await sweepAll(portaria);
    await inDatabase(async (client) => {
      expect(await countOf(client, 'tokens', 'expires_at < now()')).toBe(7);
      for (const table of [
        'grants',
        'sessions',
        'transients',
        'pending_logins',
        'pending_links',
        'one_time_tokens',
      ]) {
        expect([table, await countOf(client, table, 'expires_at < now()')]).toEqual([table, 0]);
      }
      expect(await countOf(client, 'throttles', `key like 'test:%'`)).toBe(1);
      expect(await countOf(client, 'audit_events', `event = 'old'`)).toBe(0);
      expect(await countOf(client, 'audit_events', `event = 'kept'`)).toBe(COUNT);
    });
    expect((await verify(portaria, fresh.access_token)).status).toBe(200);
  }, 120_000);

  it('ends when its time is over, and has given every table its turn by then', async () => {
    const calls = [0, 0];
    const endless = calls.map((_, index) => () => {
      calls[index] = (calls[index] ?? 0) + 1;
      return Promise.resolve(BATCH_ROWS);
    });
    await sweep(endless, 100);
    expect(calls[0]).toBeGreaterThan(0);
    expect(calls[0]).toBe(calls[1]);
  });

  it('keeps an expired token for an hour, so that it is not taken for an unknown one', async () => {
    await inDatabase((client) =>
      fillTokens(client, { prefix: 'grace', count: 1, expiresInSeconds: -60, clientId: 'web' }),
    );
    await sweepAll(portaria);
    const ofGrace = `id_digest = '\\x${digest('grace-1').toString('hex')}'`;
    expect(await tokensLeft(ofGrace)).toBe(1);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + HOUR_MS);
    await sweepAll(portaria);
    expect(await tokensLeft(ofGrace)).toBe(0);
  });
});

describe('the table of tokens', () => {
  it('is not written all over when a token is used once: most updates stay in their page and touch no index', async () => {
    const ratio = await inDatabase(async (client) => {
      await client.query(`create table used (like tokens including all)`);
      const { rows: options } = await client.query<{ options: string }>(
        `select array_to_string(reloptions, ', ') as options from pg_class where relname = 'tokens'`,
      );
      await client.query(`alter table used set (${options[0]?.options})`);
      await fillTokens(client, { prefix: 'once', count: 20_000, kind: 'RefreshToken', clientId: 'web' });
      await client.query(
        `insert into used select * from tokens where kind = 'RefreshToken' order by id_digest`,
      );
      for (let used = 0; used < 256; used += 16) {
        await client.query('update used set consumed_at = now() where get_byte(id_digest, 5) = $1', [used]);
      }
      await client.query('select pg_stat_force_next_flush()');
      const { rows } = await client.query<{ ratio: number }>(
        `select n_tup_hot_upd::float8 / n_tup_upd as ratio from pg_stat_user_tables where relname = 'used'`,
      );
      return rows[0]?.ratio ?? 0;
    });
    expect(ratio).toBeGreaterThan(0.9);
  });
});
