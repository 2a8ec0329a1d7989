// Somebody who forgot a password gets a link by mail, chooses another one and signs in; and what others might try with
// the same pages.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { linkTo, mailsOf, mailsTo } from '../support/mailbox.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  PASSWORD,
  postForm,
  tokensFor,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import type { Page } from '../support/browser.ts';

const NEW_PASSWORD = 'quite another sentence to remember';
const EMAIL = 'ana@example.com';

let portaria: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  const { database } = portaria.database;
  await mailsOf(portaria);
  for (const table of ['accounts', 'one_time_tokens', 'throttles', 'audit_events'])
    await database.query(`delete from ${table}`);
  await addPerson(portaria, 'ana');
});
afterEach(() => void jest.restoreAllMocks());

async function ask(email = EMAIL, browser = new CarefulBrowser(portaria.url)): Promise<Page> {
  return browser.submit(await browser.get('/reset-password'), { email });
}

/** Asks, and gives back the link that arrived. */
async function linkFor(email = EMAIL): Promise<string> {
  await ask(email);
  return linkTo(portaria, email);
}

async function canSignIn(password: string): Promise<boolean> {
  const browser = new CarefulBrowser(portaria.url);
  const page = await browser.get('/sign-in');
  const after = await browser.submit(page, { login: EMAIL, password }, '/login');
  return new URL(after.url).pathname === '/';
}

describe('a forgotten password', () => {
  it('is replaced through the link on the sign-in page and the mail', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const signInPage = await browser.get('/sign-in');
    const href = /href="(\/reset-password)"/.exec(signInPage.text)?.[1] ?? '';
    const sent = await browser.submit(await browser.get(href), { email: ' ANA@example.com ' });
    expect([sent.status, new URL(sent.url).pathname]).toEqual([200, '/reset-password/sent']);

    const form = await browser.get(await linkTo(portaria, EMAIL));
    expect([form.status, new URL(form.url).pathname]).toEqual([200, '/reset-password/new']);
    expect(form.text).toContain(`for ${EMAIL}`);
    const done = await browser.submit(form, { password: NEW_PASSWORD });
    expect([done.status, new URL(done.url).pathname]).toEqual([200, '/reset-password/done']);
    expect([await canSignIn(PASSWORD), await canSignIn(NEW_PASSWORD)]).toEqual([false, true]);
    expect((await mailsTo(portaria, EMAIL)).at(-1)?.subject).toBe('Your password was changed');
  });

  it('keeps the secret of the link out of every address, every log and every row', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const link = await linkFor();
    const token = new URL(link).searchParams.get('token') ?? '';
    const opened = await browser.request(link);
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/reset-password/new']);
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    expect(opened.headers.getSetCookie().join()).toMatch(/path=\/reset-password;.*samesite=lax; httponly/i);
    expect((await browser.get('/reset-password/new')).text).not.toContain(token);
    const rows = await portaria.database.database.query('select * from one_time_tokens');
    const events = await portaria.database.database.query('select * from audit_events');
    expect(rows).toHaveLength(1);
    expect(JSON.stringify([rows, events])).not.toContain(token);
  });

  it('ends every session and every token of the account', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const tokens = await tokensFor(portaria, client, { scope: 'openid read', browser });
    const link = await linkFor();
    const other = new CarefulBrowser(portaria.url);
    await other.submit(await other.get(link), { password: NEW_PASSWORD });
    const verified = await fetch(`${portaria.url}/api/verify`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(verified.status).toBe(401);
    const refreshed = await postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' },
      client,
    );
    expect([refreshed.status, refreshed.body.error]).toEqual([400, 'invalid_grant']);
    expect((await browser.get('/')).text).not.toContain('Hello, Ana');
  });

  it('leads back into the sign-in that is still open in another tab', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { url } = authorizationRequest(portaria, { client_id: client.id });
    const page = await browser.get(url);
    await browser.submit(await browser.get(await linkFor()), { password: NEW_PASSWORD });
    const after = await browser.submit(page, { login: EMAIL, password: NEW_PASSWORD }, '/login');
    expect(new URL(after.url).searchParams.has('code')).toBe(true);
  });
});

