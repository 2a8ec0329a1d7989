// Tokens that people make for themselves on /account/tokens: they work wherever an access token of ours does, and die with
// everything they stand on. Two nodes: what is made or ended at one counts at the other.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import type { CarefulBrowser } from '../support/careful-browser.ts';
import { linkTo, mailsTo } from '../support/mailbox.ts';
import { addClient, PASSWORD, postForm } from '../support/people.ts';
import { ask, later, makeToken, READ, tokenIn, TOKENS, visitor } from '../support/personal-tokens.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { signOut } from '../support/walks.ts';

const DAY_MS = 86_400_000;

let first: Portaria;
let second: Portaria;
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

const list = async (accountId: string) => first.services.personalTokens.list(accountId);

function introspect(token: string, by = helpdesk) {
  return postForm<Record<string, unknown>>(`${second.address}/oauth/introspect`, { token }, by);
}

/** At the node where it ended at once; the other hears of it in a moment. */
async function expectDead(token: string): Promise<void> {
  expect((await ask(first, '/api/verify', token)).status).toBe(401);
  const deadline = performance.now() + 5_000;
  while ((await ask(second, '/api/verify', token)).status !== 401)
    expect(performance.now()).toBeLessThan(deadline);
  expect((await ask(first, '/oauth/userinfo', token)).status).toBe(401);
  expect((await introspect(token)).body).toEqual({ active: false });
}

describe('a personal token', () => {
  it('works wherever an access token works, at every node, as its owner', async () => {
    const { id, name, browser } = await visitor(first);
    const token = await makeToken(browser);
    for (const node of [first, second]) {
      const { status, body } = await ask(node, '/api/verify', token);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        active: true,
        sub: id,
        client_id: 'personal-token',
        scope: 'openid read',
      });
      expect((await ask(node, '/api/user', token)).body).toMatchObject({ id, email: `${name}@example.com` });
      expect((await ask(node, '/oauth/userinfo', token)).body).toMatchObject({ sub: id });
    }
    expect((await introspect(token)).body).toMatchObject({ active: true, sub: id, scope: 'openid read' });
    const verified = await postForm<object>(`${first.url}/api/verify`, { token }, helpdesk);
    expect(verified.body).toMatchObject({ active: true, client_id: 'personal-token' });
    expect((await ask(first, '/api/verify?scope=write', token)).body['error']).toBe('insufficient_scope');
    expect((await ask(first, '/api/users/someone', token)).status).toBe(403);
  });

  it('is told of by introspection to nobody who may not know tokens of others', async () => {
    const { browser } = await visitor(first);
    const stranger = await addClient(first, 'stranger', {});
    expect((await introspect(await makeToken(browser), stranger)).body).toEqual({ active: false });
  });

  it('lives as long as was chosen, and no longer', async () => {
    const { id, browser } = await visitor(first);
    const token = await makeToken(browser, { ...READ, days: '7' });
    later(7 * DAY_MS - 60_000);
    expect((await ask(first, '/api/verify', token)).status).toBe(200);
    later(61_000);
    expect((await ask(first, '/api/verify', token)).status).toBe(401);
    expect(await list(id)).toEqual([]);
  });

  it('is shown once, and kept by nobody but as a digest', async () => {
    const { id, browser } = await visitor(first);
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
    const { browser } = await visitor(first);
    await makeToken(browser);
    expect((await browser.get('/account/history')).text).toContain('You made a personal token.');
    expect((await browser.get('/account/programs')).text).not.toContain('Personal token</h2>');
  });

  it('shows when it was used last, without a write for each use', async () => {
    const { id, browser } = await visitor(first);
    const token = await makeToken(browser);
    expect((await list(id))[0]?.lastUsedAt).toBeUndefined();
    for (let use = 0; use < 5; use++) await ask(second, '/api/verify', token);
    await second.services.personalTokenUses.write();
    const usedAt = (await list(id))[0]?.lastUsedAt;
    expect(usedAt).toBeDefined();
    later(2 * 60_000);
    await ask(first, '/oauth/userinfo', token);
    await first.services.personalTokenUses.write();
    expect((await list(id))[0]?.lastUsedAt).toEqual(usedAt);
    later(10 * 60_000);
    await ask(first, '/oauth/userinfo', token);
    await first.services.personalTokenUses.write();
    expect((await list(id))[0]?.lastUsedAt).not.toEqual(usedAt);
  });

  it('is warned of by mail, a week before and once, whichever node is awake', async () => {
    const { name, browser } = await visitor(first);
    const address = `${name}@example.com`;
    await makeToken(browser, { ...READ, name: 'weekly', days: '7' });
    await makeToken(browser, { ...READ, name: 'monthly' });
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
    const { id, browser } = await visitor(first);
    const [one, other] = [await makeToken(browser), await makeToken(browser, { ...READ, name: 'other' })];
    expect((await ask(second, '/api/verify', one)).status).toBe(200);
    const fingerprint = (await list(id)).find((token) => one.endsWith(token.lastFour))?.fingerprint ?? '';
    // Ending wants no recent sign-in.
    later(DAY_MS);
    const page = await browser.submit(await browser.get(TOKENS), { token: fingerprint }, '/revoke');
    expect(page.text).toContain('The token has ended.');
    await expectDead(one);
    expect((await ask(second, '/api/verify', other)).status).toBe(200);
    const again = await browser.submit(await browser.get(TOKENS), { token: fingerprint }, '/revoke');
    expect(again.status).toBe(404);
  });

  it('whoever has it gives it back (RFC 7009)', async () => {
    const { id, browser } = await visitor(first);
    const token = await makeToken(browser);
    const answer = await postForm(`${second.address}/oauth/revoke`, { token, client_id: 'personal-token' });
    expect(answer.status).toBe(200);
    await expectDead(token);
    expect(await list(id)).toEqual([]);
    const left = await first.database.database.query(
      'select 1 from grants where client_id = $1 and account_id = $2',
      ['personal-token', id],
    );
    expect(left).toEqual([]);
  });

  it.each([
    ['is blocked', ({ id }: { id: string }) => first.services.administration.block(id)],
    ['is deleted', ({ id }: { id: string }) => first.services.administration.delete(id)],
    ['ends everything', ({ id }: { id: string }) => first.services.administration.signOut(id)],
    [
      'says that it was not them, by the link in the mail about it',
      async ({ name }: { name: string }) => {
        const link = new URL(await linkTo(first, `${name}@example.com`));
        await first.services.accountAlarm.raise(link.searchParams.get('token') ?? '');
      },
    ],
    [
      'has a new password',
      async ({ browser }: { browser: CarefulBrowser }) => {
        const page = await browser.get('/account/password');
        const next = 'another password that is long enough';
        await browser.submit(page, { current: PASSWORD, password: next }, '/password');
      },
    ],
  ])('its owner %s', async (_what, end) => {
    const person = await visitor(first);
    const token = await makeToken(person.browser);
    expect((await ask(second, '/api/verify', token)).status).toBe(200);
    await end(person);
    await expectDead(token);
    expect(await list(person.id)).toEqual([]);
  });
});

it('a personal token outlives the browser in which it was made', async () => {
  const { browser } = await visitor(first);
  const token = await makeToken(browser);
  await signOut(browser);
  expect((await browser.get(TOKENS)).url).toContain('/interaction/');
  for (const node of [first, second]) expect((await ask(node, '/api/verify', token)).status).toBe(200);
});
