// /account/sessions: a person sees where they are signed in, and ends what they do not want: it is dead at once, on every node.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  refresh,
  signIn,
  tokensFor,
  verify,
} from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

let portaria: Portaria;
let otherNode: Portaria;
let client: { id: string; secret: string };
let ana: string;
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.0/8' });
  otherNode = await startAnotherNode(portaria, { TRUSTED_PROXIES: '127.0.0.0/8' });
  ana = await addPerson(portaria);
  await addPerson(portaria, 'bia');
  client = await addClient(portaria, 'tickets');
});
beforeEach(async () => {
  await portaria.services.administration.signOut(ana);
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterAll(async () => {
  await otherNode.stop();
  await portaria.stop();
});

/** Another browser of the same person, with tokens of a service that are bound to it. */
async function elsewhere() {
  const other = new CarefulBrowser(portaria.url, {
    'user-agent': FIREFOX,
    'x-forwarded-for': '203.0.113.7',
  });
  return { other, tokens: await tokensFor(portaria, client, { browser: other }) };
}

async function sessionsOf(login = ana): Promise<number> {
  return (await portaria.services.presence.listSessions(login)).length;
}

async function expectDead(tokens: { access_token: string; refresh_token?: string }): Promise<void> {
  expect((await verify(portaria, tokens.access_token)).status).toBe(401);
  expect((await refresh(portaria, client, tokens.refresh_token ?? '')).status).toBe(400);
}

function uidOf(page: Page): string {
  return /name="session" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
}

describe('the list of sessions', () => {
  it('tells where, with what and when, and which one this is', async () => {
    await elsewhere();
    const { text } = await browser.get('/account/sessions');
    expect(text).toContain('Firefox on Windows');
    expect(text).toContain('203.0.113.7');
    expect(text).toMatch(/Test browser <span class="badge">This browser<\/span>/);
    expect(text.match(/<time datetime="\d{4}-\d\d-\d\dT/g)).toHaveLength(4);
    // This one is not ended by a button in the list, and stands first.
    expect(text.match(/name="session"/g)).toHaveLength(1);
    expect(text.indexOf('This browser')).toBeLessThan(text.indexOf('Firefox on Windows'));
  });

  it('keeps nothing of a visitor who does not sign in', async () => {
    const visitor = new CarefulBrowser(portaria.url);
    await visitor.get('/sign-in');
    const rows = await portaria.services.database.query(
      'select 1 from sessions where account_id is null and (address is not null or agent is not null)',
    );
    expect(rows).toEqual([]);
  });

  it('shows what a browser calls itself as text, never as markup', async () => {
    const odd = new CarefulBrowser(portaria.url, { 'user-agent': '<img src=x>' });
    await signIn(odd, '/sign-in');
    const { text } = await browser.get('/account/sessions');
    expect(text).not.toContain('<img');
    expect(text).toContain('&lt;img');
  });

  it('shows and ends the sessions of nobody else', async () => {
    const bias = new CarefulBrowser(portaria.url);
    await signIn(bias, '/sign-in', 'bia');
    const bia = (await portaria.services.administration.get('bia')).id;
    const [theirs] = await portaria.services.presence.listSessions(bia);
    await elsewhere();
    const page = await browser.get('/account/sessions');
    expect(page.text).not.toContain(theirs?.uid ?? 'none');
    const refused = await browser.submit(page, { session: theirs?.uid ?? '' }, '/end');
    expect(refused.status).toBe(404);
    expect(await sessionsOf(bia)).toBe(1);
  });
});

describe('a session that is ended', () => {
  it('is over at once, with every token bound to it, and the others live on', async () => {
    const { other, tokens } = await elsewhere();
    const kept = await elsewhere();
    const uids = (await browser.get('/account/sessions')).text.matchAll(/name="session" value="([^"]+)"/g);
    expect([...uids]).toHaveLength(2);
    // On both nodes the tokens are remembered.
    for (const node of [portaria, otherNode]) {
      const answer = await fetch(`${node.address}/api/verify`, {
        headers: { authorization: `Bearer ${tokens.access_token}` },
      });
      expect(answer.status).toBe(200);
    }
    const all = await portaria.services.presence.listSessions(ana);
    const oldest = all.findLast(({ agent }) => agent === FIREFOX);
    const page = await browser.get('/account/sessions');
    const done = await browser.submit(page, { session: oldest?.uid ?? '' }, '/end');
    expect(done.text).toContain('That browser is signed out.');
    expect(await sessionsOf()).toBe(2);
    const states = await Promise.all(
      [tokens, kept.tokens].map(async ({ access_token: token }) => (await verify(portaria, token)).status),
    );
    // Two that signed in within one second: one of them is over, the other is not.
    expect(states.toSorted()).toEqual([200, 401]);
    const [dead, alive] = states[0] === 401 ? [tokens, kept.tokens] : [kept.tokens, tokens];
    await expectDead(dead);
    expect((await refresh(portaria, client, alive.refresh_token ?? '')).status).toBe(200);
    const gone = dead === tokens ? other : kept.other;
    expect((await gone.get('/account')).text).toContain('name="password"');
    const [row] = await portaria.services.auditStore
      .list({ accountId: ana, limit: 20 })
      .then((rows) => rows.filter(({ event }) => event === 'session.ended'));
    expect(row?.details).toEqual({ sessions: 1 });
  });

  it('is dead on another node within a moment', async () => {
    const { tokens } = await elsewhere();
    const ask = async () =>
      (
        await fetch(`${otherNode.address}/api/verify`, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        })
      ).status;
    expect(await ask()).toBe(200);
    await browser.submit(await browser.get('/account/sessions'), {}, '/end');
    const began = performance.now();
    while ((await ask()) === 200 && performance.now() - began < 2_000);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('cannot be ended twice: the second time is told so, and ends nothing', async () => {
    await elsewhere();
    const page = await browser.get('/account/sessions');
    await browser.submit(page, {}, '/end');
    const again = await browser.submit(page, {}, '/end');
    expect([again.status, again.text.includes('href="/account/sessions"')]).toEqual([404, true]);
    expect(await sessionsOf()).toBe(1);
  });

  it('is not ended by an empty form, nor by another browser of the same person with this one’s form', async () => {
    const { other } = await elsewhere();
    const page = await browser.get('/account/sessions');
    expect((await browser.submit(page, { session: '' }, '/end')).status).toBe(404);
    expect((await browser.post(`${portaria.url}/account/sessions/end`, {})).status).toBe(403);
    expect((await other.submit(page, { session: uidOf(page) }, '/end')).status).toBe(403);
    expect(await sessionsOf()).toBe(2);
  });
});

describe('all others', () => {
  it('end together, and this one stays', async () => {
    const { tokens } = await elsewhere();
    await elsewhere();
    const request = authorizationRequest(portaria, { client_id: client.id });
    const code = codeIn(await browser.get(request.url));
    const { body: mine } = await exchange(portaria, client, code, request.verifier);
    const done = await browser.submit(await browser.get('/account/sessions'), {}, '/end-others');
    expect(done.text).toContain('All other browsers are signed out.');
    expect(await sessionsOf()).toBe(1);
    await expectDead(tokens);
    expect((await verify(portaria, mine.access_token)).status).toBe(200);
  });
});

describe('everything', () => {
  it('ends: this browser, and programs that outlive a session', async () => {
    const offline = await tokensFor(portaria, client, { scope: 'openid offline_access' });
    const page = await browser.get('/account/sessions');
    const done = await browser.submit(page, {}, '/end-everything');
    expect([done.url, done.text.includes('href="/sign-in"')]).toEqual([`${portaria.url}/`, true]);
    expect(await sessionsOf()).toBe(0);
    await expectDead(offline);
  });
});
