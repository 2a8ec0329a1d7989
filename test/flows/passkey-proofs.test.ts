// A passkey as one proof among others: the second of a sign-in, what an application asks for, and what shows whose an account is before
// something is linked to it. It is good for the step that asked for it, and for the account that it belongs to.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, type JWTPayload } from 'jose';
import { MULTI_FACTOR, PHISHING_RESISTANT } from '../../src/oidc/authentication-context.ts';
import { giveAuthenticator } from '../support/authenticator.ts';
import { formsOf, type Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  askedForProof,
  atGithub,
  linkedTo,
  somebody,
  startLinkingHouse,
  type LinkingHouse,
} from '../support/linking.ts';
import { mailsTo } from '../support/mailbox.ts';
import { answerWith, askedBy, givePasskey, refusalsIn, usePasskey } from '../support/passkeys.ts';
import { addClient, authorizationRequest, codeIn, exchange } from '../support/people.ts';
import { startAnotherNode, type Portaria } from '../support/portaria.ts';
import { passPassword, pathOf } from '../support/second-factors.ts';
import { SoftAuthenticator, type Lies } from '../support/soft-authenticator.ts';

let house: LinkingHouse;
let portaria: Portaria;
let elsewhere: Portaria;
let notes: { id: string; secret: string };

beforeAll(async () => {
  house = await startLinkingHouse();
  ({ portaria } = house);
  elsewhere = await startAnotherNode(portaria);
  notes = await addClient(portaria, 'notes', { name: 'Example Notes' });
});
afterAll(async () => {
  await elsewhere.stop();
  await house.stop();
});

/** With a password, a passkey, and an app where there are to be two steps. */
async function holder({ hasApp = true } = {}) {
  const person = await somebody(house);
  if (hasApp) await giveAuthenticator(portaria, person.id);
  return { ...person, device: await givePasskey(portaria, person.id) };
}

/** Past the password, at the second step. */
async function atSecondStep(person: { id: string; name: string }, parameters = {}) {
  const step = await passPassword(portaria, person, { client_id: notes.id, ...parameters });
  expect([step.page.status, pathOf(step.page).endsWith('/second-factor')]).toEqual([200, true]);
  return step;
}

/** At the page where something is set up. */
async function makePasskey(
  { browser, page }: { browser: CarefulBrowser; page: Page },
  device: SoftAuthenticator,
  lies: Lies = {},
): Promise<Page> {
  const options = await askedBy<Parameters<SoftAuthenticator['create']>[0]>(browser, page);
  return answerWith(browser, page, device.create(options, lies));
}

async function idTokenFor(page: Page, verifier: string): Promise<JWTPayload> {
  const { body } = await exchange(portaria, notes, codeIn(page), verifier);
  return decodeJwt(body.id_token ?? '');
}

describe('the second proof', () => {
  it('is a passkey of this account, for whoever has one', async () => {
    const { device, ...person } = await holder();
    const { browser, page, verifier } = await atSecondStep(person, { acr_values: MULTI_FACTOR });
    expect(page.text).toContain('Use a passkey');
    expect(await askedBy(browser, page)).toMatchObject({
      allowCredentials: [{ id: device.id }],
      userVerification: 'required',
    });
    expect(await idTokenFor(await usePasskey(browser, page, device), verifier)).toMatchObject({
      sub: person.id,
      acr: MULTI_FACTOR,
      amr: ['pwd', 'swk', 'user', 'mfa'],
    });
  });

  it('is none of somebody else’s, and says so to nobody but them', async () => {
    const { device: _, ...person } = await holder();
    const stranger = await holder();
    const { browser, page } = await atSecondStep(person);
    const refused = await usePasskey(browser, page, stranger.device);
    expect([refused.status, refused.text.includes('does not belong to this account')]).toEqual([400, true]);
    expect(await refusalsIn(portaria, person.id)).toEqual([]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });

  it('answers the question of its own step: not one of a sign-in by passkey alone, and not the other way round', async () => {
    const { device, ...person } = await holder();
    const { browser, page } = await atSecondStep(person);
    const start = await browser.get(pathOf(page).replace('/second-factor', '?other=yes'));
    const ofSignIn = device.get(await askedBy(browser, start));
    expect((await answerWith(browser, page, ofSignIn)).status).toBe(400);
    const ofSecondStep = device.get(await askedBy(browser, page));
    expect((await answerWith(browser, start, ofSecondStep)).status).toBe(400);
    expect((await usePasskey(browser, page, device)).url).toContain('code=');
  });

  it('is given in the browser of the first one, and not once the account is blocked or everything has ended', async () => {
    const { administration } = portaria.services;
    const { device, ...person } = await holder();
    const { browser, page } = await atSecondStep(person);
    const answer = device.get(await askedBy(browser, page));
    const other = new CarefulBrowser(portaria.url);
    expect((await answerWith(other, page, answer)).status).toBe(400);
    await administration.signOut(person.id);
    expect((await answerWith(browser, page, answer)).status).toBe(400);
    const again = await atSecondStep(person);
    const late = device.get(await askedBy(again.browser, again.page));
    await administration.block(person.id);
    expect((await answerWith(again.browser, again.page, late)).status).toBe(400);
  });

  it('is counted once of fifty who send the same answer, over two processes', async () => {
    const { device, id } = await holder();
    const asked = { step: 'a step of a story', accountId: id };
    const answer = device.get(await portaria.services.passkeySignIn.ask(asked));
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        (turn % 2 ? portaria : elsewhere).services.passkeySignIn
          .prove(asked, { answer, address: `192.0.2.${turn}` })
          .catch(({ status }: { status: number }) => status),
      ),
    );
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
  });
});

