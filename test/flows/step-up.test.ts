// Applications that want to be surer who somebody is: acr_values (RFC 9470, OpenID Connect Core §3.1.2.1) and max_age. What is asked
// for is given or refused; nothing is said that was not achieved, and nobody is signed out for it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, type JWTPayload } from 'jose';
import { MULTI_FACTOR, PHISHING_RESISTANT } from '../../src/oidc/authentication-context.ts';
import { formsOf, type Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { authenticatorOf, giveAuthenticator } from '../support/authenticator.ts';
import { addClient, authorizationRequest, codeIn, exchange, PASSWORD, postForm } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
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
  wayOnIn,
} from '../support/second-factors.ts';
import { confirmCode, poll, type DeviceAnswer } from '../support/walks.ts';

let portaria: Portaria;
let tickets: { id: string; secret: string };
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  portaria = await startPortaria();
  tickets = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterAll(() => portaria.stop());
beforeEach(() => {
  clock = movableClock();
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function idTokenFor(page: Page, verifier: string): Promise<JWTPayload> {
  const { body } = await exchange(portaria, tickets, codeIn(page), verifier);
  return decodeJwt(body.id_token ?? '');
}

async function ask(browser: CarefulBrowser, parameters: Record<string, string>) {
  const { url, verifier } = authorizationRequest(portaria, { client_id: 'tickets', ...parameters });
  return { page: await browser.get(url), verifier };
}

function errorIn(page: Page): string | null {
  return new URL(page.url).searchParams.get('error');
}

describe('acr_values', () => {
  it('are named in the metadata', async () => {
    const answer = await fetch(`${portaria.url}/.well-known/openid-configuration`);
    expect(((await answer.json()) as Record<string, unknown>)['acr_values_supported']).toEqual([
      MULTI_FACTOR,
      PHISHING_RESISTANT,
    ]);
  });

  it('ask somebody who is signed in for the second step alone, and the ID token says so', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const app = authenticatorOf(portaria.services.totp.newSecret());
    await portaria.services.totp.add(person.id, app.secret, app.code(-1));
    clock.move(100);
    const { page, verifier } = await ask(browser, { acr_values: MULTI_FACTOR });
    expect([pathOf(page).endsWith('/second-factor'), page.text.includes('type="password"')]).toEqual([
      true,
      false,
    ]);
    const now = Math.floor(Date.now() / 1000);
    const claims = await idTokenFor(await show(browser, page, app.code()), verifier);
    expect(claims).toMatchObject({ acr: MULTI_FACTOR, amr: ['pwd', 'otp', 'mfa'], sub: person.id });
    // A second proof makes a session surer, not younger.
    expect(Number(claims['auth_time'])).toBeLessThan(now - 50);
    // From now on it is enough.
    const again = await ask(browser, { acr_values: MULTI_FACTOR, prompt: 'none' });
    expect((await idTokenFor(again.page, again.verifier))['acr']).toBe(MULTI_FACTOR);
    const rows = await portaria.services.auditStore.list({ accountId: person.id, limit: 20 });
    expect(rows.filter(({ event }) => event === 'sign_in.stepped_up')).toHaveLength(1);
    expect(rows.filter(({ event }) => event === 'sign_in.succeeded')).toHaveLength(1);
  });

  it('are part of a sign-in that begins now; who did not ask is told nothing of it', async () => {
    const person = await holder(portaria);
    const { browser, page, verifier } = await passPassword(portaria, person, { acr_values: MULTI_FACTOR });
    const claims = await idTokenFor(await show(browser, page, person.app.code()), verifier);
    expect(claims).toMatchObject({ acr: MULTI_FACTOR, amr: ['pwd', 'otp', 'mfa'] });
    const plain = await ask(browser, {});
    const told = await idTokenFor(plain.page, plain.verifier);
    expect([told['acr'], told['amr'], told['auth_time']]).toEqual([undefined, undefined, undefined]);
  });

  it('are a choice: the first that was achieved is the answer, and unknown ones beside it do no harm', async () => {
    const person = await holder(portaria);
    const { browser, page, verifier } = await passPassword(portaria, person, {
      acr_values: `urn:example:unknown ${PHISHING_RESISTANT} ${MULTI_FACTOR}`,
    });
    const claims = await idTokenFor(await show(browser, page, person.app.code()), verifier);
    expect(claims['acr']).toBe(MULTI_FACTOR);
  });

  it('that nobody here can achieve are refused before anybody signs in (RFC 9470 §5)', async () => {
    const { page } = await ask(new CarefulBrowser(portaria.url), { acr_values: 'urn:example:unknown' });
    expect(errorIn(page)).toBe('unmet_authentication_requirements');
  });

  it('that a code is not enough for are not answered with a code', async () => {
    const person = await holder(portaria);
    const { browser, page } = await passPassword(portaria, person, { acr_values: PHISHING_RESISTANT });
    expect(page.text).toContain('needs a passkey');
    const forged = await browser.post(page.url.replace('/set-up', ''), {
      csrf: formsOf(page.text)[0]?.fields['csrf'] ?? '',
      code: person.app.code(),
    });
    expect(codeOrNothing(forged)).toBeNull();
    const back = await browser.submit(page, {}, '/abort');
    expect(errorIn(back)).toBe('unmet_authentication_requirements');
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });

  it('with prompt=none: login_required for a stranger, interaction_required for whoever is not sure enough', async () => {
    const stranger = new CarefulBrowser(portaria.url);
    const asked = { acr_values: MULTI_FACTOR, prompt: 'none' };
    expect(errorIn((await ask(stranger, asked)).page)).toBe('login_required');
    const browser = await signInHere(portaria, await somebody(portaria));
    expect(errorIn((await ask(browser, asked)).page)).toBe('interaction_required');
    // They are still signed in.
    expect(codeIn((await ask(browser, { prompt: 'none' })).page)).toHaveLength(43);
  });

  it('are not taken out of a request on the way: what counts is what the application sent', async () => {
    const browser = await signInHere(portaria, await holder(portaria));
    const person = await somebody(portaria);
    const asked = await passPassword(portaria, person, { acr_values: MULTI_FACTOR });
    const [, , uid] = pathOf(asked.page).split('/');
    for (const query of ['?acr_values=', `?acr_values=${PHISHING_RESISTANT}`, '']) {
      const tried = await asked.browser.get(`/oauth/authorize/${uid}${query}`);
      expect(codeOrNothing(tried)).toBeNull();
    }
    const twice = authorizationRequest(portaria, { client_id: 'tickets', acr_values: PHISHING_RESISTANT });
    expect(codeOrNothing(await browser.get(`${twice.url}&acr_values=${MULTI_FACTOR}`))).toBeNull();
  });

  it('that a client always wants need not be asked for', async () => {
    const strict = await addClient(portaria, 'strict');
    await portaria.database.database.query(
      `update clients set metadata = metadata || jsonb_build_object('default_acr_values', jsonb_build_array($1::text)) where id = 'strict'`,
      [MULTI_FACTOR],
    );
    const browser = await signInHere(portaria, await somebody(portaria));
    const { page } = await ask(browser, { client_id: strict.id, prompt: 'none' });
    expect(errorIn(page)).toBe('interaction_required');
  });

  it('count for a program that signs in by device code too', async () => {
    const person = await holder(portaria);
    const { body: device } = await postForm<DeviceAnswer>(`${portaria.url}/oauth/device_authorization`, {
      client_id: 'cli',
      scope: 'openid',
      acr_values: MULTI_FACTOR,
    });
    const browser = new CarefulBrowser(portaria.url);
    const asked = await confirmCode(browser, device);
    const second = await browser.submit(asked, { login: person.name, password: PASSWORD }, '/login');
    expect(pathOf(second)).toMatch(/second-factor$/);
    await browser.submit(await show(browser, second, person.app.code()), { decision: 'allow' }, '/consent');
    clock.move(6);
    const { body } = await poll(portaria, 'cli', device);
    expect(decodeJwt(body.id_token ?? '')).toMatchObject({ acr: MULTI_FACTOR, amr: ['pwd', 'otp', 'mfa'] });
  });
});

it('a session that got surer has a new name: whoever has planted the old one has nothing', async () => {
  const person = await holder(portaria);
  await portaria.services.administration.update(person.id, { name: 'Planted' });
  const browser = new CarefulBrowser(portaria.url);
  await browser.get('/sign-in');
  const planted = browser.cookies.map((cookie) => ({ ...cookie }));
  await signInHere(portaria, person, browser);
  const thief = new CarefulBrowser(portaria.url);
  thief.cookies = planted;
  expect((await thief.get('/')).text).not.toContain('Planted');
  const before = browser.cookies.map((cookie) => ({ ...cookie }));
  const { page } = await ask(browser, { acr_values: MULTI_FACTOR, prompt: 'login' });
  const second = await browser.submit(page, { login: person.name, password: PASSWORD }, '/login');
  clock.move(30);
  codeIn(await show(browser, second, person.app.code()));
  thief.cookies = before;
  expect((await thief.get('/')).text).not.toContain('Planted');
  expect((await browser.get('/')).text).toContain('Planted');
});

it('a program on a device that asks for what nobody can achieve gets nothing, and the person a page', async () => {
  const { body: device } = await postForm<DeviceAnswer>(`${portaria.url}/oauth/device_authorization`, {
    client_id: 'cli',
    scope: 'openid',
    acr_values: 'urn:example:unknown',
  });
  const page = await confirmCode(new CarefulBrowser(portaria.url), device);
  expect([page.status >= 400 && page.status < 500, page.text.includes('type="password"')]).toEqual([
    true,
    false,
  ]);
  clock.move(6);
  expect((await poll(portaria, 'cli', device)).status).toBe(400);
});

it('an app that was set up asks in every browser that was signed in before, at the next service', async () => {
  const person = await somebody(portaria);
  const thief = await signInHere(portaria, person);
  expect(codeIn((await ask(thief, {})).page)).toHaveLength(43);
  const app = await giveAuthenticator(portaria, person.id);
  expect(errorIn((await ask(thief, { prompt: 'none' })).page)).toBe('interaction_required');
  const { page, verifier } = await ask(thief, {});
  expect(pathOf(page)).toMatch(/second-factor$/);
  expect((await idTokenFor(await show(thief, page, app.code()), verifier))['sub']).toBe(person.id);
  expect(codeIn((await ask(thief, { prompt: 'none' })).page)).toHaveLength(43);
});

describe('whoever has no second factor', () => {
  it('sets one up on the way, after a password of now, and goes on with codes on paper', async () => {
    const person = await somebody(portaria);
    const { browser, page, verifier } = await passPassword(portaria, person, { acr_values: MULTI_FACTOR });
    expect([pathOf(page).endsWith('/second-factor/set-up'), page.text.includes('Example Tickets')]).toEqual([
      true,
      true,
    ]);
    const app = authenticatorOf(secretIn(page));
    const wrong = await browser.submit(page, { code: authenticatorOf('A'.repeat(32)).code() }, '/set-up');
    expect([wrong.status, secretIn(wrong)]).toEqual([400, app.secret]);
    const codes = await browser.submit(wrong, { code: app.code() }, '/set-up');
    expect(recoveryCodesIn(codes)).toHaveLength(10);
    const done = await browser.get(wayOnIn(codes));
    expect(await idTokenFor(done, verifier)).toMatchObject({ acr: MULTI_FACTOR });
    // From now on it is asked for, and the code of the set-up is used.
    const next = await passPassword(portaria, person);
    expect((await show(next.browser, next.page, app.code())).status).toBe(400);
    expect(codeIn(await show(next.browser, next.page, recoveryCodesIn(codes)[0] ?? ''))).toHaveLength(43);
  });

  it('at a session of a while ago signs in once more first: whoever sits there may be anybody', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    clock.move(11 * 60);
    const { page } = await ask(browser, { acr_values: MULTI_FACTOR });
    expect([page.text.includes('sign in once more'), page.text.includes('type="password"')]).toEqual([
      true,
      true,
    ]);
    const setUp = page.url.replace(/\?.*/, '/second-factor/set-up');
    expect(pathOf(await browser.get(setUp))).not.toMatch(/set-up$/);
    const signedIn = await browser.submit(page, { login: person.name, password: PASSWORD }, '/login');
    expect(pathOf(signedIn)).toMatch(/set-up$/);
  });
});

it('max_age asks for everything again: both steps', async () => {
  const person = await holder(portaria);
  const browser = await signInHere(portaria, person);
  clock.move(600);
  const { page, verifier } = await ask(browser, { max_age: '300', acr_values: MULTI_FACTOR });
  expect(page.text).toContain('type="password"');
  const second = await browser.submit(page, { login: person.name, password: PASSWORD }, '/login');
  const claims = await idTokenFor(await show(browser, second, person.app.code()), verifier);
  expect(Date.now() / 1000 - Number(claims['auth_time'])).toBeLessThan(30);
  expect(claims['acr']).toBe(MULTI_FACTOR);
});

function codeOrNothing(page: Page): string | null {
  return new URL(page.url).searchParams.get('code');
}
