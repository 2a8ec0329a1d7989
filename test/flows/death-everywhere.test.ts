// What ends on one node ends on every node, within a second and in truth within moments: with Redis, and while Redis is dead
// or has lost its memory. Two nodes on one database; both have answered for the token just before.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, postForm, tokensFor, verify, type TokenAnswer } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { redisServerPath, startRedis, type TestRedis } from '../support/redis.ts';

const withRedis = redisServerPath() === undefined ? describe.skip : describe;
const client = { id: 'tickets', secret: '' };
const other = { id: 'notes', secret: '' };

let redis: TestRedis;
let first: Portaria;
let second: Portaria;
let people = 0;

async function open(): Promise<void> {
  redis = await startRedis();
  first = await startPortaria({ REDIS_URL: redis.url });
  second = await startAnotherNode(first, { REDIS_URL: redis.url });
  client.secret = (await addClient(first, client.id)).secret;
  other.secret = (
    await addClient(first, other.id, {
      introspect: true,
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    })
  ).secret;
}

async function close(): Promise<void> {
  await second.stop();
  await first.stop();
  await redis.kill();
}

/** A person who has just signed in to a client; both nodes know the token. */
async function somebody({ scope = 'openid profile email', who = client } = {}) {
  const name = `person${(people += 1)}`;
  const id = await addPerson(first, name);
  const browser = new Browser(first.url);
  const tokens = await tokensFor(first, who, { browser, scope, login: name });
  await expectAlive(tokens);
  return { id, browser, tokens };
}

async function expectAlive({ access_token: token }: TokenAnswer): Promise<void> {
  for (const node of [first, second]) {
    for (let time = 0; time < 2; time += 1)
      expect(await statusesAt(node, token)).toEqual([200, 200, 200, true]);
  }
}

/** /api/verify, /api/user, userinfo, introspection. */
async function statusesAt(node: Portaria, token: string): Promise<unknown[]> {
  const bearer = { headers: { authorization: `Bearer ${token}` } };
  const [verified, user, userinfo, introspected] = await Promise.all([
    fetch(`${node.address}/api/verify`, bearer),
    fetch(`${node.address}/api/user`, bearer),
    fetch(`${node.address}/oauth/userinfo`, bearer),
    postForm<{ active: boolean }>(`${node.address}/oauth/introspect`, { token }, other),
  ]);
  return [verified.status, user.status, userinfo.status, introspected.body.active];
}

async function expectDead({ access_token: token }: TokenAnswer): Promise<void> {
  const limit = performance.now() + 1_000;
  let seen: unknown[] = [];
  do seen = (await Promise.all([statusesAt(first, token), statusesAt(second, token)])).flat();
  while (seen.includes(200) && performance.now() < limit);
  expect(seen).toEqual([401, 401, 401, false, 401, 401, 401, false]);
}

