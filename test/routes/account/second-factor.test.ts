// What people do with their second step: set it up, read its codes once, make new ones, take it away. Whoever only sits at somebody's
// session does none of it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authenticatorOf, giveAuthenticator } from '../../support/authenticator.ts';
import { formsOf, type Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { addClient, authorizationRequest, codeIn } from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';
import {
  holder,
  movableClock,
  passPassword,
  pathOf,
  recoveryCodesIn,
  secretIn,
  show,
  signInHere,
  somebody,
} from '../../support/second-factors.ts';

const PATH = '/account/second-factor';

let portaria: Portaria;
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  portaria = await startPortaria();
  await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(() => {
  clock = movableClock();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await portaria.database.database.query('delete from throttles');
});

/** With a code of the app: the page that follows. */
async function setUp(browser: CarefulBrowser) {
  const page = await browser.get(`${PATH}/set-up`);
  const app = authenticatorOf(secretIn(page));
  return { app, page, done: await browser.submit(page, { code: app.code() }, '/set-up') };
}

async function factorsOf(id: string) {
  const { appSince, recoveryCodes } = await portaria.services.secondFactors.describe(id);
  return [appSince !== undefined, recoveryCodes];
}

describe('setting up an app', () => {
  it('shows a picture and a key, wants the first code, and then shows ten codes once; the person is told by mail', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const { page, done } = await setUp(browser);
    expect([page.text.includes('<svg'), /otpauth:\/\/totp\/localhost/.test(page.text)]).toEqual([true, true]);
    expect([done.status, recoveryCodesIn(done).length]).toEqual([200, 10]);
    expect(await factorsOf(person.id)).toEqual([true, 10]);
    expect((await browser.get(PATH)).text).not.toMatch(/[a-z2-7]{4}-[a-z2-7]{4}-/);
    expect(await subjectsTo(person.name)).toContain('A second step was added to your account');
    const kept = JSON.stringify(await portaria.database.database.query('select * from totp_secrets'));
    expect(kept).not.toContain(secretIn(page));
  });

  it('takes no other code, and begins nothing', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const page = await browser.get(`${PATH}/set-up`);
    for (const code of ['', '000000', 'a recovery code']) {
      const refused = await browser.submit(page, { code }, '/set-up');
      expect([refused.status, secretIn(refused)]).toEqual([400, secretIn(page)]);
    }
    expect(await factorsOf(person.id)).toEqual([false, 0]);
  });

  it('takes no key but its own: not of another person, not of another session, not of an hour ago', async () => {
    const [person, thief] = [await somebody(portaria), await somebody(portaria)];
    const [browser, other] = [await signInHere(portaria, person), await signInHere(portaria, thief)];
    const [page, theirs] = [await browser.get(`${PATH}/set-up`), await other.get(`${PATH}/set-up`)];
    const forged = { set_up: fieldOf(theirs, 'set_up'), code: authenticatorOf(secretIn(theirs)).code() };
    const refused = await browser.submit(page, forged, '/set-up');
    expect([refused.status, refused.text.includes('This took too long')]).toEqual([410, true]);
    const again = await signInHere(portaria, person);
    const elsewhere = await again.get(`${PATH}/set-up`);
    const own = { set_up: fieldOf(page, 'set_up'), code: authenticatorOf(secretIn(page)).code() };
    expect((await again.submit(elsewhere, own, '/set-up')).status).toBe(410);
    expect(await factorsOf(person.id)).toEqual([false, 0]);
  });

  it('wants a sign-in of minutes ago', async () => {
    const browser = await signInHere(portaria, await somebody(portaria));
    const page = await browser.get(`${PATH}/set-up`);
    clock.move(11 * 60);
    expect(pathOf(await browser.get(`${PATH}/set-up`))).toMatch(/^\/interaction\//);
    const code = authenticatorOf(secretIn(page)).code();
    expect((await browser.submit(page, { code }, '/set-up')).status).toBe(403);
  });

  it('happens once: a second tab does not replace the app of the first', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const late = await browser.get(`${PATH}/set-up`);
    const { app } = await setUp(browser);
    const refused = await browser.submit(late, { code: authenticatorOf(secretIn(late)).code() }, '/set-up');
    expect(refused.status).toBe(409);
    clock.move(30);
    const { browser: next, page } = await passPassword(portaria, person);
    expect(codeIn(await show(next, page, app.code()))).toHaveLength(43);
  });
});

