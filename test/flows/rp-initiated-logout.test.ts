// OpenID Connect RP-Initiated Logout 1.0 §2: when a service of ours may end the session without a question, and everybody who
// may not; forms from other sites, old ID tokens, and a form that is sent twice.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  refresh,
  tokensFor,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { claimsOf, startPretendService, type PretendService } from '../support/pretend-service.ts';
import { makeKey, seconds, signJwt } from '../support/proofs.ts';

const GOODBYE = 'https://tickets.example.com/goodbye';
const DAY = 24 * 60 * 60 * 1000;

let portaria: Portaria;
let ana: string;
let bia: string;
let service: PretendService;
let client: { id: string; secret: string };
let named: { id: string; secret: string };
let stranger: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria({ OUTBOX_NETWORKS: '127.0.0.1' });
  service = await startPretendService();
  ana = await addPerson(portaria);
  bia = await addPerson(portaria, 'bia');
  const postLogoutRedirectUris = [GOODBYE];
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets', postLogoutRedirectUris });
  named = await addClient(portaria, 'named', {
    postLogoutRedirectUris,
    backchannelLogoutUri: service.logoutUri,
  });
  stranger = await addClient(portaria, 'stranger', { postLogoutRedirectUris, isFirstParty: false });
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await portaria.stop();
  await service.stop();
});

const open = () => new CarefulBrowser(portaria.url);
const logoutUrl = (parameters: Record<string, string>) => `/oauth/logout?${new URLSearchParams(parameters)}`;
const withHint = (hint = '', more: Record<string, string> = {}) => ({
  id_token_hint: hint,
  post_logout_redirect_uri: GOODBYE,
  ...more,
});

describe('a service of ours, with an ID token of this session and a registered address', () => {
  it('ends the session without a question, with everything that is bound to it', async () => {
    const browser = open();
    const tokens = await tokensFor(portaria, client, { browser });
    const back = await browser.get(logoutUrl(withHint(tokens.id_token, { state: 'a b' })));
    expect([back.status, back.url]).toEqual([303, `${GOODBYE}?state=a+b`]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
    expect((await refresh(portaria, client, tokens.refresh_token ?? '')).status).toBe(400);
    const [row] = await portaria.services.auditStore.list({ accountId: ana, limit: 1 });
    expect(row).toMatchObject({ event: 'sign_out.succeeded', clientId: client.id });
  });

  it('may say so with a form of its own (§2), with which a browser sends no cookie', async () => {
    const browser = open();
    const tokens = await tokensFor(portaria, client, { browser });
    const { cookies } = browser;
    browser.cookies = [];
    const answer = await browser.request('/oauth/logout', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://tickets.example.com',
        'sec-fetch-site': 'cross-site',
      },
      body: new URLSearchParams(withHint(tokens.id_token)).toString(),
    });
    expect([answer.status, browser.cookies]).toEqual([303, []]);
    browser.cookies = cookies;
    const back = await browser.get(answer.headers.get('location') ?? '');
    expect(back.url).toBe(GOODBYE);
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
  });

  it('is told by its back channel as well, and of the session that it named', async () => {
    const browser = open();
    const { id_token: hint = '' } = await tokensFor(portaria, named, { browser });
    expect((await browser.get(logoutUrl(withHint(hint)))).url).toBe(GOODBYE);
    await portaria.services.news.caughtUp();
    await portaria.services.outbox.work();
    const claims = await claimsOf(service.heard.at(-1)?.token ?? '', portaria.url, named.id);
    expect(claims['sid']).toBe(claimsIn(hint)['sid']);
  });

  it('may do so with an ID token that has expired', async () => {
    const browser = open();
    const { id_token: hint } = await tokensFor(portaria, client, { browser });
    const now = Date.now() + DAY;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    expect((await browser.get(logoutUrl(withHint(hint)))).url).toBe(GOODBYE);
  });
});

