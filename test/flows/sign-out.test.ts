// OpenID Connect RP-Initiated Logout 1.0: who signs out is asked, and then what ends with the session ends at once,
// while what was meant to outlive it lives on.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  postForm,
  refresh,
  signIn,
  tokensFor,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { goOn, signOut } from '../support/walks.ts';

const GOODBYE = 'https://tickets.example.com/goodbye';
const LOOPBACK = 'http://127.0.0.1:49152/callback';
const OFFLINE = 'openid profile offline_access';

let portaria: Portaria;
let client: { id: string; secret: string };
let other: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  await addPerson(portaria, 'bia');
  client = await addClient(portaria, 'tickets', {
    name: 'Example Tickets',
    postLogoutRedirectUris: [GOODBYE],
  });
  other = await addClient(portaria, 'notes');
});
afterAll(() => portaria.stop());

describe('a person who signs out', () => {
  it('is asked first, and may stay', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { access_token: token } = await tokensFor(portaria, client, { browser });
    const page = await browser.get('/oauth/logout');
    expect([page.status, page.text.includes('Sign out?')]).toEqual([200, true]);
    expect((await verify(portaria, token)).status).toBe(200);
    await browser.submit(page, {}, '/confirm');
    expect((await browser.get('/')).text).toContain('Hello, Ana');
    expect((await verify(portaria, token)).status).toBe(200);
  });

  it('from our front desk is signed out of every service at once: no token of the session lives on', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const [first, second] = [
      await tokensFor(portaria, client, { browser }),
      await tokensOfSession(browser, other),
    ];
    for (const { access_token: token } of [first, second])
      expect((await verify(portaria, token)).status).toBe(200);
    const page = await browser.submit(await browser.get('/'), {}, '/sign-out');
    const done = await browser.submit(page, { logout: 'yes' }, '/confirm');
    expect([done.status, done.text.includes('You’re signed out')]).toEqual([200, true]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    for (const { access_token: token } of [first, second])
      expect((await verify(portaria, token)).status).toBe(401);
    const refused = await refresh(portaria, client, first.refresh_token ?? '');
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
    expect((await refresh(portaria, other, second.refresh_token ?? '')).status).toBe(400);
  });

  it('keeps what was asked for with offline_access', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const tokens = await tokensFor(portaria, client, { browser, scope: OFFLINE });
    await signOut(browser);
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    const refreshed = await refresh(portaria, client, tokens.refresh_token ?? '');
    expect(refreshed.status).toBe(200);
    expect((await verify(portaria, refreshed.body.access_token)).status).toBe(200);
  });

  it('loses what was bound to the session even when the same service has something that is not', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const bound = await tokensFor(portaria, client, { browser });
    const offline = await tokensOfSession(browser, client, OFFLINE);
    const boundAgain = await tokensOfSession(browser, client);
    await signOut(browser);
    for (const { access_token: token, refresh_token: refreshToken = '' } of [bound, boundAgain]) {
      expect((await verify(portaria, token)).status).toBe(401);
      expect((await refresh(portaria, client, refreshToken)).status).toBe(400);
    }
    expect((await verify(portaria, offline.access_token)).status).toBe(200);
    expect((await refresh(portaria, client, offline.refresh_token ?? '')).status).toBe(200);
  });

  it('keeps the programs on the machine, which have no part in the browser', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: 'cli', redirect_uri: LOOPBACK });
    const consent = await signIn(browser, request.url);
    const code = codeIn(await browser.submit(consent, { decision: 'allow' }, '/consent'));
    const { body } = await postForm<{ access_token: string }>(`${portaria.url}/oauth/token`, {
      grant_type: 'authorization_code',
      client_id: 'cli',
      code,
      redirect_uri: LOOPBACK,
      code_verifier: request.verifier,
    });
    await signOut(browser);
    expect((await verify(portaria, body.access_token)).status).toBe(200);
  });

  it('signs out nobody else, not even the same person in another browser', async () => {
    const browsers = [new CarefulBrowser(portaria.url), new CarefulBrowser(portaria.url)] as const;
    await tokensFor(portaria, client, { browser: browsers[0] });
    const same = await tokensFor(portaria, client, { browser: browsers[1] });
    const bia = await tokensFor(portaria, client, { login: 'bia' });
    await signOut(browsers[0]);
    for (const { access_token: token } of [same, bia])
      expect((await verify(portaria, token)).status).toBe(200);
    expect((await browsers[1].get('/')).text).toContain('Hello, Ana');
  });

  it('cannot come back with the cookies of before', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await tokensFor(portaria, client, { browser });
    const cookies = [...browser.cookies];
    await signOut(browser);
    browser.cookies = cookies;
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });

  it('without a session just sees that there is none', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await goOn(browser, await browser.get('/oauth/logout'));
    expect([page.status, page.text.includes('You’re signed out')]).toEqual([200, true]);
  });

  it('cannot be signed out by a page of somebody else', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await tokensFor(portaria, client, { browser });
    await browser.get('/oauth/logout');
    const refused = await browser.post(
      '/oauth/logout/confirm',
      { logout: 'yes' },
      { origin: 'https://evil.example' },
    );
    expect(refused.status).toBe(400);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });
});

describe('a service that signs its person out (§2)', () => {
  it('gets them back at its registered address, with its state', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await tokensFor(portaria, client, { browser });
    const query = new URLSearchParams({
      client_id: client.id,
      post_logout_redirect_uri: GOODBYE,
      state: 'a b',
    });
    const page = await browser.get(`/oauth/logout?${query}`);
    expect(page.text).toContain('Example Tickets');
    const back = await browser.submit(page, { logout: 'yes' }, '/confirm');
    expect(back.url).toBe(`${GOODBYE}?state=a+b`);
  });

  it.each([
    'https://evil.example/',
    `${GOODBYE}/`,
    'https://tickets.example.com/callback',
    'javascript:alert(1)',
  ])('does not get them to %s, which is not registered', async (uri) => {
    const browser = new CarefulBrowser(portaria.url);
    await tokensFor(portaria, client, { browser });
    for (const isNamed of [true, false]) {
      const query = new URLSearchParams({ post_logout_redirect_uri: uri });
      if (isNamed) query.set('client_id', client.id);
      const page = await browser.get(`/oauth/logout?${query}`);
      expect(page.url.startsWith(portaria.url)).toBe(true);
      expect(page.text).not.toContain(`href="${uri}"`);
      if (isNamed) expect(page.status).toBe(400);
      else
        expect((await browser.submit(page, { logout: 'yes' }, '/confirm')).url.startsWith(portaria.url)).toBe(
          true,
        );
    }
  });

  it('is refused with a page when its hint is not ours', async () => {
    const page = await new CarefulBrowser(portaria.url).get('/oauth/logout?id_token_hint=made-up');
    expect(page.status).toBe(400);
  });
});

/** Tokens for a browser that is signed in already. */
async function tokensOfSession(
  browser: CarefulBrowser,
  { id, secret }: typeof client,
  scope = 'openid profile email',
) {
  const request = authorizationRequest(portaria, { client_id: id, scope });
  const code = codeIn(await browser.get(request.url));
  const answer = await exchange(portaria, { id, secret }, code, request.verifier);
  expect(answer.status).toBe(200);
  return answer.body;
}
