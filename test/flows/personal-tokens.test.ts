// Tokens that people make for themselves on /account/tokens: they work wherever an access token of ours does, and die with
// everything they stand on. Two nodes: what is made or ended at one counts at the other.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { giveAuthenticator } from '../support/authenticator.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import type { Page } from '../support/browser.ts';
import { mailsTo } from '../support/mailbox.ts';
import { addClient, addPerson, PASSWORD, postForm, signIn } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { signInHere } from '../support/second-factors.ts';

const TOKENS = '/account/tokens';
const DAY_MS = 86_400_000;
const READ = { name: 'backup', scope_openid: 'yes', scope_read: 'yes', days: '30' };

let first: Portaria;
let second: Portaria;
let people = 0;
let helpdesk: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  helpdesk = await addClient(first, 'helpdesk', { introspect: true });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

async function visitor() {
  const name = `person${++people}`;
  const id = await addPerson(first, name);
  const browser = new CarefulBrowser(first.url);
  await signIn(browser, '/sign-in', name);
  return { id, name, browser };
}

async function make(browser: CarefulBrowser, fields: Record<string, string> = READ): Promise<string> {
  const made = await browser.submit(await browser.get(TOKENS), fields, TOKENS);
  return tokenIn(made);
}

function tokenIn(page: Page): string {
  const token = /ptr_pat_[0-9A-Za-z]{49}/.exec(page.text)?.[0];
  if (!token) throw new Error(`no token on the page (${page.status})\n${page.text}`);
  return token;
}

const list = async (accountId: string) => first.services.personalTokens.list(accountId);