describe('the link', () => {
  it('works once', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const link = await linkFor();
    const form = await browser.get(link);
    const twin = new CarefulBrowser(portaria.url);
    const sameForm = await twin.get(link);
    await browser.submit(form, { password: NEW_PASSWORD });
    const pages = [
      await twin.submit(sameForm, { password: 'somebody else chose this one' }),
      await browser.get(link),
      await browser.submit(form, { password: 'and once more with the cookie' }),
    ];
    for (const page of pages) {
      expect([page.status, page.text.includes('This link has expired')]).toEqual([410, true]);
      expect(page.text).toContain('href="/reset-password"');
    }
    expect(await canSignIn(NEW_PASSWORD)).toBe(true);
  });

  it('works once when it is used fifty times at the same moment, on two nodes', async () => {
    const second = await startAnotherNode(portaria);
    try {
      const link = await linkFor();
      const token = new URL(link).searchParams.get('token') ?? '';
      const nodes = [portaria, second];
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async (_, turn) => {
          try {
            await nodes[turn % 2]!.services.passwordReset.complete(token, `${NEW_PASSWORD} ${turn}`);
            return turn;
          } catch (error) {
            return (error as { status: number }).status;
          }
        }),
      );
      const winners = outcomes.filter((outcome) => outcome < 50);
      expect(winners).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 410)).toHaveLength(49);
      expect(await canSignIn(`${NEW_PASSWORD} ${winners[0]}`)).toBe(true);
    } finally {
      await second.stop();
    }
  });

  it('ends when a newer one is sent', async () => {
    const first = await linkFor();
    const newer = await linkFor();
    const browser = new CarefulBrowser(portaria.url);
    expect([(await browser.get(first)).status, (await browser.get(newer)).status]).toEqual([410, 200]);
  });

  it('ends after RESET_TTL, also when its form is open', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const link = await linkFor();
    const form = await browser.get(link);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61 * 60 * 1000);
    expect((await browser.get(link)).status).toBe(410);
    expect((await browser.submit(form, { password: NEW_PASSWORD })).status).toBe(410);
  });

  it('ends when the account is blocked, has another address, or has another password', async () => {
    const { administration } = portaria.services;
    const link = await linkFor();
    const browser = new CarefulBrowser(portaria.url);
    await administration.block(EMAIL);
    expect((await browser.get(link)).status).toBe(410);
    await administration.unblock(EMAIL);
    expect((await browser.get(link)).status).toBe(200);
    await portaria.database.database.query("update accounts set email = 'other@example.com'");
    expect((await browser.get(link)).status).toBe(410);
  });

  it.each([
    ['no token', ''],
    ['an empty one', '?token='],
    ['one made up', '?token=made-up'],
    ['a very long one', `?token=${'x'.repeat(5_000)}`],
    ['two', '?token=a&token=b'],
  ])('with %s is a page with 410', async (_, query) => {
    const page = await new CarefulBrowser(portaria.url).get(`/reset-password/open${query}`);
    expect(page.status).toBe(410);
  });

  it('does nothing for a form without its cookie, without its token, or from elsewhere', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const form = await browser.get(await linkFor());
    const csrf = /name="csrf" value="([^"]*)"/.exec(form.text)?.[1] ?? '';
    const password = NEW_PASSWORD;
    const stranger = new CarefulBrowser(portaria.url);
    const answers = [
      await stranger.post('/reset-password/new', { csrf, password }),
      await browser.post('/reset-password/new', {}),
      await browser.post('/reset-password/new', { csrf: 'made-up', password }),
      await browser.post('/reset-password/new', { csrf, password }, { origin: 'https://evil.example' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([410, 403, 403, 403]);
    expect(await canSignIn(PASSWORD)).toBe(true);
    expect((await browser.submit(form, { password })).status).toBe(200);
  });

  it.each([
    ['empty', '', 'Too short'],
    ['short', 'short', 'Use at least 12 characters'],
    ['the address', 'ana@example.com', 'leaked passwords'],
    ['endless', 'x'.repeat(1025), 'Too long'],
  ])('stays good when the password is refused beside its field: %s', async (_, password, words) => {
    const browser = new CarefulBrowser(portaria.url);
    const again = await browser.submit(await browser.get(await linkFor()), { password });
    expect(again.status).toBe(400);
    expect(again.text).toContain(words);
    expect((await browser.submit(again, { password: NEW_PASSWORD })).status).toBe(200);
  });

  it('asks administrators for fifteen characters', async () => {
    await portaria.services.administration.create({
      email: 'boss@example.com',
      roles: ['admin'],
      emailVerified: true,
    });
    const browser = new CarefulBrowser(portaria.url);
    const again = await browser.submit(await browser.get(await linkFor('boss@example.com')), {
      password: 'fourteen chars',
    });
    expect([again.status, again.text.includes('at least 15 characters')]).toEqual([400, true]);
  });
});

