// Every way in and out, with each request at another process than the one before: two nodes behind a proxy that keeps
// nobody at one of them, on one PostgreSQL and one Redis. And then Redis dies, freezes and forgets, and a node is killed.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { json } from '../support/processes.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { startNodes, type Nodes } from '../support/nodes.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  PASSWORD,
  postForm,
  refresh,
  signIn,
  tokensFor,
  verify,
  type TokenAnswer,
} from '../support/people.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { redisServerPath, startRedis, until, type TestRedis } from '../support/redis.ts';
import {
  approveDevice,
  poll,
  settingsFor,
  signInWithGithub,
  signOut,
  startDevice,
} from '../support/walks.ts';

const whereThereIsRedis = redisServerPath() || process.env['CI'] === 'true' ? describe : describe.skip;
const MACHINE = { grantTypes: ['client_credentials'], scope: 'read write' };

whereThereIsRedis('two nodes behind a proxy', () => {
  let redis: TestRedis;
  let github: PretendGithub;
  let portaria: Nodes;
  let client: { id: string; secret: string };
  let people = 0;

  beforeAll(async () => {
    [redis, github] = await Promise.all([startRedis(), startPretendGithub()]);
    portaria = await startNodes({ ...settingsFor(github), REDIS_URL: redis.url });
    client = await addClient(portaria, 'tickets', { introspect: true });
  }, 120_000);
  afterAll(async () => {
    await portaria?.stop();
    await Promise.all([redis?.kill(), github?.close()]);
  });
  afterEach(() => redis.thaw());

  /** Somebody with a session in a browser and tokens of a client. */
  async function somebody() {
    const name = `person${(people += 1)}`;
    await addPerson(portaria, name);
    const browser = new CarefulBrowser(portaria.url);
    return { name, browser, tokens: await tokensFor(portaria, client, { browser, login: name }) };
  }

  /** What every node says of a token, without the proxy. */
  async function statusesOf(token: string): Promise<number[]> {
    const answers = await Promise.all(portaria.nodes.map(({ url }) => verify({ ...portaria, url }, token)));
    return answers.map(({ status }) => status);
  }

  const isAlive = async ({ access_token: token }: TokenAnswer) =>
    expect(await statusesOf(token)).toEqual([200, 200]);
  const untilDead = ({ access_token: token }: TokenAnswer) =>
    until(async () => (await statusesOf(token)).every((status) => status === 401));
  const hasSession = async (browser: CarefulBrowser) => {
    const page = await browser.get(authorizationRequest(portaria, { client_id: client.id }).url);
    return page.url.startsWith('https://tickets.example.com/') && codeIn(page) !== '';
  };

  it('sign a person in by password, ask for consent, and know the token at both', async () => {
    const theirs = await addClient(portaria, 'theirs', { isFirstParty: false });
    await addPerson(portaria, 'eva');
    const browser = new CarefulBrowser(portaria.url);
    const { url, verifier } = authorizationRequest(portaria, { client_id: theirs.id });
    const consent = await signIn(browser, url, 'eva');
    const code = codeIn(await browser.submit(consent, { decision: 'allow' }, '/consent'));
    const { body } = await exchange(portaria, theirs, code, verifier);
    expect((await verify(portaria, body.access_token, '?client_id=theirs')).body).toMatchObject({
      name: 'Eva',
    });
    // Nobody was kept at one of them.
    for (const answered of portaria.proxy.answered) expect(answered).toBeGreaterThan(3);
  });

  it('sign a person in through GitHub', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { url, verifier } = authorizationRequest(portaria, { client_id: client.id });
    const code = codeIn(await signInWithGithub(browser, url));
    const { body } = await exchange(portaria, client, code, verifier);
    await isAlive(body);
  });

  it('link GitHub to the account that has its address, and never take the last way in away', async () => {
    const { name, browser: settled } = await somebody();
    const before = github.person;
    const emails = [{ email: `${name}@example.com`, primary: true, verified: true }];
    github.person = { ...before, id: 4004, login: 'linked', emails };
    const browser = new CarefulBrowser(portaria.url);
    const { url } = authorizationRequest(portaria, { client_id: client.id });
    const asked = await signInWithGithub(browser, url);
    expect(codeIn(await browser.submit(asked, { password: PASSWORD }, '/link'))).toHaveLength(43);
    github.person = before;

    const account = await portaria.services.accountStore.findByUsername(name);
    const id = account?.id ?? '';
    const { database } = portaria.database;
    await database.query('update accounts set password_digest = null where id = $1', [id]);
    await portaria.services.signInMethods.link(id, 'github', { subject: '4005' });
    const path = '/account/sign-in-methods';
    const csrf = /name="csrf" value="([^"]+)"/.exec((await settled.get(path)).text)?.[1] ?? '';
    const { identities } = await portaria.services.signInMethods.list(id);
    const pages = await Promise.all(
      identities.map(({ key }) => settled.post(`${portaria.url}${path}/unlink`, { csrf, identity: key })),
    );
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await portaria.services.signInMethods.list(id)).identities).toHaveLength(1);
  });

  it('sign a device in', async () => {
    const { browser } = await somebody();
    const device = await startDevice(portaria, 'cli');
    expect((await approveDevice(browser, device)).text).toContain('connected</h1>');
    const { status, body } = await poll(portaria, 'cli', device);
    expect(status).toBe(200);
    await isAlive(body);
  });

  it('give fifty refreshes at once one successor', async () => {
    const { tokens } = await somebody();
    const token = tokens.refresh_token ?? '';
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(portaria, client, token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    const next = await refresh(portaria, client, answers[0]?.body.refresh_token ?? '');
    expect(next.status).toBe(200);
    await isAlive(next.body);
  });

  it('serve machines, and introspect what the other one issued', async () => {
    const machine = await addClient(portaria, 'reports', MACHINE);
    const fields = { grant_type: 'client_credentials', scope: 'read' };
    for (let round = 0; round < 4; round++) {
      const { body } = await postForm(`${portaria.url}/oauth/token`, fields, machine);
      for (const { url } of portaria.nodes) {
        const answer = await postForm(`${url}/oauth/introspect`, { token: body.access_token }, client);
        expect(answer.body).toMatchObject({ active: true, client_id: 'reports', scope: 'read' });
      }
    }
  });

  it('both refuse what was revoked at one of them', async () => {
    const { tokens } = await somebody();
    await isAlive(tokens);
    await postForm(`${portaria.nodes[0]?.url}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, client);
    await untilDead(tokens);
  });

  it('end a session and its tokens everywhere when a person signs out', async () => {
    const { browser, tokens } = await somebody();
    const before = [...browser.cookies];
    expect(await hasSession(browser)).toBe(true);
    await signOut(browser);
    await untilDead(tokens);
    browser.cookies = before;
    for (let tries = 0; tries < 4; tries++) expect(await hasSession(browser)).toBe(false);
  });

  it('know the newest set-up link, and take it once', async () => {
    const links = portaria.nodes.map((node) => /\/setup\?token=\S+/.exec(node.said())?.[0] ?? '');
    const pages = await Promise.all(links.map((link) => new CarefulBrowser(portaria.url).get(link)));
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 410]);
    const form = pages.find(({ status }) => status === 200)!;
    const fields = { name: 'Rui Example', email: 'rui@example.com', username: 'rui', password: PASSWORD };
    const browsers = Array.from({ length: 4 }, () => new CarefulBrowser(portaria.url));
    const answers = await Promise.all(browsers.map((browser) => browser.submit(form, fields)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410, 410, 410]);
  });

  it('count wrong user codes together', async () => {
    const browser = new CarefulBrowser(portaria.url);
    let page = await browser.get('/device');
    let guesses = 0;
    while (page.status === 200 && guesses < 20) {
      page = await browser.submit(page, { user_code: `BCDF-GHJ${'BCDFGHJKLMNPQRSTVWXZ'[guesses]}` });
      if (page.status === 200) guesses += 1;
    }
    expect({ status: page.status, guesses }).toEqual({ status: 429, guesses: 5 });
  });

  it('know a client of the command line at once, and its new secret', async () => {
    const create = 'clients create --id made-here --grant client_credentials --scope read';
    const made = await json<{ client_secret: string }>(create, portaria.settings);
    const rotated = await json<{ client_secret: string }>(
      'clients rotate-secret made-here',
      portaria.settings,
    );
    const fields = { grant_type: 'client_credentials' };
    const statusWith = async (secret: string) => {
      const asked = portaria.nodes.map(({ url }) =>
        postForm(`${url}/oauth/token`, fields, { id: 'made-here', secret }),
      );
      return (await Promise.all(asked)).map(({ status }) => status);
    };
    expect(await statusWith(rotated.client_secret)).toEqual([200, 200]);
    expect(await statusWith(made.client_secret)).toEqual([401, 401]);
  });

  it('lose nobody, and revive nothing, when Redis forgets everything', async () => {
    const [kept, ended] = [await somebody(), await somebody()];
    await Promise.all([isAlive(kept.tokens), isAlive(ended.tokens)]);
    await signOut(ended.browser);
    const intruder = new Redis(redis.url);
    await intruder.flushall();
    intruder.disconnect();
    await untilDead(ended.tokens);
    await isAlive(kept.tokens);
    expect(await hasSession(kept.browser)).toBe(true);
  });

  it('believe no copy in a Redis that was away while its token was revoked', async () => {
    const { tokens } = await somebody();
    await isAlive(tokens);
    const onlooker = new Redis(redis.url, { commandTimeout: 500 });
    const connections = async () => String(await onlooker.client('LIST').catch(() => '')).split('\n').length;
    const before = await connections();
    expect(await onlooker.keys('portaria:{token}:*')).not.toEqual([]);
    redis.freeze();
    await postForm(`${portaria.nodes[1]?.url}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, client);
    await untilDead(tokens);
    redis.thaw();
    await until(async () => (await connections()) >= before);
    onlooker.disconnect();
    for (let tries = 0; tries < 5; tries++) expect(await statusesOf(tokens.access_token)).toEqual([401, 401]);
  });

  it('go on, with every limit, when Redis is killed in the middle of it all', async () => {
    const { browser, tokens, name } = await somebody();
    const walks = Array.from({ length: 6 }, () => somebody());
    await redis.kill();
    for (const { tokens: theirs } of await Promise.all(walks)) await isAlive(theirs);
    await isAlive(tokens);
    expect(await hasSession(browser)).toBe(true);
    const renewed = await refresh(portaria, client, tokens.refresh_token ?? '');
    expect(renewed.status).toBe(200);

    const stranger = new CarefulBrowser(portaria.url, { 'x-forwarded-for': '203.0.113.9' });
    let page = await stranger.get(authorizationRequest(portaria, { client_id: client.id }).url);
    let guesses = 0;
    while (page.status !== 429 && guesses < 30) {
      page = await stranger.submit(page, { login: name, password: `a wrong password ${guesses}` }, '/login');
      guesses += 1;
    }
    // Ten wrong ones; the eleventh is not even looked at.
    expect({ status: page.status, guesses }).toEqual({ status: 429, guesses: 11 });

    await postForm(`${portaria.url}/oauth/revoke`, { token: renewed.body.refresh_token ?? '' }, client);
    await untilDead(renewed.body);
    // It comes back without a memory.
    redis = await startRedis(Number(new URL(redis.url).port));
    expect(await statusesOf(renewed.body.access_token)).toEqual([401, 401]);
  }, 60_000);

  it('lose no session when one of them is killed', async () => {
    const { browser, tokens } = await somebody();
    await portaria.nodes[0]?.kill();
    for (let tries = 0; tries < 4; tries++) expect(await hasSession(browser)).toBe(true);
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    const renewed = await refresh(portaria, client, tokens.refresh_token ?? '');
    expect(renewed.status).toBe(200);
    expect((await somebody()).tokens.expires_in).toBeGreaterThan(0);
  });
});