async function ask(path: string, token: string, node = first) {
  const response = await fetch(`${node.address}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function introspect(token: string, by = helpdesk) {
  return postForm<Record<string, unknown>>(`${second.address}/oauth/introspect`, { token }, by);
}

/** At the node where it ended at once; the other hears of it in a moment. */
async function expectDead(token: string): Promise<void> {
  expect((await ask('/api/verify', token)).status).toBe(401);
  const deadline = performance.now() + 5_000;
  while ((await ask('/api/verify', token, second)).status !== 401)
    expect(performance.now()).toBeLessThan(deadline);
  expect((await ask('/oauth/userinfo', token)).status).toBe(401);
  expect((await introspect(token)).body).toEqual({ active: false });
}

function later(milliseconds: number): void {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + milliseconds);
}

describe('a personal token', () => {
  it('works wherever an access token works, at every node, as its owner', async () => {
    const { id, name, browser } = await visitor();
    const token = await make(browser);
    for (const node of [first, second]) {
      const { status, body } = await ask('/api/verify', token, node);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        active: true,
        sub: id,
        client_id: 'personal-token',
        scope: 'openid read',
      });
      expect((await ask('/api/user', token, node)).body).toMatchObject({ id, email: `${name}@example.com` });
      expect((await ask('/oauth/userinfo', token, node)).body).toMatchObject({ sub: id });
    }
    expect((await introspect(token)).body).toMatchObject({ active: true, sub: id, scope: 'openid read' });
    const verified = await postForm<object>(`${first.url}/api/verify`, { token }, helpdesk);
    expect(verified.body).toMatchObject({ active: true, client_id: 'personal-token' });
    expect((await ask('/api/verify?scope=write', token)).body['error']).toBe('insufficient_scope');
    expect((await ask('/api/users/someone', token)).status).toBe(403);
  });

  it('is told of by introspection to nobody who may not know tokens of others', async () => {
    const { browser } = await visitor();
    const stranger = await addClient(first, 'stranger', {});
    expect((await introspect(await make(browser), stranger)).body).toEqual({ active: false });
  });

  it('lives as long as was chosen, and no longer', async () => {
    const { id, browser } = await visitor();
    const token = await make(browser, { ...READ, days: '7' });
    later(7 * DAY_MS - 60_000);
    expect((await ask('/api/verify', token)).status).toBe(200);
    later(61_000);
    expect((await ask('/api/verify', token)).status).toBe(401);
    expect(await list(id)).toEqual([]);
  });

  it('is shown once, and kept by nobody but as a digest', async () => {
    const { id, browser } = await visitor();
    const made = await browser.submit(await browser.get(TOKENS), READ, TOKENS);
    const token = tokenIn(made);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect((await browser.get(TOKENS)).text).not.toContain(token.slice(8, 24));
    expect((await browser.get(TOKENS)).text).toContain(token.slice(-4));
    const client = new Client(first.database.connection);
    await client.connect();
    const { rows } = await client.query<{ text: string }>(
      `select row_to_json(t)::text as text from tokens t where account_id = $1
        union all select row_to_json(g)::text from grants g where account_id = $1
        union all select row_to_json(a)::text from audit_events a where account_id = $1`,
      [id],
    );
    await client.end();
    const everything = rows.map(({ text }) => text).join('\n');
    expect(everything).toContain('personal_token.created');
    expect(everything).not.toContain(token.slice(8, 24));
    const data = await browser.submit(await browser.get('/account/data'), {}, '/download');
    expect(data.text).toContain('"name": "backup"');
    expect(data.text).not.toContain(token.slice(8, 24));
  });

  it('is in the history of its owner, and no connected program', async () => {
    const { browser } = await visitor();
    await make(browser);
    expect((await browser.get('/account/history')).text).toContain('You made a personal token.');
    expect((await browser.get('/account/programs')).text).not.toContain('Personal token</h2>');
  });

  it('shows when it was used last, without a write for each use', async () => {
    const { id, browser } = await visitor();
    const token = await make(browser);
    expect((await list(id))[0]?.lastUsedAt).toBeUndefined();
    for (let use = 0; use < 5; use++) await ask('/api/verify', token, second);
    await second.services.personalTokenUses.write();
    const usedAt = (await list(id))[0]?.lastUsedAt;
    expect(usedAt).toBeDefined();
    later(2 * 60_000);
    await ask('/oauth/userinfo', token);
    await first.services.personalTokenUses.write();
    expect((await list(id))[0]?.lastUsedAt).toEqual(usedAt);
    later(10 * 60_000);
    await ask('/oauth/userinfo', token);
    await first.services.personalTokenUses.write();
    expect((await list(id))[0]?.lastUsedAt).not.toEqual(usedAt);
  });

  it('is warned of by mail, a week before and once, whichever node is awake', async () => {
    const { name, browser } = await visitor();
    const address = `${name}@example.com`;
    await make(browser, { ...READ, name: 'weekly', days: '7' });
    await make(browser, { ...READ, name: 'monthly' });
    const warnings = async () =>
      (await mailsTo(first, address)).filter(({ subject }) => subject?.includes('about to end'));
    const bothWarn = () =>
      Promise.all([first, second].map(({ services }) => services.personalTokens.warnOfEnds()));
    later(22 * DAY_MS);
    await bothWarn();
    expect(await warnings()).toEqual([]);
    later(2 * DAY_MS);
    await bothWarn();
    await bothWarn();
    const mails = await warnings();
    expect(mails).toHaveLength(1);
    expect(mails[0]?.text).toContain('monthly');
    expect(mails[0]?.text).toContain(`${first.url}${TOKENS}`);
  });
});

describe('a personal token is dead at both nodes when', () => {
  it('its owner ends it on the page, and another one lives on', async () => {
    const { id, browser } = await visitor();
    const [one, other] = [await make(browser), await make(browser, { ...READ, name: 'other' })];
    expect((await ask('/api/verify', one, second)).status).toBe(200);
    const fingerprint = (await list(id)).find((token) => one.endsWith(token.lastFour))?.fingerprint ?? '';
    // Ending wants no recent sign-in.
    later(DAY_MS);
    const page = await browser.submit(await browser.get(TOKENS), { token: fingerprint }, '/revoke');
    expect(page.text).toContain('The token has ended.');
    await expectDead(one);
    expect((await ask('/api/verify', other, second)).status).toBe(200);
    const again = await browser.submit(await browser.get(TOKENS), { token: fingerprint }, '/revoke');
    expect(again.status).toBe(404);
  });

  it('whoever has it gives it back (RFC 7009)', async () => {
    const { id, browser } = await visitor();
    const token = await make(browser);
    const answer = await postForm(`${second.address}/oauth/revoke`, { token, client_id: 'personal-token' });
    expect(answer.status).toBe(200);
    await expectDead(token);
    expect(await list(id)).toEqual([]);
  });

  it.each([
    ['is blocked', ({ id }: { id: string }) => first.services.administration.block(id)],
    ['is deleted', ({ id }: { id: string }) => first.services.administration.delete(id)],
    ['ends everything', ({ id }: { id: string }) => first.services.administration.signOut(id)],
    [
      'has a new password',
      async ({ browser }: { browser: CarefulBrowser }) => {
        const page = await browser.get('/account/password');
        const next = 'another password that is long enough';
        await browser.submit(page, { current: PASSWORD, password: next }, '/password');
      },
    ],
  ])('its owner %s', async (_what, end) => {
    const person = await visitor();
    const token = await make(person.browser);
    expect((await ask('/api/verify', token, second)).status).toBe(200);
    await end(person);
    await expectDead(token);
    expect(await list(person.id)).toEqual([]);
  });
});

describe('nobody gets a personal token by', () => {
  it('a form of another session, or of another site', async () => {
    const { id, browser } = await visitor();
    const other = await visitor();
    const theirs = await other.browser.get(TOKENS);
    const csrf = /name="csrf" value="([^"]+)"/.exec(theirs.text)?.[1] ?? '';
    const url = `${first.url}${TOKENS}`;
    expect((await browser.post(url, { ...READ, csrf })).status).toBe(403);
    expect((await browser.post(url, READ)).status).toBe(403);
    const own = /name="csrf" value="([^"]+)"/.exec((await browser.get(TOKENS)).text)?.[1] ?? '';
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await browser.post(url, { ...READ, csrf: own }, evil)).status).toBe(403);
    expect(await list(id)).toEqual([]);
  });

  it('a session that is not of a few minutes ago', async () => {
    const { id, browser } = await visitor();
    const page = await browser.get(TOKENS);
    later(11 * 60_000);
    expect((await browser.submit(page, READ, TOKENS)).status).toBe(403);
    expect((await browser.get(TOKENS)).text).toContain('sign in again');
    expect(await list(id)).toEqual([]);
  });

  it('a session without the second step that its owner has', async () => {
    const { id, name, browser } = await visitor();
    const page = await browser.get(TOKENS);
    const app = await giveAuthenticator(first, id);
    expect((await browser.submit(page, READ, TOKENS)).status).toBe(403);
    expect((await browser.get(TOKENS)).text).toContain('with your second step');
    expect(await list(id)).toEqual([]);
    await make(await signInHere(first, { id, name, app }));
    expect(await list(id)).toHaveLength(1);
  });

  it('asking for more than people may have, or for no end', async () => {
    const { id, browser } = await visitor();
    const token = await make(browser, {
      ...READ,
      scope_admin: 'yes',
      scope: 'admin vault',
      scope_vault: 'yes',
    });
    expect((await ask('/api/verify', token)).body['scope']).toBe('openid read');
    const page = await browser.get(TOKENS);
    for (const days of ['0', '-1', '36500', 'never', ''])
      expect((await browser.submit(page, { ...READ, days }, TOKENS)).status).toBe(400);
    expect((await browser.submit(page, { name: 'x', days: '30' }, TOKENS)).text).toContain(
      'at least one thing',
    );
    expect((await browser.submit(page, { ...READ, name: ' ' }, TOKENS)).text).toContain('Give it a name.');
    expect(await list(id)).toHaveLength(1);
  });

  it('guessing: one of the right look and a wrong checksum is refused without asking the database', async () => {
    const { browser } = await visitor();
    const token = await make(browser);
    const asked = jest.spyOn(Client.prototype, 'query');
    const wrong = `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
    expect((await ask('/api/verify', wrong)).status).toBe(401);
    expect(JSON.stringify(asked.mock.calls)).not.toContain('from tokens');
  });

  it('asking the protocol as the client that they belong to', async () => {
    const { url } = first;
    const client = { client_id: 'personal-token' };
    for (const grant_type of ['client_credentials', 'authorization_code', 'refresh_token'])
      expect((await postForm(`${url}/oauth/token`, { ...client, grant_type })).status).toBe(400);
    expect((await postForm(`${url}/oauth/device_authorization`, client)).status).toBe(400);
    const query = new URLSearchParams({ ...client, response_type: 'none', redirect_uri: `${url}/` });
    expect((await fetch(`${url}/oauth/authorize?${query}`)).status).toBe(400);
  });

  it('being quick: no account has more than fifty, and none is made while everything ends', async () => {
    const { id, browser } = await visitor();
    const sessionUid = (await first.services.presence.listSessions(id))[0]?.uid ?? '';
    const account = await first.services.administration.get(id);
    const input = { sessionUid, name: 'many', scopes: ['read'], days: 7 };
    for (let made = 0; made < 48; made++) await first.services.personalTokens.make(account, input);
    const outcomes = await Promise.all(
      [first, second, first, second].map(({ services }) => services.personalTokens.make(account, input)),
    );
    expect(outcomes.filter((outcome) => outcome === 'tooMany')).toHaveLength(2);
    expect((await browser.submit(await browser.get(TOKENS), READ, TOKENS)).status).toBe(409);

    const racers = await Promise.all([
      first.services.administration.signOut(id),
      ...[first, second].map(({ services }) => services.personalTokens.make(account, input)),
    ]);
    for (const outcome of racers)
      if (typeof outcome === 'object' && 'token' in outcome) await expectDead(outcome.token);
    expect(await first.services.personalTokens.make(account, input)).toBe('over');
    expect(await list(id)).toEqual([]);
  });

  it('ending or seeing the tokens of somebody else', async () => {
    const { id, browser } = await visitor();
    const token = await make(browser);
    const fingerprint = (await list(id))[0]?.fingerprint ?? '';
    const thief = await visitor();
    await make(thief.browser);
    const page = await thief.browser.get(TOKENS);
    expect(page.text).not.toContain(fingerprint);
    for (const name of [fingerprint, '%', ''])
      expect((await thief.browser.submit(page, { token: name }, '/revoke')).status).toBe(404);
    expect((await ask('/api/verify', token)).status).toBe(200);
  });
});
