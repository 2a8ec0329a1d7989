// Who is asked before a program gets in, what the page says, and that an answer counts for one person and one program.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formsOf, type Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  PASSWORD,
  postForm,
  REDIRECT_URI,
  refresh,
  signIn,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { goOn } from '../support/walks.ts';

const LOOPBACK = 'http://127.0.0.1:49152/callback';

let portaria: Portaria;
let ana: string;
let bia: string;
let ours: { id: string; secret: string };
let theirs: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  [ana, bia] = await Promise.all([addPerson(portaria), addPerson(portaria, 'bia')]);
  ours = await addClient(portaria, 'tickets');
  theirs = await addClient(portaria, 'third-party', { name: 'Elsewhere', isFirstParty: false });
  const native = { isPublic: true, isNative: true, redirectUris: ['http://127.0.0.1/callback'] };
  await addClient(portaria, 'our-program', native);
  await addClient(portaria, 'their-program', { ...native, isFirstParty: false });
});
afterAll(() => portaria.stop());

function isConsent({ status, url, text }: Page): boolean {
  return status === 200 && url.includes('/interaction/') && text.includes('name="decision"');
}

/** A request to their client, signed in up to the page of consent. */
async function asked(browser: CarefulBrowser, parameters: Record<string, string> = {}) {
  const request = authorizationRequest(portaria, { client_id: theirs.id, ...parameters });
  const page = await signIn(browser, request.url);
  expect(isConsent(page)).toBe(true);
  return { ...request, page };
}

describe('a page of consent', () => {
  it('is not shown for our own web applications', async () => {
    const { url } = authorizationRequest(portaria, {
      client_id: ours.id,
      scope: 'openid read write offline_access',
    });
    expect(codeIn(await signIn(new CarefulBrowser(portaria.url), url))).toHaveLength(43);
  });

  it.each([
    ['a web application of somebody else', 'third-party', REDIRECT_URI],
    ['a program of ours on a person’s machine', 'our-program', LOOPBACK],
    ['a program of somebody else on a person’s machine', 'their-program', LOOPBACK],
  ])('is shown every time for %s', async (_, clientId, redirectUri) => {
    const browser = new CarefulBrowser(portaria.url);
    const { url } = authorizationRequest(portaria, { client_id: clientId, redirect_uri: redirectUri });
    const first = await signIn(browser, url);
    expect(isConsent(first)).toBe(true);
    expect(codeIn(await browser.submit(first, { decision: 'allow' }, '/consent'))).toHaveLength(43);
    const { url: again } = authorizationRequest(portaria, { client_id: clientId, redirect_uri: redirectUri });
    expect(isConsent(await browser.get(again))).toBe(true);
  });

  it('cannot be skipped by asking for none: interaction_required (OpenID Connect Core §3.1.2.6)', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { page } = await asked(browser);
    await browser.submit(page, { decision: 'allow' }, '/consent');
    const { url } = authorizationRequest(portaria, { client_id: theirs.id, prompt: 'none' });
    const refused = new URL((await browser.get(url)).url);
    expect(refused.searchParams.get('error')).toMatch(/^(interaction|consent)_required$/);
  });

  it('says in words who asks, for whom, for what, and where it leads', async () => {
    const { page } = await asked(new CarefulBrowser(portaria.url), {
      scope: 'openid email write offline_access',
    });
    for (const words of [
      'Let Elsewhere in?',
      'Ana',
      'ana@example.com',
      'Know who you are',
      'See your e-mail address',
      'Make changes in your name',
      'Stay connected',
      'run by someone else',
      'tickets.example.com',
    ]) {
      expect(page.text).toContain(words);
    }
    expect(page.text).not.toContain('See your profile');
  });

  it('shows a name that is markup as what it is', async () => {
    const name = '<img src=x onerror="alert(1)"> & co';
    await addClient(portaria, 'hostile', { name, isFirstParty: false });
    const { url } = authorizationRequest(portaria, { client_id: 'hostile' });
    const page = await signIn(new CarefulBrowser(portaria.url), url);
    expect(isConsent(page)).toBe(true);
    expect(page.text).not.toContain('<img src=x');
  });
});

