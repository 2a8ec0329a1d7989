// /account/data: a person takes along what is kept about them, and leaves: what goes is gone everywhere at once, what stays is nobody's.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { giveAuthenticator } from '../../support/authenticator.ts';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { givePasskey } from '../../support/passkeys.ts';
import {
  addClient,
  addPerson,
  PASSWORD,
  refresh,
  signIn,
  signInForCode,
  postForm,
  tokensFor,
  verify,
} from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';

let portaria: Portaria;
let otherNode: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria({ AUDIT_RETENTION: '90d' });
  otherNode = await startAnotherNode(portaria, { AUDIT_RETENTION: '90d' });
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await otherNode.stop();
  await portaria.stop();
});

async function arrive(name: string): Promise<{ id: string; browser: CarefulBrowser }> {
  const id = await addPerson(portaria, name);
  const browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in', name);
  return { id, browser };
}

async function remove(browser: CarefulBrowser, confirmation: string): Promise<Page> {
  return browser.submit(await browser.get('/account/data'), { confirmation }, '/delete');
}

function isThere(id: string): Promise<boolean> {
  return portaria.services.accountStore.find(id).then((account) => account !== undefined);
}

interface OwnDocument {
  account: Record<string, unknown>;
  password: boolean;
  authenticator_app: unknown;
  passkeys: unknown[];
  identities: Record<string, unknown>[];
  sessions: Record<string, unknown>[];
  programs: Record<string, unknown>[];
  history: { event: string }[];
}

describe('the download', () => {
  it('is one JSON document with everything, and no secret', async () => {
    const { id, browser } = await arrive('ana');
    const tokens = await tokensFor(portaria, client, { scope: 'openid offline_access' });
    const app = await giveAuthenticator(portaria, id);
    await givePasskey(portaria, id);
    for (let count = 0; count < 1_100; count++) {
      await portaria.services.audit.record('account.updated', { accountId: id }, { fields: ['name'] });
    }
    const page = await browser.submit(await browser.get('/account/data'), {}, '/download');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(page.headers.get('content-disposition')).toBe(`attachment; filename="portaria-${id}.json"`);
    expect(page.headers.get('cache-control')).toBe('no-store');
    const document = JSON.parse(page.text) as OwnDocument;
    expect(document.account).toMatchObject({ oauth_id: id, email: 'ana@example.com', username: 'ana' });
    expect(document.password).toBe(true);
    expect(document.authenticator_app).toEqual({ added_at: expect.any(String) });
    expect(document.passkeys).toEqual([
      { name: 'Example key', synced: true, created_at: expect.any(String), last_used_at: null },
    ]);
    expect(document.sessions).toHaveLength(2);
    expect(document.programs.map((program) => program['client_id'])).toEqual(['tickets']);
    // Over three pages of the audit, each row once.
    const rows = await portaria.services.database.query<{ count: string }>(
      'select count(*) from audit_events where account_id = $1',
      [id],
    );
    expect(document.history.length).toBe(Number(rows[0]?.count));
    for (const secret of [
      app.secret,
      tokens.access_token,
      tokens.refresh_token ?? '',
      '$argon2',
      ...browser.cookies.map(({ value }) => value),
    ]) {
      expect(page.text).not.toContain(secret);
    }
    expect((await browser.get('/account/history')).text).toContain('You downloaded your data.');
  });

  it('is given to nobody else: not to a visitor, not over a link, not to a foreign page', async () => {
    const visitor = new CarefulBrowser(portaria.url);
    expect((await visitor.post(`${portaria.url}/account/data/download`, {})).status).toBe(403);
    const { browser } = await arrive('bia');
    expect((await browser.get('/account/data/download')).status).toBe(405);
    const page = await browser.get('/account/data');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const foreign = await browser.post(
      `${portaria.url}/account/data/download`,
      { csrf },
      { origin: 'https://evil.example' },
    );
    expect(foreign.status).toBe(403);
  });
});

