// Somebody who is signed in takes another password, or a first one; and what others might try with that page.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { mailsOf, mailsTo } from '../support/mailbox.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  PASSWORD,
  signIn,
  tokensFor,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

const NEXT = 'quite another sentence to remember';

let portaria: Portaria;
let client: { id: string; secret: string };
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria();
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  await mailsOf(portaria);
  for (const table of ['accounts', 'sessions', 'one_time_tokens', 'throttles', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
  await addPerson(portaria);
  browser = await visitor();
});
afterEach(() => void jest.restoreAllMocks());

async function visitor(): Promise<CarefulBrowser> {
  const person = new CarefulBrowser(portaria.url);
  await signIn(person, '/sign-in');
  return person;
}

async function canSignIn(password: string): Promise<boolean> {
  const person = new CarefulBrowser(portaria.url);
  const after = await person.submit(await person.get('/sign-in'), { login: 'ana', password }, '/login');
  return new URL(after.url).pathname === '/';
}

/** Tokens for the client, from a browser that is signed in. */
async function tokensFrom(person: CarefulBrowser): Promise<string> {
  const { url, verifier } = authorizationRequest(portaria, { client_id: client.id });
  const { body } = await exchange(portaria, client, codeIn(await person.get(url)), verifier);
  return body.access_token;
}

async function verify(token: string): Promise<number> {
  return (await fetch(`${portaria.url}/api/verify`, { headers: { authorization: `Bearer ${token}` } }))
    .status;
}

describe('another password', () => {
  it('ends all other sessions and all tokens, and this browser stays', async () => {
    const other = await visitor();
    const tokens = await tokensFor(portaria, client);
    const mine = await tokensFrom(browser);
    const link = await portaria.services.passwordReset
      .request('ana@example.com', { address: '192.0.2.1', locale: 'en' })
      .then(() => mailsTo(portaria, 'ana@example.com'))
      .then((mails) => /http\S+/.exec(mails.at(-1)?.text ?? '')?.[0] ?? '');
    const page = await browser.get('/account/password');
    const done = await browser.submit(page, { current: PASSWORD, password: NEXT }, '/account/password');
    expect([done.status, done.text.includes('Your password is changed')]).toEqual([200, true]);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
    expect((await other.get('/')).text).not.toContain('Hello, Ana');
    expect([await verify(tokens.access_token), await verify(mine)]).toEqual([401, 401]);
    expect([await canSignIn(PASSWORD), await canSignIn(NEXT)]).toEqual([false, true]);
    expect((await new CarefulBrowser(portaria.url).get(link)).status).toBe(410);
    const told = (await mailsTo(portaria, 'ana@example.com')).map(({ subject }) => subject);
    expect(told).toContain('Your password was changed');
    expect((await browser.get('/account/history')).text).toContain('Your password was changed');
  });

  it('lets this browser sign in to a client again', async () => {
    await tokensFrom(browser);
    const page = await browser.get('/account/password');
    await browser.submit(page, { current: PASSWORD, password: NEXT }, '/account/password');
    expect(await verify(await tokensFrom(browser))).toBe(200);
  });

  it.each([
    ['current', '', NEXT, 'Enter the password that you have now'],
    ['current', 'a wrong password', NEXT, 'not the password that you have now'],
    ['password', PASSWORD, 'short', 'Use at least 12 characters'],
    ['password', PASSWORD, '', 'Too short'],
    ['password', PASSWORD, 'ana@example.com', 'leaked passwords'],
  ])('is refused beside %s (%j, %j)', async (field, current, password, words) => {
    const page = await browser.get('/account/password');
    const again = await browser.submit(page, { current, password }, '/account/password');
    expect([again.status, again.text.includes(`id="${field}-fault"`)]).toEqual([400, true]);
    expect(again.text).toContain(words);
    expect(again.text).not.toContain(NEXT);
    expect(await canSignIn(PASSWORD)).toBe(true);
  });

  it('is a first one for whoever has none', async () => {
    await portaria.database.database.query('update accounts set password_digest = null');
    const page = await browser.get('/account/password');
    expect(page.text).not.toContain('name="current"');
    await browser.submit(page, { password: NEXT }, '/account/password');
    expect(await canSignIn(NEXT)).toBe(true);
  });

  it('counts wrong passwords as at every other door', async () => {
    const page = await browser.get('/account/password');
    browser.cookies = browser.cookies.filter(({ name }) => name !== 'portaria_device');
    const statuses = [];
    for (let turn = 0; turn < 11; turn++) {
      const fields = { current: `wrong password ${turn}`, password: NEXT };
      statuses.push((await browser.submit(page, fields, '/account/password')).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 400), 429]);
  });

  it('is one of twenty that are sent at the same moment, on two nodes', async () => {
    const second = await startAnotherNode(portaria);
    try {
      const { administration } = portaria.services;
      const account = await administration.get('ana');
      const [session] = await administration.listSessions(account.id);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, turn) =>
          (turn % 2 ? portaria : second).services.passwordChange
            .change(account, {
              current: PASSWORD,
              password: `${NEXT} ${turn}`,
              sessionUid: session?.uid ?? '',
              address: '192.0.2.1',
            })
            .then(
              () => turn,
              (error: { status: number }) => error.status,
            ),
        ),
      );
      const winners = outcomes.filter((outcome) => outcome < 20);
      expect(winners).toHaveLength(1);
      expect(await canSignIn(`${NEXT} ${winners[0]}`)).toBe(true);
    } finally {
      await second.stop();
    }
  });
});

describe('the page', () => {
  it('wants a recent sign-in, to be seen and to be sent', async () => {
    const page = await browser.get('/account/password');
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60 * 1000);
    const sent = await browser.submit(page, { current: PASSWORD, password: NEXT }, '/account/password');
    expect([sent.status, sent.text.includes('Sign in again')]).toEqual([403, true]);
    expect((await browser.get('/account/password')).url).toContain('/interaction/');
    jest.restoreAllMocks();
    expect(await canSignIn(PASSWORD)).toBe(true);
  });

  it('does nothing for a stranger, an empty form, another session’s token, or a form from elsewhere', async () => {
    const page = await browser.get('/account/password');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const fields = { csrf, current: PASSWORD, password: NEXT };
    const answers = [
      await new CarefulBrowser(portaria.url).post('/account/password', fields),
      await browser.post('/account/password', {}),
      await (await visitor()).post('/account/password', fields),
      await browser.post('/account/password', fields, { origin: 'https://evil.example' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await canSignIn(PASSWORD)).toBe(true);
  });
});
