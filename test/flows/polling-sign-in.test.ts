// Whatever way in a person has, the link of a terminal leads through it and back to the terminal's page: an upstream, a second
// step, another account. And what a company runs, several processes behind a proxy, is told apart from one by nobody.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { startNodes, type Nodes } from '../support/nodes.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { visitor } from '../support/personal-tokens.ts';
import { allow, ask, askWith, openLink, proof, started } from '../support/polling.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { holder, show } from '../support/second-factors.ts';
import { callbackFromGithub, settingsFor } from '../support/walks.ts';

describe('the way to the page of a terminal', () => {
  let portaria: Portaria;
  let github: PretendGithub;

  beforeAll(async () => {
    github = await startPretendGithub();
    portaria = await startPortaria(settingsFor(github));
  });
  afterAll(async () => {
    await portaria.stop();
    await github.close();
  });

  it('leads past an upstream, for somebody who was never here', async () => {
    const session = await started(portaria.address);
    const browser = new CarefulBrowser(portaria.url);
    const back = await callbackFromGithub(browser, await browser.get(session.loginUrl));
    const page = await browser.get(back);
    expect([page.status, page.url]).toEqual([200, session.loginUrl]);
    await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    const { body } = await ask(portaria.address, session.sessionId);
    expect(body).toMatchObject({ status: 'completed', user: { photoUrl: expect.any(String) } });
  });

  it('leads past the second step, and the tokens say so', async () => {
    const person = await holder(portaria);
    const { verifier, challenge } = proof();
    const session = await started(portaria.address, { code_challenge: challenge });
    const browser = new CarefulBrowser(portaria.url);
    const step = await openLink(browser, session, person.name);
    expect(step.text).not.toContain('name="letters"');
    const page = await show(browser, step, person.app.code());
    expect(page.url).toBe(session.loginUrl);
    await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    const { body } = await askWith(portaria.address, session.sessionId, verifier);
    expect(body.user).toMatchObject({ uid: person.id });
  });

  it('asks for a second step that came after the sign-in, and takes no letters before it', async () => {
    const { id, browser } = await visitor(portaria);
    const session = await started(portaria.address);
    const page = await browser.get(session.loginUrl);
    const app = await giveAuthenticator(portaria, id);
    const pressed = await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    expect(pressed.status).toBe(403);
    expect((await ask(portaria.address, session.sessionId)).body.status).toBe('pending');
    const step = await browser.get(session.loginUrl);
    expect(step.url).toContain('/second-factor');
    const after = await show(browser, step, app.code());
    expect(after.url).toBe(session.loginUrl);
    expect((await browser.submit(after, { letters: session.userCode, decision: 'allow' })).status).toBe(200);
  });

  it('is open to somebody else in the same browser', async () => {
    const { browser } = await visitor(portaria);
    const session = await started(portaria.address);
    const page = await browser.get(session.loginUrl);
    const other = await addPerson(portaria, 'bia');
    const href = /href="(\/sign-in\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const signIn = await browser.get(href);
    const asOther = await browser.submit(signIn, { login: 'bia', password: PASSWORD }, '/login');
    expect([asOther.url, asOther.text.includes('Bia')]).toEqual([session.loginUrl, true]);
    await browser.submit(asOther, { letters: session.userCode, decision: 'allow' });
    expect((await ask(portaria.address, session.sessionId)).body.user).toMatchObject({ uid: other });
  });

  it('says at once that there is nothing to sign in for', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const session = await started(portaria.address);
    await portaria.database.database.query('update polling_sessions set stage = 3');
    expect((await browser.get(session.loginUrl)).status).toBe(410);
    expect((await browser.get(`${session.loginUrl}?ui_locales=ko`)).text).toContain('<html lang="ko">');
  });
});

describe('several processes behind a proxy', () => {
  let company: Nodes;

  beforeAll(async () => {
    company = await startNodes();
    await addPerson(company);
  });
  afterAll(() => company.stop());

  it('know of each other’s polls, and tell an outcome once', async () => {
    const { verifier, challenge } = proof();
    const session = await started(company.url, { code_challenge: challenge });
    const waiting = await Promise.all(
      Array.from({ length: 12 }, () => askWith(company.url, session.sessionId, verifier)),
    );
    expect(waiting.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(waiting.filter(({ status }) => status === 429)).toHaveLength(11);
    await allow(new CarefulBrowser(company.url), session);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => askWith(company.url, session.sessionId, verifier)),
    );
    expect(all.filter(({ body }) => body.token)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 410)).toHaveLength(19);
  });
});