describe('the page asks', () => {
  /** What the page shows, and that nothing has ended before the answer. */
  async function asked(browser: CarefulBrowser, parameters: Record<string, string>, name = 'Ana') {
    const page = await browser.get(logoutUrl(parameters));
    expect([page.status, page.text.includes('Sign out?')]).toEqual([200, true]);
    expect(page.text).toContain(`<strong>${name}</strong>`);
    expect((await browser.get('/')).text).toContain(`Hello, ${name}`);
    return page;
  }

  it('when the service is not ours', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    const request = authorizationRequest(portaria, { client_id: stranger.id });
    const consent = await browser.get(request.url);
    const code = codeIn(await browser.submit(consent, { decision: 'allow' }, '/consent'));
    const { body } = await exchange(portaria, stranger, code, request.verifier);
    await asked(browser, withHint(body.id_token));
  });

  it('when no address to return to was named', async () => {
    const browser = open();
    const { id_token: hint = '' } = await tokensFor(portaria, client, { browser });
    await asked(browser, { id_token_hint: hint });
  });

  it('when the service only says who it is', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    await asked(browser, { client_id: client.id, post_logout_redirect_uri: GOODBYE });
  });

  it('when the ID token is of somebody else, and shows who is signed in here', async () => {
    const { id_token: hint } = await tokensFor(portaria, client, { browser: open(), login: 'ana' });
    const browser = open();
    await tokensFor(portaria, client, { browser, login: 'bia' });
    await asked(browser, withHint(hint), 'Bia');
  });

  it('when the ID token is of another session of the same person', async () => {
    const { id_token: hint } = await tokensFor(portaria, named, { browser: open() });
    const browser = open();
    await tokensFor(portaria, named, { browser });
    await asked(browser, withHint(hint));
  });

  it('when the ID token is from before this sign-in', async () => {
    const { id_token: hint } = await tokensFor(portaria, client, { browser: open() });
    const now = Date.now() + 5_000;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    const browser = open();
    await tokensFor(portaria, client, { browser });
    await asked(browser, withHint(hint));
  });

  it('when the service was not signed in to in this session', async () => {
    const { id_token: hint } = await tokensFor(portaria, client, { browser: open() });
    const browser = open();
    await tokensFor(portaria, named, { browser });
    await asked(browser, withHint(hint));
  });

  it('when the service means somebody else (logout_hint)', async () => {
    const browser = open();
    const { id_token: hint } = await tokensFor(portaria, client, { browser });
    await asked(browser, withHint(hint, { logout_hint: bia }));
    expect((await browser.get(logoutUrl(withHint(hint, { logout_hint: ana })))).url).toBe(GOODBYE);
  });

  it('in the language of ui_locales', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    const page = await browser.get(logoutUrl({ client_id: client.id, ui_locales: 'fr pt-BR en' }));
    expect(page.text).toContain('<html lang="pt-BR">');
    expect(page.text).toContain('Você entrou como');
  });

  it('when the key that signed the ID token is gone: it counts as no more than the name of the client', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    const claims = { iss: portaria.url, sub: ana, aud: client.id, iat: 1, exp: 2 };
    const old = signJwt(makeKey(), { kid: 'a-key-that-was-retired' }, claims);
    const page = await asked(browser, withHint(old));
    expect(page.text).toContain('Example Tickets');
    expect((await browser.submit(page, { logout: 'yes' }, '/confirm')).url).toBe(GOODBYE);
  });
});

describe('who tries to get past it is refused', () => {
  it.each<[string, () => Record<string, string>]>([
    ['a token that another key signed in our name', () => withHint(forged())],
    ['a token without a signature', () => withHint(`${forged().split('.').slice(0, 2).join('.')}.`)],
    ['another client than the one in the token', () => withHint(forged(), { client_id: stranger.id })],
  ])('with %s', async (_what, parameters) => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    const page = await browser.get(logoutUrl(parameters()));
    expect(page.status).toBe(400);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });

  let kid = '';
  beforeAll(async () => {
    kid = (await portaria.services.keys.listRecords())[0]?.id ?? '';
  });

  /** With the name of a key of ours. */
  function forged(): string {
    const claims = { iss: portaria.url, sub: ana, aud: client.id, iat: seconds(), exp: seconds() + 60 };
    return signJwt(makeKey(), { kid }, claims);
  }

  it('with an address that is not registered, hint or not', async () => {
    const browser = open();
    const { id_token: hint = '' } = await tokensFor(portaria, client, { browser });
    const uri = `${GOODBYE}/`;
    const page = await browser.get(logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: uri }));
    expect(page.status).toBe(400);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });

  it('with a form that is larger than an address may be', async () => {
    const page = await open().post('/oauth/logout', { id_token_hint: 'a'.repeat(9_000) });
    expect(page.status).toBe(413);
  });
});

describe('the form of the page', () => {
  it('that is sent a second time, or by a browser that never saw it, says so and leads on', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    const page = await browser.get('/oauth/logout');
    const other = await open().submit(page, { logout: 'yes' }, '/confirm');
    await browser.submit(page, { logout: 'yes' }, '/confirm');
    const second = await browser.submit(page, { logout: 'yes' }, '/confirm');
    for (const answer of [other, second]) {
      expect([answer.status, answer.text.includes('This form has expired')]).toEqual([400, true]);
      expect(answer.text).toContain('href="/oauth/logout"');
    }
  });

  it('that is sent empty changes nothing', async () => {
    const browser = open();
    await tokensFor(portaria, client, { browser });
    await browser.get('/oauth/logout');
    expect((await browser.post('/oauth/logout/confirm', {})).status).toBe(400);
    expect((await browser.get('/')).text).toContain('Hello, Ana');
  });
});

function claimsIn(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