describe('leaving', () => {
  it('ends everything at once on every node, and frees the name and the address', async () => {
    const { id, browser } = await arrive('caio');
    const login = 'caio';
    const tokens = await tokensFor(portaria, client, { scope: 'openid offline_access', login });
    const code = await signInForCode(portaria, { client_id: client.id }, { login });
    const elsewhere = new CarefulBrowser(portaria.url);
    await signIn(elsewhere, '/sign-in', login);
    const askOther = async () =>
      (
        await fetch(`${otherNode.address}/api/verify`, {
          headers: { authorization: `Bearer ${tokens.access_token}` },
        })
      ).status;
    expect(await askOther()).toBe(200);
    const page = await browser.get('/account/data');
    expect(page.text).toContain('for up to 90 days');
    const done = await browser.submit(page, { confirmation: ' CAIO ' }, '/delete');
    expect([done.status, done.text.includes('Your account is deleted')]).toEqual([200, true]);
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
    expect((await refresh(portaria, client, tokens.refresh_token ?? '')).status).toBe(400);
    expect((await postForm(`${portaria.url}/oauth/token`, code, client)).status).toBe(400);
    const began = performance.now();
    while ((await askOther()) === 200 && performance.now() - began < 2_000);
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const gone of [browser, elsewhere])
      expect((await gone.get('/account')).text).toContain('name="password"');
    expect(await isThere(id)).toBe(false);
    const next = await addPerson(portaria, 'caio');
    expect(next).not.toBe(id);
  });

  it('leaves the audit without the person: no address, no device, no request to find them by', async () => {
    const { id, browser } = await arrive('davi');
    const { id: other } = await arrive('eva');
    const before = await portaria.services.auditStore.list({ accountId: id, limit: 100 });
    expect(before.some(({ address }) => address !== undefined && address !== null)).toBe(true);
    await remove(browser, 'davi');
    const after = await portaria.services.auditStore.list({ accountId: id, limit: 100 });
    expect(after.map(({ event }) => event)).toEqual(['account.deleted', ...before.map(({ event }) => event)]);
    for (const row of after) expect([row.address, row.agent, row.requestId]).toEqual([null, null, null]);
    const others = await portaria.services.auditStore.list({ accountId: other, limit: 100 });
    expect(others.some(({ address }) => address !== null)).toBe(true);
  });

  it('leaves no row of the person in any table that names accounts', async () => {
    const { id, browser } = await arrive('gil');
    await tokensFor(portaria, client, { login: 'gil' });
    await remove(browser, 'gil');
    const { database, engineStore } = portaria.services;
    while ((await engineStore.deleteRemains()) > 0);
    const columns = await database.query<{ table: string }>(
      `select table_name as table from information_schema.columns
        where column_name = 'account_id' and table_schema = 'public' and table_name <> 'audit_events'`,
    );
    expect(columns.length).toBeGreaterThan(4);
    for (const { table } of columns) {
      const rows = await database.query(`select 1 from "${table}" where account_id = $1`, [id]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
    const [audit] = await database.query<{ text: string }>(
      `select string_agg(a::text, ' ') as text from audit_events a where account_id = $1`,
      [id],
    );
    expect(audit?.text).not.toMatch(/gil|example\.com|127\.0\.0\.1/);
  });

  it.each(['', 'somebody', 'helio@example.com.evil', ' '])('wants the right word, not "%s"', async (word) => {
    const name = `helio${word.length}`;
    const { id, browser } = await arrive(name);
    const page = await remove(browser, word);
    expect([page.status, page.text.includes('This is not the same.')]).toEqual([400, true]);
    expect(await isThere(id)).toBe(true);
  });

  it('wants a recent sign-in, also of a form that was opened in time', async () => {
    const { id, browser } = await arrive('iris');
    const page = await browser.get('/account/data');
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60_000);
    const refused = await browser.submit(page, { confirmation: 'iris' }, '/delete');
    expect([refused.status, refused.text.includes('Sign in again, please')]).toEqual([403, true]);
    expect(refused.text).toContain('href="/sign-in?return_to=%2Faccount%2Fdata&amp;again=yes"');
    expect(await isThere(id)).toBe(true);
    const late = await browser.get('/account/data');
    expect(late.text).not.toContain('name="confirmation"');
    const signInPage = await browser.get('/sign-in?return_to=%2Faccount%2Fdata&again=yes');
    const back = await browser.submit(signInPage, { login: 'iris', password: PASSWORD }, '/login');
    expect(back.url).toBe(`${portaria.url}/account/data`);
    await browser.submit(back, { confirmation: 'iris' }, '/delete');
    expect(await isThere(id)).toBe(false);
  });

  it('is not done by somebody else’s form, an empty one, or twice', async () => {
    const [mine, theirs] = [await arrive('joao'), await arrive('kim')];
    const page = await theirs.browser.get('/account/data');
    expect((await mine.browser.submit(page, { confirmation: 'joao' }, '/delete')).status).toBe(403);
    expect((await mine.browser.post(`${portaria.url}/account/data/delete`, {})).status).toBe(403);
    expect([await isThere(mine.id), await isThere(theirs.id)]).toEqual([true, true]);
    const form = await mine.browser.get('/account/data');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => mine.browser.submit(form, { confirmation: 'joao' }, '/delete')),
    );
    for (const { status } of answers) expect([200, 403, 404]).toContain(status);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const rows = await portaria.services.auditStore.list({ accountId: mine.id, limit: 100 });
    expect(rows.filter(({ event }) => event === 'account.deleted')).toHaveLength(1);
  });

  it('is not for the last administrator; of two who leave at once one stays', async () => {
    const { administration } = portaria.services;
    const people = [await arrive('lia'), await arrive('max')];
    for (const { id } of people) await administration.update(id, { roles: ['admin'] });
    const pages = await Promise.all(
      people.map(({ browser }, index) => remove(browser, index === 0 ? 'lia' : 'max')),
    );
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(pages.find(({ status }) => status === 409)?.text).toContain(
      'You are the only administrator here.',
    );
    const left = await Promise.all(people.map(({ id }) => isThere(id)));
    expect(left.filter(Boolean)).toHaveLength(1);
  });
});