describe('a passkey without an app', () => {
  it('asks for nothing after the password, unless a role or an application does', async () => {
    const { device, ...person } = await holder({ hasApp: false });
    const plain = await passPassword(portaria, person, { client_id: notes.id });
    expect(plain.page.url).toContain('code=');
    const asked = await atSecondStep(person, { acr_values: PHISHING_RESISTANT });
    expect(asked.page.text).not.toContain('name="code"');
    expect(
      await idTokenFor(await usePasskey(asked.browser, asked.page, device), asked.verifier),
    ).toMatchObject({ acr: PHISHING_RESISTANT, amr: ['pwd', 'swk', 'user', 'mfa'] });
    await portaria.services.roleStore.ensure('guards', []);
    await portaria.services.roles.requireSecondFactor('guards', true);
    await portaria.services.administration.update(person.id, { roles: ['guards'] });
    const required = await atSecondStep(person);
    expect((await usePasskey(required.browser, required.page, device)).url).toContain('code=');
  });

  it('adds to a session what an application wants, which nobody is signed out for', async () => {
    const { device, ...person } = await holder({ hasApp: false });
    const { browser } = await passPassword(portaria, person, { client_id: notes.id });
    const before = await portaria.services.administration.listSessions(person.id);
    const request = authorizationRequest(portaria, { client_id: notes.id, acr_values: PHISHING_RESISTANT });
    const page = await browser.get(request.url);
    expect(pathOf(page)).toMatch(/\/second-factor$/);
    expect(await idTokenFor(await usePasskey(browser, page, device), request.verifier)).toMatchObject({
      acr: PHISHING_RESISTANT,
      auth_time: Math.floor((before[0]?.signedInAt?.getTime() ?? 0) / 1000),
    });
    expect(await portaria.services.administration.listSessions(person.id)).toHaveLength(1);
  });

  it('is not made up for by a code where nothing else will do', async () => {
    const person = await somebody(house);
    const app = await giveAuthenticator(portaria, person.id);
    await givePasskey(portaria, person.id);
    const { browser, page } = await atSecondStep(person, { acr_values: PHISHING_RESISTANT });
    const csrf = formsOf(page.text)[0]?.fields['csrf'] ?? '';
    const refused = await browser.post(page.url, { csrf, code: app.code() });
    expect(refused.status).toBe(400);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });
});