describe('what is there', () => {
  it('can be changed at once by whoever has just set it up: they have shown it', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    await setUp(browser);
    const { url } = authorizationRequest(portaria, { client_id: 'tickets', prompt: 'none' });
    expect(codeIn(await browser.get(url))).toHaveLength(43);
    expect((await browser.submit(await browser.get(PATH), {}, '/remove')).text).toContain('are removed');
  });

  it('is changed by nobody who has not shown it: a session without the second step is asked for it first', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const app = await giveAuthenticator(portaria, person.id);
    const page = await browser.get(PATH);
    expect(page.text).not.toContain(`action="${PATH}/remove"`);
    const csrf = fieldOf(await browser.get('/account'), 'csrf');
    for (const path of ['remove', 'codes']) {
      const refused = await browser.post(`${PATH}/${path}`, { csrf });
      expect([refused.status, refused.text.includes('Nothing was changed')]).toEqual([403, true]);
    }
    expect(await factorsOf(person.id)).toEqual([true, 0]);
    clock.move(30);
    const href = /href="(\/sign-in\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const asked = await browser.get(href);
    expect(pathOf(asked)).toMatch(/second-factor$/);
    const back = await show(browser, asked, app.code());
    expect([pathOf(back), back.text.includes(`action="${PATH}/remove"`)]).toEqual([PATH, true]);
  });

  it('goes when the person removes it: the app, and the codes on paper with it', async () => {
    const person = await holder(portaria);
    const browser = await signInHere(portaria, person);
    const removed = await browser.submit(await browser.get(PATH), {}, '/remove');
    expect(removed.text).toContain('are removed');
    expect(await factorsOf(person.id)).toEqual([false, 0]);
    expect(await subjectsTo(person.name)).toContain('The second step was removed from your account');
    expect(codeIn((await passPassword(portaria, person)).page)).toHaveLength(43);
  });
});

describe('a recovery code', () => {
  async function holderOfCodes() {
    const person = await holder(portaria);
    const browser = await signInHere(portaria, person);
    const codes = recoveryCodesIn(await browser.submit(await browser.get(PATH), {}, '/codes'));
    return { ...person, browser, codes };
  }

  it('lets the person in once, however it is typed, and they are told', async () => {
    const { codes, ...person } = await holderOfCodes();
    const { browser, page } = await passPassword(portaria, person);
    const typed = ` ${codes[3]?.replaceAll('-', ' ').toUpperCase().replaceAll('O', '0')} `;
    expect(codeIn(await show(browser, page, typed))).toHaveLength(43);
    expect(await factorsOf(person.id)).toEqual([true, 9]);
    expect(await subjectsTo(person.name)).toContain('A recovery code of yours was used');
    const second = await passPassword(portaria, person);
    expect((await show(second.browser, second.page, codes[3] ?? '')).status).toBe(400);
  });

  it('is used by one of thirty at once, over two processes', async () => {
    const { codes, id } = await holderOfCodes();
    const other = await startAnotherNode(portaria);
    try {
      const account = await portaria.services.administration.get(id);
      const tries = Array.from({ length: 30 }, (_, turn) =>
        (turn % 2 ? portaria : other).services.secondFactors.proveByCode(account, {
          code: codes[0] ?? '',
          address: `192.0.2.${turn}`,
        }),
      );
      const outcomes = await Promise.allSettled(tries);
      expect(
        outcomes.filter((one) => one.status === 'fulfilled' && one.value === 'recovery_code'),
      ).toHaveLength(1);
      expect(await factorsOf(id)).toEqual([true, 9]);
    } finally {
      await other.stop();
    }
  });

  it('of a set before the newest is worth nothing', async () => {
    const { codes, browser, ...person } = await holderOfCodes();
    const renewed = await browser.submit(await browser.get(PATH), {}, '/codes');
    expect(recoveryCodesIn(renewed)).toHaveLength(10);
    const next = await passPassword(portaria, person);
    expect((await show(next.browser, next.page, codes[0] ?? '')).status).toBe(400);
  });

  it('of somebody else is worth nothing', async () => {
    const [{ codes }, person] = [await holderOfCodes(), await holder(portaria)];
    const { browser, page } = await passPassword(portaria, person);
    expect((await show(browser, page, codes[0] ?? '')).status).toBe(400);
  });
});

it('an account page needs somebody signed in', async () => {
  const stranger = new CarefulBrowser(portaria.url);
  expect(pathOf(await stranger.get(PATH))).toMatch(/^\/interaction\//);
});

async function subjectsTo(name: string): Promise<string[]> {
  return (await mailsTo(portaria, `${name}@example.com`)).map(({ subject }) => subject);
}

function fieldOf(page: Page, name: string): string {
  const form = formsOf(page.text).find(({ fields }) => fields[name] !== undefined);
  return form?.fields[name] ?? '';
}
