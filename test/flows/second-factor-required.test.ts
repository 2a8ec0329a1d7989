// Roles that want a second factor, and the administrator's help for whoever has lost theirs.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authenticatorOf } from '../support/authenticator.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { mailsTo } from '../support/mailbox.ts';
import { addClient, authorizationRequest, codeIn, tokensFor, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import {
  holder,
  movableClock,
  passPassword,
  pathOf,
  secretIn,
  show,
  signInHere,
  somebody,
  wayOnIn,
} from '../support/second-factors.ts';

let portaria: Portaria;
let tickets: { id: string; secret: string };
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  portaria = await startPortaria();
  tickets = await addClient(portaria, 'tickets');
  await portaria.services.roleStore.ensure('support', ['tickets.read']);
  await portaria.services.roleStore.ensure('sales', []);
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  clock = movableClock();
  await portaria.services.roles.requireSecondFactor('support', true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function supporter() {
  const person = await somebody(portaria);
  await portaria.services.administration.update(person.id, { roles: ['support', 'sales'] });
  return person;
}

describe('whoever has a role that wants a second factor', () => {
  it('and has none, sets one up at the sign-in, before there is a session', async () => {
    const person = await supporter();
    const { browser, page } = await passPassword(portaria, person);
    expect([pathOf(page).endsWith('/second-factor/set-up'), page.text.includes('Your role needs')]).toEqual([
      true,
      true,
    ]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    const app = authenticatorOf(secretIn(page));
    const codes = await browser.submit(page, { code: app.code() }, '/set-up');
    expect(codeIn(await browser.get(wayOnIn(codes)))).toHaveLength(43);
    clock.move(30);
    const next = await passPassword(portaria, person);
    expect(codeIn(await show(next.browser, next.page, app.code()))).toHaveLength(43);
  });

  it('gets past it by no other address of the sign-in', async () => {
    const { browser, page } = await passPassword(portaria, await supporter());
    const [, , uid] = pathOf(page).split('/');
    for (const path of [`/oauth/authorize/${uid}`, `/interaction/${uid}`, `/interaction/${uid}/sign-up/done`])
      expect(new URL((await browser.get(path)).url).searchParams.get('code')).toBeNull();
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });

  it('and was signed in before the rule came, is asked at the next service; what they hold goes on until then', async () => {
    await portaria.services.roles.requireSecondFactor('support', false);
    const person = await supporter();
    const browser = new CarefulBrowser(portaria.url);
    const { access_token: token } = await tokensFor(portaria, tickets, { browser, login: person.name });
    await portaria.services.roles.requireSecondFactor('support', true);
    expect((await verify(portaria, token)).status).toBe(200);
    const request = authorizationRequest(portaria, { client_id: 'tickets' });
    expect(pathOf(await browser.get(request.url))).toMatch(/second-factor\/set-up$/);
  });

  it('is asked for nothing more once no role of theirs wants it', async () => {
    const person = await supporter();
    await portaria.services.administration.update(person.id, { roles: ['sales'] });
    expect(codeIn((await passPassword(portaria, person)).page)).toHaveLength(43);
  });
});

describe('an administrator who takes the second factors of somebody away', () => {
  it('ends what is signed in, tells the person, and the password is enough again', async () => {
    const person = await holder(portaria);
    const browser = await signInHere(portaria, person);
    const account = await portaria.services.administration.get(person.id);
    expect(await portaria.services.secondFactors.reset(account)).toBe(true);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    expect(codeIn((await passPassword(portaria, person)).page)).toHaveLength(43);
    const mails = await mailsTo(portaria, `${person.name}@example.com`);
    expect(mails.map(({ subject }) => subject)).toContain(
      'An administrator removed the second step from your account',
    );
    const rows = await portaria.services.auditStore.list({ accountId: person.id, limit: 20 });
    expect(rows.map(({ event }) => event)).toContain('second_factor.reset');
  });

  it('changes nothing where there is none', async () => {
    const person = await somebody(portaria);
    const browser = await signInHere(portaria, person);
    const account = await portaria.services.administration.get(person.id);
    expect(await portaria.services.secondFactors.reset(account)).toBe(false);
    expect((await browser.get('/')).text).not.toContain('href="/sign-in"');
  });
});