describe('asking for a link', () => {
  it('is answered the same for every address', async () => {
    await portaria.services.administration.create({ email: 'unverified@example.com', password: PASSWORD });
    await portaria.services.administration.create({ email: 'blocked@example.com', emailVerified: true });
    await portaria.services.administration.block('blocked@example.com');
    const before = (await mailsOf(portaria)).length;
    const pages = [];
    for (const name of ['ana', 'nobody', 'unverified', 'blocked'])
      pages.push(await ask(`${name}@example.com`));
    expect(new Set(pages.map(({ status, url, text }) => `${status} ${url} ${text}`)).size).toBe(1);
    const mails = await mailsOf(portaria);
    expect(mails.slice(before).map(({ to }) => to)).toEqual([EMAIL]);
  });

  it('sends three mails an hour to one address, and answers the same afterwards', async () => {
    const before = (await mailsTo(portaria, EMAIL)).length;
    const pages = [];
    for (let turn = 0; turn < 5; turn++) pages.push(await ask());
    expect(new Set(pages.map(({ text }) => text)).size).toBe(1);
    expect(await mailsTo(portaria, EMAIL)).toHaveLength(before + 3);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61 * 60 * 1000);
    await ask();
    expect(await mailsTo(portaria, EMAIL)).toHaveLength(before + 4);
  });

  it('sends three when twenty ask at the same moment, on two nodes', async () => {
    const second = await startAnotherNode(portaria);
    try {
      const asker = { address: '192.0.2.1', locale: 'en' };
      await Promise.all(
        Array.from({ length: 20 }, (_, turn) =>
          [portaria, second][turn % 2]!.services.passwordReset.request(EMAIL, asker),
        ),
      );
      await mailsOf(portaria);
      const rows = await portaria.database.database.query('select used_at from one_time_tokens');
      expect([rows.length, rows.filter((row) => row['used_at'] === null).length]).toEqual([3, 1]);
    } finally {
      await second.stop();
    }
  });

  it('is limited for one caller, whatever the mailbox', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const browser = new CarefulBrowser(portaria.url, headers);
    const page = await browser.get('/reset-password');
    const statuses = [];
    for (let turn = 0; turn < 31; turn++) {
      statuses.push((await browser.submit(page, { email: `person${turn}@example.com` })).status);
    }
    expect([statuses.slice(0, 30).every((status) => status === 200), statuses[30]]).toEqual([true, 429]);
    const elsewhere = new CarefulBrowser(portaria.url, { 'x-forwarded-for': '198.51.100.8' });
    expect((await ask(EMAIL, elsewhere)).status).toBe(200);
  });

  it.each(['', 'ana', 'ana@example', 'ana@example.com\r\nBcc: eve@example.com', '"ana, eve"@example.com'])(
    'says beside the field that %j is no address',
    async (email) => {
      const before = (await mailsOf(portaria)).length;
      const page = await ask(email);
      expect([page.status, page.text.includes('id="email-fault"')]).toEqual([400, true]);
      expect(await mailsOf(portaria)).toHaveLength(before);
    },
  );

  it('does nothing for an empty form or one from elsewhere', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/reset-password');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const before = (await mailsOf(portaria)).length;
    const empty = await browser.post('/reset-password', {});
    const foreign = await browser.post(
      '/reset-password',
      { csrf, email: EMAIL },
      { origin: 'https://evil.example' },
    );
    expect([empty.status, foreign.status]).toEqual([403, 403]);
    expect(await mailsOf(portaria)).toHaveLength(before);
  });

  it('speaks the language of the person', async () => {
    const browser = new CarefulBrowser(portaria.url, { 'accept-language': 'ko' });
    await ask(EMAIL, browser);
    expect((await mailsTo(portaria, EMAIL)).at(-1)).toMatchObject({
      subject: '새 비밀번호를 설정하세요',
      from: 'Portaria <no-reply@localhost>',
      mode: 0o600,
    });
    await portaria.database.database.query("update accounts set locale = 'pt-BR'");
    await ask(EMAIL, browser);
    const mail = (await mailsTo(portaria, EMAIL)).at(-1);
    expect([mail?.subject, mail?.text.includes('Olá, Ana!')]).toEqual(['Escolha uma nova senha', true]);
    expect(mail?.html).toContain('lang="pt-BR"');
  });
});
