// The second step of a sign-in: asked for after whatever first proof, good for this browser, for minutes and once. Whoever lacks it
// has nothing.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authenticatorOf, giveAuthenticator, type Authenticator } from '../../support/authenticator.ts';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { linkTo } from '../../support/mailbox.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  PASSWORD,
  signIn,
} from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';

let portaria: Portaria;
let people = 0;
/** Seconds. */
let moved = 0;

beforeAll(async () => {
  portaria = await startPortaria();
  await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterAll(() => portaria.stop());
beforeEach(() => {
  moved = 0;
  // A step of time may end between two requests: stories begin in the middle of one.
  move((45 - (Math.floor(Date.now() / 1000) % 30)) % 30);
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved * 1000);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await portaria.database.database.query('delete from throttles');
});

interface Person {
  id: string;
  name: string;
  app: Authenticator;
}

async function somebody(): Promise<Person> {
  const name = `person${(people += 1)}`;
  const id = await addPerson(portaria, name);
  return { id, name, app: await giveAuthenticator(portaria, id) };
}

/** The password is right: what is asked for next. */
async function askedFor({ name }: Pick<Person, 'name'>, browser = new CarefulBrowser(portaria.url)) {
  const request = authorizationRequest(portaria, { client_id: 'tickets' });
  const page = await signIn(browser, request.url, name);
  expect([page.status, new URL(page.url).pathname.endsWith('/second-factor')]).toEqual([200, true]);
  return { browser, page };
}

function show(browser: CarefulBrowser, page: Page, code: string): Promise<Page> {
  return browser.submit(page, { code }, '/second-factor');
}

async function expectNobody(browser: CarefulBrowser): Promise<void> {
  expect((await browser.get('/')).text).toContain('href="/sign-in"');
}

function move(seconds: number): void {
  moved += seconds;
}

describe('the code of the app', () => {
  it('ends the sign-in that the password began', async () => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    await expectNobody(browser);
    expect(codeIn(await show(browser, page, person.app.code()))).toHaveLength(43);
    expect((await browser.get('/')).text).not.toContain('href="/sign-in"');
    // The same form once more.
    const twice = await show(browser, page, person.app.code(1));
    expect([twice.status, twice.text.includes('action="/interaction/')]).toEqual([400, false]);
  });

  it.each([-1, 1])('of the step next to this one (%d) is good too, for clocks that differ', async (steps) => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    const spaced = person.app.code(steps).replace(/^.../, '$& ');
    expect(codeIn(await show(browser, page, spaced))).toHaveLength(43);
  });

  it.each([-2, 2])('of two steps away (%d) is not', async (steps) => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    const refused = await show(browser, page, person.app.code(steps));
    expect([refused.status, refused.text.includes('This code is not right')]).toEqual([400, true]);
    await expectNobody(browser);
  });

  it('works once, and so does every earlier one from then on', async () => {
    const person = await somebody();
    const first = await askedFor(person);
    codeIn(await show(first.browser, first.page, person.app.code()));
    const second = await askedFor(person);
    for (const steps of [0, -1])
      expect((await show(second.browser, second.page, person.app.code(steps))).status).toBe(400);
    await expectNobody(second.browser);
    expect(codeIn(await show(second.browser, second.page, person.app.code(1)))).toHaveLength(43);
  });

  it('is used by one of fifty at once, over two processes', async () => {
    const { id, app } = await somebody();
    const other = await startAnotherNode(portaria);
    try {
      const code = app.code();
      const tries = Array.from({ length: 50 }, (_, turn) =>
        (turn % 2 ? portaria : other).services.totp.use(id, code),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });
});

