// How young and how sure a session is: only what somebody has proved in it makes it so. No other page does, not a consent, not an old
// page of a second step; and whoever was signed in by one proof before two were wanted does nothing dangerous with it.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { MULTI_FACTOR, PHISHING_RESISTANT } from '../../src/oidc/authentication-context.ts';
import { authenticatorOf, giveAuthenticator } from '../support/authenticator.ts';
import { formsOf, type Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPasskey, givePasskey, PASSKEYS, usePasskey } from '../support/passkeys.ts';
import { addClient, authorizationRequest, codeIn, exchange } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import {
  movableClock,
  passPassword,
  pathOf,
  secretIn,
  show,
  signInHere,
  somebody,
} from '../support/second-factors.ts';
import { SoftAuthenticator } from '../support/soft-authenticator.ts';

let portaria: Portaria;
let theirs: { id: string; secret: string };
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  portaria = await startPortaria();
  await addClient(portaria, 'tickets');
  theirs = await addClient(portaria, 'theirs', { isFirstParty: false });
  await portaria.services.roleStore.ensure('support', []);
  await portaria.services.roles.requireSecondFactor('support', true);
});
afterAll(() => portaria.stop());
beforeEach(() => {
  clock = movableClock();
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function ask(browser: CarefulBrowser, parameters: Record<string, string>): Promise<Page> {
  return browser.get(authorizationRequest(portaria, { client_id: 'tickets', ...parameters }).url);
}

function errorIn(page: Page): string | null {
  return new URL(page.url).searchParams.get('error');
}

async function signInsOf(accountId: string): Promise<string[]> {
  const rows = await portaria.services.auditStore.list({ accountId, limit: 20 });
  return rows.map(({ event }) => event).filter((event) => event.startsWith('sign_in.'));
}

describe('a page of consent that was open for long', () => {
  it('makes nobody young: whoever finds it open allows what it asks, and no more', async () => {
    const person = await somebody(portaria);
    const signedInAt = Math.floor(Date.now() / 1000);
    const { browser, page, verifier } = await passPassword(portaria, person, {
      client_id: theirs.id,
      max_age: '3600',
    });
    clock.move(50 * 60);
    const done = await browser.submit(page, { decision: 'allow' }, '/consent');
    const { body } = await exchange(portaria, theirs, codeIn(done), verifier);
    expect(Number(decodeJwt(body.id_token ?? '')['auth_time']) - signedInAt).toBeLessThan(60);
    expect(pathOf(await browser.get('/account/email'))).toMatch(/^\/interaction\//);
  });

  it('is no sign-in of its own, after a second step neither', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const app = await giveAuthenticator(portaria, person.id);
    const second = await ask(browser, { client_id: theirs.id, acr_values: MULTI_FACTOR });
    codeIn(await browser.submit(await show(browser, second, app.code()), { decision: 'allow' }, '/consent'));
    expect(await signInsOf(person.id)).toEqual(['sign_in.stepped_up', 'sign_in.succeeded']);
  });
});

it('a page of the second step that was open for longer than the application allows (max_age) is over', async () => {
  const person = await somebody(portaria);
  const browser = await signInHere(portaria, person);
  const app = await giveAuthenticator(portaria, person.id);
  const page = await ask(browser, { max_age: '300' });
  expect(pathOf(page)).toMatch(/second-factor$/);
  clock.move(301);
  const over = await show(browser, page, app.code());
  expect([
    over.status,
    over.text.includes(`href="${pathOf(page).replace('/second-factor', '?other=yes')}"`),
  ]).toEqual([410, true]);
});

describe('a session of one proof, once two are wanted', () => {
  it.each([
    ['by an app', (id: string) => giveAuthenticator(portaria, id)],
    ['by a role', (id: string) => portaria.services.administration.update(id, { roles: ['support'] })],
  ])('%s, adds no passkey, however young it is: that would be a way past both', async (_, want) => {
    const person = await somebody(portaria);
    const thief = await signInHere(portaria, person);
    const form = formsOf((await thief.get(PASSKEYS)).text).find(({ fields }) => 'answer' in fields);
    await want(person.id);
    await expect(addPasskey(thief, new SoftAuthenticator(portaria.url))).rejects.toThrow();
    const sent = await thief.post(`${PASSKEYS}/options`, { csrf: form?.fields['csrf'] ?? '' });
    expect([sent.status, sent.text.includes('Nothing was changed')]).toEqual([403, true]);
    expect(await portaria.services.passkeys.list(person.id)).toEqual([]);
    for (const path of ['/account/email', '/account/password'])
      expect(pathOf(await thief.get(path))).toMatch(/\/second-factor(\/set-up)?$/);
  });

  it('does so after the second one', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const app = await giveAuthenticator(portaria, person.id);
    const href = /href="(\/sign-in\?[^"]+)"/.exec((await browser.get(PASSKEYS)).text)?.[1] ?? '';
    const second = await browser.get(href.replaceAll('&amp;', '&'));
    expect(pathOf(await show(browser, second, app.code()))).toBe(PASSKEYS);
    await addPasskey(browser, new SoftAuthenticator(portaria.url));
    expect(await portaria.services.passkeys.list(person.id)).toHaveLength(1);
  });
});

it('a session that began with a passkey is as sure as before when an app is set up in it', async () => {
  const person = await somebody(portaria);
  const device = await givePasskey(portaria, person.id);
  const browser = new CarefulBrowser(portaria.url);
  await usePasskey(browser, await browser.get('/sign-in'), device);
  const page = await browser.get('/account/second-factor/set-up');
  await browser.submit(page, { code: authenticatorOf(secretIn(page)).code() }, '/set-up');
  const asked = await ask(browser, { acr_values: PHISHING_RESISTANT, prompt: 'none' });
  expect([errorIn(asked), codeIn(asked).length]).toEqual([null, 43]);
});
