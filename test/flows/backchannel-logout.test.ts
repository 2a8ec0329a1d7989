// OpenID Connect Back-Channel Logout 1.0: services hear of every session that has ended, however it ended, also when they are
// broken for a while; and nobody uses us to knock at doors of our own network.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { sweep } from '../../src/base/sweep.ts';
import { listSweeping } from '../../src/jobs.ts';
import { Browser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  tokensFor,
} from '../support/people.ts';
import { freePort } from '../support/ports.ts';
import { SECRET_KEY, startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { claimsOf, startPretendService, type PretendService } from '../support/pretend-service.ts';
import { serve } from '../support/processes.ts';
import { signOut } from '../support/walks.ts';

const SETTINGS = { OUTBOX_NETWORKS: '127.0.0.1', REGISTRATION: 'open' };
const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

let portaria: Portaria;
let ana: string;
let service: PretendService;
let client: { id: string; secret: string };
let browser: Browser;

beforeAll(async () => {
  portaria = await startPortaria(SETTINGS);
  ana = await addPerson(portaria);
  service = await startPretendService();
  client = await addClient(portaria, 'tickets', { backchannelLogoutUri: service.logoutUri });
});
beforeEach(() => {
  service.answers = 200;
  browser = new Browser(portaria.url);
});
afterEach(async () => {
  jest.restoreAllMocks();
  service.answers = 200;
  await portaria.services.database.query('delete from sessions');
  await portaria.services.database.query('delete from outbox');
  await portaria.services.outbox.work();
  service.heard.length = 0;
});
afterAll(async () => {
  await portaria.stop();
  await service.stop();
});

const outbox = () => portaria.services.outbox;
const waiting = () => outbox().list({ isGivenUp: false, limit: 100 });

/** The news of it has come, and everything is sent. */
async function settled(node = portaria): Promise<void> {
  await node.services.news.caughtUp();
  await node.services.outbox.work();
}

function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

/** The `sid` of the ID token of a sign-in. */
async function signInAt(them = client, by = browser): Promise<string> {
  const { id_token: token = '' } = await tokensFor(portaria, them, { browser: by });
  return (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid;
}

describe('a service that wants to be told', () => {
  it('finds in the metadata that it can be (§2.1)', async () => {
    const answer = await fetch(`${portaria.url}/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
  });

  it('is sent a token that an independent library takes for what it is (§2.4 to §2.6)', async () => {
    const sid = await signInAt();
    expect(service.heard).toEqual([]);
    await signOut(browser);
    await settled();
    expect(service.heard).toHaveLength(1);
    const { method, contentType, token } = service.heard[0]!;
    expect([method, contentType]).toEqual(['POST', 'application/x-www-form-urlencoded']);
    const claims = await claimsOf(token, portaria.url, client.id);
    expect(claims).toMatchObject({ sub: ana, sid });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBeLessThanOrEqual(120);
    expect(await waiting()).toEqual([]);
  });

  it('hears of it when an administrator signs the person out everywhere, of each session', async () => {
    const other = new Browser(portaria.url);
    const sids = [await signInAt(), await signInAt(client, other)];
    await portaria.services.administration.signOut(ana);
    await settled();
    const heard = await Promise.all(
      service.heard.map(({ token }) => claimsOf(token, portaria.url, client.id)),
    );
    expect(heard.map(({ sid }) => sid).toSorted()).toEqual(sids.toSorted());
  });

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    ['is blocked', 'bia', (id) => portaria.services.administration.block(id)],
    ['is deleted', 'davi', (id) => portaria.services.administration.delete(id)],
  ])('hears of it when the person %s', async (_what, name, end) => {
    const id = await addPerson(portaria, name);
    await tokensFor(portaria, client, { browser, login: name });
    await end(id);
    await settled();
    expect(await claimsOf(service.heard[0]?.token ?? '', portaria.url, client.id)).toMatchObject({ sub: id });
  });

  it('hears of it when the person ends one session from another browser, or all others', async () => {
    const { presence, engineStore } = portaria.services;
    const others = [new Browser(portaria.url), new Browser(portaria.url)] as const;
    const kept = await signInAt();
    const [uid = ''] = (await engineStore.listSessions(ana)).map((session) => session.uid);
    const sids = [await signInAt(client, others[0]), await signInAt(client, others[1])];
    const second = (await engineStore.listSessions(ana)).find((session) => session.uid !== uid);
    await presence.endSession(ana, second?.uid ?? '');
    await settled();
    expect(service.heard).toHaveLength(1);
    await presence.endOtherSessions(ana, uid);
    await settled();
    const claims = await Promise.all(
      service.heard.map(({ token }) => claimsOf(token, portaria.url, client.id)),
    );
    expect(claims.map(({ sid }) => sid).toSorted()).toEqual(sids.toSorted());
    expect(sids).not.toContain(kept);
  });

  it('hears of it, and no other service, when the person leaves it alone and stays signed in with us', async () => {
    const other = await addClient(portaria, 'stays', { backchannelLogoutUri: service.logoutUri });
    const sid = await signInAt();
    const request = authorizationRequest(portaria, { client_id: other.id });
    await exchange(portaria, other, codeIn(await browser.get(request.url)), request.verifier);
    const page = await browser.get(`/oauth/logout?client_id=${client.id}`);
    await browser.submit(page, {}, '/confirm');
    await settled();
    expect(service.heard).toHaveLength(1);
    const claims = await claimsOf(service.heard[0]?.token ?? '', portaria.url, client.id);
    expect(claims['sid']).toBe(sid);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });

  it('hears of it when the session has expired and is swept away', async () => {
    const sid = await signInAt();
    passes(15 * DAY);
    await sweep(listSweeping(portaria.services));
    await settled();
    expect(await claimsOf(service.heard[0]?.token ?? '', portaria.url, client.id)).toMatchObject({ sid });
  });

  it('hears of it when somebody deletes the row by hand', async () => {
    await signInAt();
    await portaria.services.database.query('delete from sessions where account_id = $1', [ana]);
    await settled();
    expect(service.heard).toHaveLength(1);
  });

  it('hears of nothing while the session goes on: when it gets a new id, and when others are signed in to', async () => {
    const other = await addClient(portaria, 'notes');
    const sid = await signInAt();
    const request = authorizationRequest(portaria, { client_id: other.id });
    const code = codeIn(await browser.get(request.url));
    expect((await exchange(portaria, other, code, request.verifier)).status).toBe(200);
    const again = authorizationRequest(portaria, { client_id: client.id, prompt: 'login' });
    const page = await browser.get(again.url);
    codeIn(
      await browser.submit(page, { login: 'ana', password: 'a password that is long enough' }, '/login'),
    );
    await settled();
    expect([service.heard, await waiting()]).toEqual([[], []]);
    await signOut(browser);
    await settled();
    const claims = await claimsOf(service.heard[0]?.token ?? '', portaria.url, client.id);
    expect([service.heard.length, claims['sid']]).toEqual([1, sid]);
  });

  it('hears of nobody else', async () => {
    await addPerson(portaria, 'caio');
    const other = new Browser(portaria.url);
    await signInAt();
    await tokensFor(portaria, client, { browser: other, login: 'caio' });
    await signOut(other);
    await settled();
    expect(service.heard).toHaveLength(1);
    expect((await claimsOf(service.heard[0]?.token ?? '', portaria.url, client.id)).sub).not.toBe(ana);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });

  it('is not told which session when it does not know them by name', async () => {
    const plain = await addClient(portaria, 'plain', {
      backchannelLogoutUri: service.logoutUri,
      backchannelLogoutSessionRequired: false,
    });
    expect(await signInAt(plain)).toBeUndefined();
    await signOut(browser);
    await settled();
    const claims = await claimsOf(service.heard[0]?.token ?? '', portaria.url, plain.id);
    expect(claims).toMatchObject({ sub: ana });
    expect(claims).not.toHaveProperty('sid');
  });

  it('gets its token signed with the algorithm of its ID tokens', async () => {
    const rsa = await addClient(portaria, 'rsa', {
      backchannelLogoutUri: service.logoutUri,
      signingAlgorithm: 'RS256',
    });
    await signInAt(rsa);
    await signOut(browser);
    await settled();
    const [header = ''] = (service.heard[0]?.token ?? '').split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({
      alg: 'RS256',
      typ: 'logout+jwt',
    });
    await claimsOf(service.heard[0]?.token ?? '', portaria.url, rsa.id);
  });
});

describe('a service that is broken', () => {
  it('is told again, with a token of its own, until it has heard', async () => {
    service.answers = 500;
    const sid = await signInAt();
    await signOut(browser);
    await settled();
    expect((await waiting())[0]).toMatchObject({
      attempts: 1,
      lastFault: expect.stringContaining('answered 500'),
    });
    await settled();
    expect(service.heard).toHaveLength(1);
    passes(5 * MINUTE);
    service.answers = 204;
    await settled();
    const claims = await Promise.all(
      service.heard.map(({ token }) => claimsOf(token, portaria.url, client.id).catch(() => undefined)),
    );
    // The first has expired by now, which is why there is a second.
    expect(claims).toMatchObject([undefined, { sid }]);
    expect(await waiting()).toEqual([]);
  });

  it('does not keep the person waiting, nor any other service', async () => {
    const quick = await startPretendService();
    const other = await addClient(portaria, 'quick', { backchannelLogoutUri: quick.logoutUri });
    service.answers = 'silence';
    await signInAt();
    const request = authorizationRequest(portaria, { client_id: other.id });
    await exchange(portaria, other, codeIn(await browser.get(request.url)), request.verifier);
    const before = performance.now();
    await signOut(browser);
    expect(performance.now() - before).toBeLessThan(3_000);
    await settled();
    expect(quick.heard).toHaveLength(1);
    expect(await waiting()).toMatchObject([
      { destination: 'client tickets', lastFault: expect.stringContaining('did not answer in time') },
    ]);
    await quick.stop();
  });

  it('is given up after days, which can be seen, and be tried again by hand', async () => {
    service.answers = 500;
    await signInAt();
    await signOut(browser);
    for (let day = 0; day < 4; day++) {
      await settled();
      passes(DAY);
    }
    expect(await waiting()).toEqual([]);
    const [lost] = await outbox().list({ isGivenUp: true, limit: 10 });
    expect(lost).toMatchObject({ kind: 'backchannel_logout', destination: 'client tickets' });
    const [row] = await portaria.services.auditStore.list({ limit: 1 });
    expect(row).toMatchObject({ event: 'message.given_up', details: { destination: 'client tickets' } });
    const heard = service.heard.length;
    service.answers = 200;
    await settled();
    expect(service.heard).toHaveLength(heard);
    expect(await outbox().restart(lost?.id ?? '')).toBe(true);
    await settled();
    expect(service.heard).toHaveLength(heard + 1);
    expect(await outbox().list({ isGivenUp: true, limit: 10 })).toEqual([]);
  });

  it('that is deleted meanwhile is told nothing, and nothing is left behind', async () => {
    const gone = await addClient(portaria, 'gone', { backchannelLogoutUri: service.logoutUri });
    service.answers = 500;
    await signInAt(gone);
    await signOut(browser);
    await settled();
    await portaria.services.clients.delete(gone.id);
    service.answers = 200;
    passes(MINUTE);
    await settled();
    expect([service.heard.length, await waiting()]).toEqual([1, []]);
  });
});

describe('two nodes', () => {
  it('share the work: each service hears of each session once', async () => {
    const second = await startAnotherNode(portaria, SETTINGS);
    const browsers = Array.from({ length: 12 }, () => new Browser(portaria.url));
    const sids: string[] = [];
    for (const by of browsers) sids.push(await signInAt(client, by));
    await portaria.services.administration.signOut(ana);
    await Promise.all([settled(), settled(second), settled(), settled(second)]);
    await Promise.all([settled(), settled(second)]);
    const heard = await Promise.all(
      service.heard.map(({ token }) => claimsOf(token, portaria.url, client.id)),
    );
    expect(heard.map(({ sid }) => sid).toSorted()).toEqual(sids.toSorted());
    expect(await waiting()).toEqual([]);
    await second.stop();
  });
});

describe('a node that is killed while it tells', () => {
  it('loses nothing: another one tells it', async () => {
    const [port, database] = [await freePort(), await createTestDatabase()];
    const settings = { ...SETTINGS, DATABASE_URL: database.url, SECRET_KEY };
    const node = await serve(port, settings);
    const next = await startPortaria({ ...SETTINGS, ISSUER: node.url }, { database });
    // It only helps to set the scene until the other one is gone.
    await next.services.news.close();
    await addPerson(next);
    const listener = await addClient(next, 'tickets', { backchannelLogoutUri: service.logoutUri });
    const by = new Browser(node.url);
    await tokensFor({ ...next, url: node.url }, listener, { browser: by });
    service.answers = 'silence';
    await signOut(by);
    while (service.heard.length === 0) await sleep(20);
    await node.kill();
    service.answers = 200;
    await next.services.outbox.work();
    expect(service.heard).toHaveLength(1);
    passes(MINUTE + 1);
    await next.services.outbox.work();
    expect(service.heard).toHaveLength(2);
    expect(await next.services.outbox.list({ isGivenUp: false, limit: 10 })).toEqual([]);
    await next.stop();
    await database.close();
  });
});

describe('an address for it', () => {
  it.each([
    'http://tickets.example.com/logout',
    'https://tickets.example.com/logout#here',
    'https://ana:secret@tickets.example.com/logout',
    'javascript:alert(1)',
    'ftp://tickets.example.com/',
    '/logout',
  ])('is not %s', async (backchannelLogoutUri) => {
    await expect(addClient(portaria, 'wrong', { backchannelLogoutUri })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('in our own network is not asked, unless the settings say so', async () => {
    const strict = await startPortaria();
    await addPerson(strict);
    const inside = await addClient(strict, 'inside', { backchannelLogoutUri: service.logoutUri });
    const by = new Browser(strict.url);
    await tokensFor(strict, inside, { browser: by });
    await signOut(by);
    await settled(strict);
    expect(service.heard).toEqual([]);
    expect(await strict.services.outbox.list({ isGivenUp: false, limit: 10 })).toMatchObject([
      { lastFault: expect.stringContaining('is not a public address') },
    ]);
    await strict.stop();
  });

  it('may come with a registration, and is taken away again with an empty one', async () => {
    const answer = await fetch(`${portaria.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: ['https://stranger.example.com/callback'],
        backchannel_logout_uri: 'https://stranger.example.com/logout',
        backchannel_logout_session_required: true,
      }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      201,
      {
        backchannel_logout_uri: 'https://stranger.example.com/logout',
        backchannel_logout_session_required: true,
      },
    ]);
    const plain = await addClient(portaria, 'mind', { backchannelLogoutUri: service.logoutUri });
    const changed = await portaria.services.clients.update(plain.id, { backchannelLogoutUri: '' });
    expect(changed.metadata).not.toHaveProperty('backchannel_logout_uri');
    await signInAt(plain).catch(() => undefined);
    await signOut(browser);
    await settled();
    expect(service.heard).toEqual([]);
  });
});

describe('the metrics', () => {
  it('count what was sent, what failed and what waits', async () => {
    service.answers = 500;
    await signInAt();
    await signOut(browser);
    await settled();
    const text = await (await fetch(`${portaria.url}/metrics`)).text();
    expect(text).toMatch(/portaria_outbox_messages_total\{kind="backchannel_logout",outcome="sent"\} [1-9]/);
    expect(text).toMatch(
      /portaria_outbox_messages_total\{kind="backchannel_logout",outcome="failed"\} [1-9]/,
    );
    expect(text).toMatch(/portaria_outbox_messages\{state="waiting"\} 1\n/);
    expect(text).toMatch(/portaria_outbox_messages\{state="given_up"\} 0\n/);
  });
});