describe('somebody without any second factor', () => {
  it('adds a passkey on the way, where an application wants one, and shows it at once', async () => {
    const person = await somebody(house);
    const step = await passPassword(portaria, person, {
      client_id: notes.id,
      acr_values: PHISHING_RESISTANT,
    });
    expect([pathOf(step.page).endsWith('/set-up'), step.page.text.includes('needs a passkey')]).toEqual([
      true,
      true,
    ]);
    const device = new SoftAuthenticator(portaria.url);
    const page = await makePasskey(step, device);
    expect([pathOf(page).endsWith('/second-factor'), page.text.includes('Use a passkey')]).toEqual([
      true,
      true,
    ]);
    expect((await step.browser.get('/')).text).toContain('href="/sign-in"');
    const done = await usePasskey(step.browser, page, device);
    expect(await idTokenFor(done, step.verifier)).toMatchObject({ acr: PHISHING_RESISTANT });
    expect((await mailsTo(portaria, person.email)).at(-1)?.subject).toContain('passkey was added');
  });

  it('or instead of an app, where a role wants one', async () => {
    const person = await somebody(house);
    await portaria.services.roleStore.ensure('guards', []);
    await portaria.services.roles.requireSecondFactor('guards', true);
    await portaria.services.administration.update(person.id, { roles: ['guards'] });
    const step = await passPassword(portaria, person, { client_id: notes.id });
    expect(step.page.text).toContain('authenticator app');
    const device = new SoftAuthenticator(portaria.url);
    const page = await makePasskey(step, device);
    expect((await usePasskey(step.browser, page, device)).url).toContain('code=');
  });

  it('adds none with an answer that is none, in another browser, or after everything has ended', async () => {
    const person = await somebody(house);
    const step = await passPassword(portaria, person, {
      client_id: notes.id,
      acr_values: PHISHING_RESISTANT,
    });
    const lied = await makePasskey(step, new SoftAuthenticator(portaria.url), { isUnverified: true });
    expect([lied.status, lied.text.includes('could not be checked')]).toEqual([400, true]);
    const answer = new SoftAuthenticator(portaria.url).create(
      await askedBy<Parameters<SoftAuthenticator['create']>[0]>(step.browser, step.page),
    );
    expect((await answerWith(new CarefulBrowser(portaria.url), step.page, answer)).status).toBe(400);
    await portaria.services.administration.signOut(person.id);
    expect((await answerWith(step.browser, step.page, answer)).status).toBe(400);
    expect(await portaria.services.passkeys.list(person.id)).toEqual([]);
  });

  it('is not whoever has an app: that would have to be shown first', async () => {
    const fresh = await somebody(house);
    const step = await passPassword(portaria, fresh, { client_id: notes.id, acr_values: PHISHING_RESISTANT });
    const options = await askedBy<Parameters<SoftAuthenticator['create']>[0]>(step.browser, step.page);
    await giveAuthenticator(portaria, fresh.id);
    const page = await answerWith(
      step.browser,
      step.page,
      new SoftAuthenticator(portaria.url).create(options),
    );
    expect([page.text.includes('on your account pages first'), page.text.includes('data-options')]).toEqual([
      true,
      false,
    ]);
    expect(await portaria.services.passkeys.list(fresh.id)).toEqual([]);
  });
});

describe('what shows whose an account is', () => {
  it('is a passkey of it: then the upstream opens it as well', async () => {
    const person = await holder();
    atGithub(house, person.email);
    const { browser, page } = await askedForProof(house, 'github');
    expect(page.text).toContain('Use a passkey');
    expect((await usePasskey(browser, page, person.device)).url).toContain('code=');
    expect(await linkedTo(house, person.id)).toEqual(['github']);
  });

  it('is none of another account, and nothing that was shown for another step', async () => {
    const [person, stranger] = [await holder(), await holder()];
    atGithub(house, person.email);
    const { browser, page } = await askedForProof(house, 'github');
    const refused = await usePasskey(browser, page, stranger.device);
    expect([refused.status, refused.text.includes('does not belong to this account')]).toEqual([400, true]);
    const start = await browser.get(pathOf(page).replace('/link', ''));
    const ofSignIn = person.device.get(await askedBy(browser, start));
    expect((await answerWith(browser, page, ofSignIn)).status).toBe(400);
    expect(await linkedTo(house, person.id)).toEqual([]);
  });

  it('is not asked of whoever has none', async () => {
    const person = await somebody(house);
    atGithub(house, person.email);
    const { page } = await askedForProof(house, 'github');
    expect(page.text).not.toContain('passkey');
  });
});

it('does not let the only passkey go where it is the last way in, whatever else was linked and unlinked at that moment', async () => {
  for (let round = 0; round < 5; round++) {
    const { id, device } = await holder({ hasApp: false });
    await portaria.database.database.query('update accounts set password_digest = null where id = $1', [id]);
    const { signInMethods } = portaria.services;
    await signInMethods.link(id, 'github', { subject: `of round ${round}` });
    const [identity] = (await signInMethods.list(id)).identities;
    const outcomes = await Promise.all([
      signInMethods.unlink(id, identity?.key ?? ''),
      elsewhere.services.signInMethods.removePasskey(id, device.id),
    ]);
    const { identities, passkeys } = await signInMethods.list(id);
    expect([
      outcomes.filter((outcome) => outcome === 'last').length,
      identities.length + passkeys.length,
    ]).toEqual([1, 1]);
  }
});