describe('a wrong code', () => {
  it('is said beside the field, written down, and counts with wrong passwords', async () => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    expect((await show(browser, page, '')).text).toContain('Enter the code.');
    for (let turn = 0; turn < 10; turn++)
      expect((await show(browser, page, authenticatorOf('A'.repeat(32)).code())).status).toBe(400);
    const closed = await show(browser, page, person.app.code());
    expect([closed.status, Number(closed.headers.get('retry-after')) > 0]).toEqual([429, true]);
    const stranger = new CarefulBrowser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: 'tickets' });
    expect((await signIn(stranger, request.url, person.name)).status).toBe(429);
    const rows = await portaria.services.auditStore.list({ accountId: person.id, limit: 50 });
    const refused = rows.filter(({ details }) => (details as { reason?: string }).reason === 'wrong_code');
    expect(refused).toHaveLength(10);
  });

  it('is taken from strangers a hundred times a month; a code on paper still lets the person in', async () => {
    const person = await somebody();
    const { id, app } = person;
    const { secondFactors, administration } = portaria.services;
    const { database } = portaria.database;
    const account = await administration.get(id);
    const [paper = ''] = await secondFactors.renewRecoveryCodes(account);
    for (let turn = 0; turn < 100; turn++) {
      if (turn % 9 === 0) await database.query("delete from throttles where key like 'attempts%'");
      const attempt = { code: '000000', address: `192.0.2.${turn}` };
      expect(await secondFactors.proveByCode(account, attempt)).toBeUndefined();
    }
    await database.query("delete from throttles where key like 'attempts%'");
    const { browser, page } = await askedFor(person);
    const closed = await show(browser, page, app.code());
    expect([closed.status, closed.text.includes('It works again in 30 days.')]).toEqual([429, true]);
    expect(codeIn(await show(browser, page, paper))).toHaveLength(43);
  });

  it('of a stranger holds up nobody at a browser where they have signed in before', async () => {
    const person = await somebody();
    const known = await askedFor(person);
    codeIn(await show(known.browser, known.page, person.app.code()));
    await portaria.services.administration.signOut(person.id);
    const stranger = await askedFor(person);
    for (let turn = 0; turn < 11; turn++) await show(stranger.browser, stranger.page, '000000');
    move(60);
    const again = await askedFor(person, known.browser);
    expect(codeIn(await show(again.browser, again.page, person.app.code()))).toHaveLength(43);
  });
});

describe('the first proof waits', () => {
  it('in no other browser', async () => {
    const person = await somebody();
    const { page } = await askedFor(person);
    const thief = new CarefulBrowser(portaria.url);
    expect((await thief.get(page.url)).status).toBe(400);
    expect((await show(thief, page, person.app.code())).status).toBe(400);
    await expectNobody(thief);
  });

  it('for minutes, and for one sign-in', async () => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    move(11 * 60);
    const late = await show(browser, page, person.app.code());
    expect([late.status, late.text.includes('This step is over')]).toEqual([410, true]);
    await expectNobody(browser);
  });

  it('and is no sign-in when the browser goes on without the second one', async () => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    const [, , uid] = new URL(page.url).pathname.split('/');
    const asked = await browser.get(`/oauth/authorize/${uid}`);
    expect(new URL(asked.url).pathname).toMatch(/^\/interaction\/[^/]+$/);
    expect((await browser.get(`${asked.url}/second-factor`)).status).toBe(410);
    await expectNobody(browser);
  });

  it('until another one takes its place: the form of before is not taken any more', async () => {
    const [ana, bento] = [await somebody(), await somebody()];
    const { browser, page } = await askedFor(ana);
    const form = await browser.get(page.url.replace('/second-factor', ''));
    await browser.submit(form, { login: bento.name, password: PASSWORD }, '/login');
    expect((await show(browser, page, bento.app.code())).status).toBe(403);
    expect((await show(browser, page, ana.app.code())).status).toBe(403);
    await expectNobody(browser);
  });

  it.each([
    ['the password is reset by mail', resetPassword],
    ['the account is blocked', ({ id }: Person) => portaria.services.administration.block(id)],
    [
      'everything of the person is signed out',
      ({ id }: Person) => portaria.services.administration.signOut(id),
    ],
  ])('until %s', async (_, end) => {
    const person = await somebody();
    const { browser, page } = await askedFor(person);
    await end(person);
    expect((await show(browser, page, person.app.code())).status).toBe(400);
    await expectNobody(browser);
  });

  it('and no other page signs the browser in meanwhile: not a new password, not a confirmed address, not an invitation', async () => {
    const { name, id } = await somebody();
    const { browser } = await askedFor({ name });
    await resetPassword({ name }, browser);
    await expectNobody(browser);
    const { emailChange, administration, signUp } = portaria.services;
    const asker = { address: '192.0.2.1', locale: 'en' };
    await emailChange.request(await administration.get(id), `new-${name}@example.com`, asker);
    const opened = await browser.get(await linkTo(portaria, `new-${name}@example.com`));
    expect((await browser.submit(opened, {})).url).toContain('/done');
    await expectNobody(browser);
    const { link } = await signUp.invite(`guest-${name}@example.com`, { lifeSeconds: 60, locale: 'en' });
    const form = await browser.get(link);
    await browser.submit(form, { name: 'Guest', password: 'a sentence that nobody else says' });
    await expectNobody(browser);
  });

  it('but nobody comes to it without a first proof', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/sign-in');
    const early = await browser.get(`${page.url}/second-factor`);
    expect([early.status, early.text.includes('This step is over')]).toEqual([410, true]);
  });
});

async function resetPassword(
  { name }: Pick<Person, 'name'>,
  browser = new CarefulBrowser(portaria.url),
): Promise<void> {
  await browser.submit(await browser.get('/reset-password'), { email: `${name}@example.com` });
  const link = await browser.get(await linkTo(portaria, `${name}@example.com`));
  await browser.submit(link, { password: 'another sentence of mine' });
}
