// Somebody gives their account another address; and what others might try on the way.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { linkTo, mailsOf, mailsTo } from '../support/mailbox.ts';
import { addPerson, PASSWORD, signIn } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

const OLD = 'ana@example.com';
const NEW = 'ana@example.org';

let portaria: Portaria;
let browser: CarefulBrowser;
let mailsBefore: number;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  mailsBefore = (await mailsOf(portaria)).length;
  for (const table of ['accounts', 'sessions', 'one_time_tokens', 'throttles', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
  await addPerson(portaria);
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterEach(() => void jest.restoreAllMocks());

async function ask(email = NEW): Promise<Page> {
  return browser.submit(await browser.get('/account/email'), { email }, '/account/email');
}

async function addressOf(): Promise<unknown> {
  const [row] = await portaria.database.database.query(
    "select email, email_verified from accounts where username = 'ana'",
  );
  return row;
}

async function newMails(): Promise<string[]> {
  return (await mailsOf(portaria)).slice(mailsBefore).map(({ to, subject }) => `${to}: ${subject}`);
}

const unchanged = { email: OLD, email_verified: true };

describe('another address', () => {
  it('counts once its mailbox has confirmed it, in any browser, and the old one is told', async () => {
    const asked = await ask(' Ana@EXAMPLE.org');
    expect([asked.status, asked.text.includes('on its way to the new address')]).toEqual([200, true]);
    expect(await addressOf()).toEqual(unchanged);
    const other = new CarefulBrowser(portaria.url);
    const page = await other.get(await linkTo(portaria, NEW));
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/account/email/confirm']);
    expect(await addressOf()).toEqual(unchanged);
    const done = await other.submit(page, {});
    expect([done.status, done.text.includes('Your address has been changed')]).toEqual([200, true]);
    expect(await addressOf()).toEqual({ email: NEW, email_verified: true });
    expect((await other.get('/')).text).not.toContain('Hello');
    expect((await browser.get('/account')).text).toContain(NEW);
    expect((await newMails()).toSorted()).toEqual([
      `${OLD}: Your address was changed`,
      `${NEW}: Confirm your new address`,
    ]);
    const home = await other.submit(
      await other.get('/sign-in'),
      { login: NEW, password: PASSWORD },
      '/login',
    );
    expect(home.text).toContain('Hello, Ana');
  });

  it('that belongs to somebody is told in that mailbox alone', async () => {
    await addPerson(portaria, 'bia');
    const [free, taken] = [await ask(), await ask('bia@example.com')];
    expect(taken.text).toBe(free.text);
    expect((await newMails()).at(-1)).toBe('bia@example.com: This address belongs to an account already');
    expect((await mailsTo(portaria, 'bia@example.com')).at(-1)?.text).not.toMatch(/token=|Ana/);
  });

  it('that somebody else proved in the meantime is refused', async () => {
    await ask();
    const page = await browser.get(await linkTo(portaria, NEW));
    await portaria.services.administration.create({ email: NEW, emailVerified: true });
    const refused = await browser.submit(page, {}, '/confirm');
    expect([refused.status, refused.text.includes('You already have an account here')]).toEqual([403, true]);
    expect(await addressOf()).toEqual(unchanged);
  });

  it.each([
    ['', 'Enter your e-mail address'],
    ['ana', 'not a valid e-mail address'],
    ['ana@example.org\r\nBcc: eve@example.com', 'not a valid e-mail address'],
    ['ANA@example.com', 'your address already'],
  ])('is refused beside its field (%j)', async (email, words) => {
    const page = await ask(email);
    expect([page.status, page.text.includes('id="email-fault"')]).toEqual([400, true]);
    expect(page.text).toContain(words);
    expect(await newMails()).toEqual([]);
  });

  it('is confirmed once of fifty times at the same moment, on two nodes', async () => {
    const second = await startAnotherNode(portaria);
    try {
      await ask();
      const token = new URL(await linkTo(portaria, NEW)).searchParams.get('token') ?? '';
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          (turn % 2 ? portaria : second).services.emailChange.confirm(token).then(
            () => 200,
            (error: { status: number }) => error.status,
          ),
        ),
      );
      expect(outcomes.filter((status) => status === 200)).toHaveLength(1);
      expect(outcomes.filter((status) => status === 410)).toHaveLength(49);
    } finally {
      await second.stop();
    }
  });
});

describe('the link', () => {
  it('ends with the next one, to whatever address, after an hour, with a new password and with a block', async () => {
    const { administration, passwordReset } = portaria.services;
    const other = new CarefulBrowser(portaria.url);
    await ask('first@example.org');
    const first = await linkTo(portaria, 'first@example.org');
    await ask();
    const link = await linkTo(portaria, NEW);
    expect([(await other.get(first)).status, (await other.get(link)).status]).toEqual([410, 200]);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61 * 60_000);
    expect((await other.get(link)).status).toBe(410);
    jest.restoreAllMocks();
    await administration.block('ana');
    expect((await other.get(link)).status).toBe(410);
    await administration.unblock('ana');
    expect((await other.get(link)).status).toBe(200);
    await passwordReset.request(OLD, { address: '192.0.2.1', locale: 'en' });
    const reset = new URL(await linkTo(portaria, OLD)).searchParams.get('token') ?? '';
    await passwordReset.complete(reset, 'quite another sentence to remember');
    expect((await other.get(link)).status).toBe(410);
    expect(await addressOf()).toEqual(unchanged);
  });

  it('does nothing without its cookie, empty, or from elsewhere', async () => {
    await ask();
    const page = await browser.get(await linkTo(portaria, NEW));
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const answers = [
      await new CarefulBrowser(portaria.url).post('/account/email/confirm', { csrf }),
      await browser.post('/account/email/confirm', {}),
      await browser.post('/account/email/confirm', { csrf }, { origin: 'https://evil.example' }),
      await browser.get('/account/email/open?token=made-up'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([410, 403, 403, 410]);
    expect(await addressOf()).toEqual(unchanged);
  });
});

describe('asking', () => {
  it('wants a recent sign-in and a form of this session', async () => {
    const page = await browser.get('/account/email');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const answers = [
      await new CarefulBrowser(portaria.url).post('/account/email', { csrf, email: NEW }),
      await browser.post('/account/email', { email: NEW }),
      await browser.post('/account/email', { csrf, email: NEW }, { origin: 'https://evil.example' }),
    ];
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60_000);
    answers.push(await browser.submit(page, { email: NEW }, '/account/email'));
    expect((await browser.get('/account/email')).url).toContain('/interaction/');
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await newMails()).toEqual([]);
  });
});