function endings(): void {
  it('revocation of the access token', async () => {
    const { tokens } = await somebody();
    await postForm(`${first.address}/oauth/revoke`, { token: tokens.access_token }, client);
    // The node that did it knows at once.
    expect((await verify(first, tokens.access_token)).status).toBe(401);
    await expectDead(tokens);
  });

  it('revocation of the refresh token', async () => {
    const { tokens } = await somebody();
    await postForm(`${second.address}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, client);
    await expectDead(tokens);
  });

  it('sign-out everywhere', async () => {
    const { id, tokens } = await somebody();
    await first.services.administration.signOut(id);
    await expectDead(tokens);
  });

  it('a changed password', async () => {
    const { id, tokens } = await somebody();
    await second.services.administration.update(id, { password: 'another password, long enough' });
    await expectDead(tokens);
  });

  it('a blocked account, a deleted account', async () => {
    const blocked = await somebody();
    await first.services.administration.block(blocked.id);
    await expectDead(blocked.tokens);
    const deleted = await somebody();
    await first.services.administration.delete(deleted.id);
    await expectDead(deleted.tokens);
  });

  it('a client that loses a scope, a deleted client', async () => {
    const id = `short-lived-${people}`;
    const registered = await addClient(first, id);
    const { tokens } = await somebody({ who: registered });
    await second.services.clients.update(id, { scope: 'openid' });
    await expectDead(tokens);
    const again = await somebody({ who: registered, scope: 'openid' });
    await second.services.clients.delete(id);
    await expectDead(again.tokens);
  });

  it('sign-out in the browser, for what is bound to its session', async () => {
    const { browser, tokens } = await somebody();
    await browser.submit(await browser.get('/oauth/logout'), { logout: 'yes' }, '/confirm');
    await expectDead(tokens);
  });

  it('a change of the person is seen as soon as its end would be', async () => {
    const { id, tokens } = await somebody();
    await first.services.administration.update(id, { tier: 'gold' });
    expect((await verify(first, tokens.access_token)).body).toMatchObject({ tier: 'gold' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const there = await fetch(`${second.address}/api/verify`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(await there.json()).toMatchObject({ tier: 'gold' });
  });

  it('a change that somebody makes in the database by hand', async () => {
    const { id, tokens } = await somebody();
    await first.database.database.query('update accounts set blocked_at = now() where id = $1', [id]);
    await expectDead(tokens);
  });
}

/** By hand, in the database, as somebody does who has to be quick. */
const BY_HAND: [string, string][] = [
  ['no tokens any more', 'truncate tokens'],
  ['no grants any more', 'truncate grants'],
  ['no sessions any more', 'truncate sessions'],
  ['no accounts any more', 'truncate accounts cascade'],
  ['no clients any more', `delete from clients where id = 'tickets'`],
  ['a token that was cut short', `update tokens set expires_at = now() where kind = 'AccessToken'`],
  ['a grant that was cut short', 'update grants set expires_at = now()'],
  ['a session that was cut short', 'update sessions set expires_at = now()'],
  ['a client that got another name', `update clients set id = 'tickets-2' where id = 'tickets'`],
];

describe('whatever somebody does in the database by hand is known everywhere at once:', () => {
  beforeAll(async () => {
    first = await startPortaria();
    second = await startAnotherNode(first);
    client.secret = (await addClient(first, client.id)).secret;
    other.secret = (await addClient(first, other.id, { introspect: true })).secret;
  });
  afterAll(async () => {
    await second.stop();
    await first.stop();
  });

  it.each(BY_HAND)('%s', async (_what, statement) => {
    const { database } = first.database;
    if (!(await first.services.clientStore.findFresh(client.id)))
      client.secret = (await addClient(first, client.id)).secret;
    const { tokens } = await somebody();
    await database.query(statement);
    await first.services.news.caughtUp();
    await second.services.news.caughtUp();
    for (const node of [first, second])
      expect((await verify({ ...node, url: node.address }, tokens.access_token)).status).toBe(401);
  });
});

withRedis('dies on every node, with Redis,', () => {
  beforeAll(open);
  afterAll(close);
  endings();

  it('and a copy in Redis from before the end is not believed by a node that starts later', async () => {
    const { tokens } = await somebody();
    await postForm(`${first.address}/oauth/revoke`, { token: tokens.access_token }, client);
    const third = await startPortaria(
      { REDIS_URL: redis.url, ISSUER: first.url },
      { database: first.database },
    );
    expect((await verify({ ...third, url: third.address }, tokens.access_token)).status).toBe(401);
    await third.stop();
  });

  it('and a copy that is put back into Redis long after the end is not believed', async () => {
    const { tokens } = await somebody();
    const { id: another } = await somebody();
    const { Redis } = await import('ioredis');
    const { createHash } = await import('node:crypto');
    const intruder = new Redis(redis.url);
    const id = createHash('sha256').update(tokens.access_token).digest('hex');
    const [key = ''] = await intruder.keys(`portaria:*:${id}`);
    const copy = await intruder.getBuffer(key);
    expect(copy).not.toBeNull();
    await postForm(`${first.address}/oauth/revoke`, { token: tokens.access_token }, client);
    const realNow = performance.now.bind(performance);
    const seen: unknown[] = [];
    for (const minutes of [2, 4, 6, 8]) {
      jest.spyOn(performance, 'now').mockImplementation(() => realNow() + minutes * 60_000);
      // Something always happens, and what happened long ago is forgotten.
      await first.services.administration.update(another, { tier: `tier-${minutes}` });
      await second.services.news.caughtUp();
      await intruder.set(key, copy ?? '');
      seen.push((await verify({ ...second, url: second.address }, tokens.access_token)).status);
    }
    jest.restoreAllMocks();
    intruder.disconnect();
    expect(seen).toEqual([401, 401, 401, 401]);
  });

  it('and what somebody writes to Redis makes no token', async () => {
    const { tokens } = await somebody();
    const { Redis } = await import('ioredis');
    const intruder = new Redis(redis.url);
    const keys = await intruder.keys('portaria:{token}:*');
    expect(keys.length).toBeGreaterThan(0);
    const { createHash } = await import('node:crypto');
    const forged = createHash('sha256').update('a token that nobody issued').digest('hex');
    await intruder.set(`portaria:{token}:${forged}`, (await intruder.get(keys[0] ?? '')) ?? '');
    expect((await verify(second, 'a-token-that-nobody-issued')).status).toBe(401);
    const dump = (await intruder.mget(keys)).join('');
    expect(dump).not.toContain('example.com');
    expect(dump).not.toContain(tokens.access_token);
    await intruder.flushall();
    await expectAlive(tokens);
    intruder.disconnect();
  });
});

withRedis('dies on every node, after Redis was killed,', () => {
  beforeAll(async () => {
    await open();
    await somebody();
    await redis.kill();
  });
  afterAll(close);
  endings();
});

describe('while a node hears no news', () => {
  let deaf: Portaria;
  beforeAll(async () => {
    first = await startPortaria();
    deaf = await startAnotherNode(first);
    second = deaf;
    client.secret = (await addClient(first, client.id)).secret;
    other.secret = (await addClient(first, other.id, { introspect: true })).secret;
  });
  afterEach(() => deaf.services.news.start());
  afterAll(async () => {
    await deaf.stop();
    await first.stop();
  });

  it('a token still ends within a second', async () => {
    const { tokens } = await somebody();
    await deaf.services.news.close();
    await statusesAt(deaf, tokens.access_token);
    await postForm(`${first.address}/oauth/revoke`, { token: tokens.access_token }, client);
    await expectDead(tokens);
  });
});