describe('an answer', () => {
  it('of yes gives the program exactly what stood on the page', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { page, verifier } = await asked(browser, { scope: 'openid email' });
    const code = codeIn(await browser.submit(page, { decision: 'allow' }, '/consent'));
    const { body } = await exchange(portaria, theirs, code, verifier);
    expect(body.scope).toBe('openid email');
    const verified = await verify(portaria, body.access_token, `?client_id=${theirs.id}`);
    expect([verified.status, verified.body]).toMatchObject([200, { sub: ana, client_id: theirs.id }]);
  });

  it('of no is access_denied for the program, with its state', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { page } = await asked(browser);
    const { searchParams } = new URL((await browser.submit(page, { decision: 'deny' }, '/consent')).url);
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['access_denied', null]);
    expect(searchParams.get('state')).toBe('the state of the client');
  });

  it.each(['', 'yes', 'ALLOW'])('of "%s" is a no', async (decision) => {
    const browser = new CarefulBrowser(portaria.url);
    const { page } = await asked(browser);
    const { searchParams } = new URL((await browser.submit(page, { decision }, '/consent')).url);
    expect(searchParams.get('error')).toBe('access_denied');
  });

  it('leaves what an earlier one gave as it was', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const first = await asked(browser);
    const code = codeIn(await browser.submit(first.page, { decision: 'allow' }, '/consent'));
    const { body } = await exchange(portaria, theirs, code, first.verifier);
    const again = await browser.get(authorizationRequest(portaria, { client_id: theirs.id }).url);
    codeIn(await browser.submit(again, { decision: 'allow' }, '/consent'));
    expect((await verify(portaria, body.access_token, `?client_id=${theirs.id}`)).status).toBe(200);
    expect((await refresh(portaria, theirs, body.refresh_token ?? '')).status).toBe(200);
  });

  it('counts for its own page only: the form of one sign-in is refused in another', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { page } = await asked(browser);
    const other = await browser.get(
      authorizationRequest(portaria, { client_id: theirs.id, scope: 'openid read write' }).url,
    );
    const token = formsOf(page.text).find(({ action }) => action.endsWith('/consent'))?.fields['csrf'] ?? '';
    expect(token).not.toBe('');
    const refused = await browser.post(`${other.url}/consent`, { csrf: token, decision: 'allow' });
    expect(refused.status).toBe(403);
    expect((await browser.post(`${other.url}/consent`, { decision: 'allow' })).status).toBe(403);
    expect(codeIn(await browser.submit(page, { decision: 'allow' }, '/consent'))).toHaveLength(43);
  });

  it('counts in its own browser only', async () => {
    const { page } = await asked(new CarefulBrowser(portaria.url));
    const stranger = new CarefulBrowser(portaria.url);
    await signIn(stranger, authorizationRequest(portaria, { client_id: theirs.id }).url, 'bia');
    const refused = await stranger.submit(page, { decision: 'allow' }, '/consent');
    expect([refused.status, refused.url.startsWith(portaria.url)]).toEqual([400, true]);
  });

  it.each<Record<string, string>>([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])(
    'does not count from a page of somebody else: %p',
    async (headers) => {
      const browser = new CarefulBrowser(portaria.url);
      const { page } = await asked(browser);
      const form = formsOf(page.text).find(({ action }) => action.endsWith('/consent'));
      const action = new URL(form?.action ?? '', page.url).href;
      const refused = await browser.post(action, { ...form?.fields, decision: 'allow' }, headers);
      expect(refused.status).toBe(403);
    },
  );

  it('cannot be given before there is a sign-in', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get(authorizationRequest(portaria, { client_id: theirs.id }).url);
    const csrf = formsOf(page.text)[0]?.fields['csrf'] ?? '';
    const refused = await browser.post(`${page.url}/consent`, { csrf, decision: 'allow' });
    expect([refused.status, refused.url.startsWith(portaria.url)]).toEqual([400, true]);
  });
});

describe('"sign in as someone else"', () => {
  it('asks the other person, and the answer is theirs', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const { page, verifier } = await asked(browser);
    const form = await browser.submit(page, {}, '/switch');
    expect([form.status, form.text.includes('name="password"')]).toEqual([200, true]);
    const consent = await goOn(
      browser,
      await browser.submit(form, { login: 'bia', password: PASSWORD }, '/login'),
    );
    expect([isConsent(consent), consent.text.includes('bia@example.com')]).toEqual([true, true]);
    expect(consent.text).not.toContain('ana@example.com');
    const code = codeIn(await browser.submit(consent, { decision: 'allow' }, '/consent'));
    const { body } = await exchange(portaria, theirs, code, verifier);
    const { body: who } = await verify(portaria, body.access_token, `?client_id=${theirs.id}`);
    expect(who['sub']).toBe(bia);
    expect((await browser.get('/')).text).toContain('Hello, Bia');
  });
});

describe('a program on a person’s machine', () => {
  it('may listen on any port of the loopback address, and on nothing else (RFC 8252 §7.3)', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: 'our-program', redirect_uri: LOOPBACK });
    const page = await signIn(browser, request.url);
    const back = await browser.submit(page, { decision: 'allow' }, '/consent');
    expect(back.url.startsWith(`${LOOPBACK}?`)).toBe(true);
    const tokens = await postForm(`${portaria.url}/oauth/token`, {
      grant_type: 'authorization_code',
      client_id: 'our-program',
      code: codeIn(back),
      redirect_uri: LOOPBACK,
      code_verifier: request.verifier,
    });
    expect(tokens.status).toBe(200);
    for (const uri of [
      'http://127.0.0.1:49152/other',
      'http://10.0.0.1:49152/callback',
      'https://127.0.0.1/callback',
    ]) {
      const { url } = authorizationRequest(portaria, { client_id: 'our-program', redirect_uri: uri });
      const refused = await browser.get(url);
      expect([refused.status, refused.url.startsWith(portaria.url)]).toEqual([400, true]);
    }
  });
});
