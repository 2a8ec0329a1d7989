// RFC 8628: a program without a browser shows a code, its person types it somewhere else, and the program gets tokens.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
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
  tokensFor,
  verify,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import {
  approveDevice,
  confirmCode,
  poll as pollAtOnce,
  signOut,
  startDevice,
  type DeviceAnswer,
} from '../support/walks.ts';

const CLI = { id: 'cli', name: 'Portaria CLI' };
const TV = { id: 'tv', name: 'Example TV' };

let portaria: Portaria;
/** Another node of the same installation. */
let elsewhere: Portaria;
let ana: string;
/** By how much the clock was moved, in milliseconds. */
let moved = 0;

beforeAll(async () => {
  portaria = await startPortaria();
  elsewhere = await startAnotherNode(portaria);
  ana = await addPerson(portaria);
  await addClient(portaria, TV.id, {
    name: TV.name,
    isPublic: true,
    isNative: true,
    isFirstParty: false,
    redirectUris: [],
    grantTypes: ['device_code', 'refresh_token'],
  });
});
afterAll(async () => {
  await elsewhere.stop();
  await portaria.stop();
});

beforeEach(() => {
  const now = Date.now.bind(Date);
  moved = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await portaria.database.database.query('delete from throttles');
});

/** A program waits before it asks (RFC 8628 §3.5). */
function poll(...request: Parameters<typeof pollAtOnce>): ReturnType<typeof pollAtOnce> {
  moved += 5_000;
  return pollAtOnce(...request);
}

describe('a device and its person', () => {
  it.each([CLI, TV])('come together: $name gets tokens that know who it is', async ({ id, name }) => {
    const device = await startDevice(portaria, id);
    expect(device).toMatchObject({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${portaria.url}/device`,
      verification_uri_complete: `${portaria.url}/device?user_code=${device.user_code}`,
      expires_in: 600,
    });
    const early = await poll(portaria, id, device);
    expect([early.status, early.body.error]).toEqual([400, 'authorization_pending']);

    const browser = new CarefulBrowser(portaria.url);
    const typed = device.user_code.toLowerCase().replace('-', '');
    const confirm = await browser.submit(await browser.get(device.verification_uri), { user_code: typed });
    for (const fact of [name, device.user_code, '127.0.0.1']) expect(confirm.text).toContain(fact);
    const signIn = await browser.submit(confirm, { confirm: 'yes' });
    expect(signIn.text).toContain('A program in a terminal, or another device, started this sign-in');
    const waiting = await poll(portaria, id, device);
    expect(waiting.body.error).toBe('authorization_pending');
    const consent = await browser.submit(signIn, { login: 'ana', password: PASSWORD }, '/login');
    for (const fact of [name, 'Ana', 'See your profile']) expect(consent.text).toContain(fact);
    const done = await browser.submit(consent, { decision: 'allow' }, '/consent');
    expect([done.status, done.text.includes(`You can go back to ${name}`)]).toEqual([200, true]);

    const { status, body } = await poll(portaria, id, device);
    expect([status, body]).toMatchObject([200, { token_type: 'Bearer', refresh_token: expect.any(String) }]);
    const verified = await verify(portaria, body.access_token, `?client_id=${id}`);
    expect([verified.status, verified.body]).toMatchObject([200, { sub: ana, client_id: id }]);
    const second = await poll(portaria, id, device);
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('need the right program: another client cannot use the device code', async () => {
    const device = await startDevice(portaria, CLI.id);
    await approveDevice(new CarefulBrowser(portaria.url), device);
    expect((await poll(portaria, TV.id, device)).body.error).toBe('invalid_grant');
    expect((await poll(portaria, CLI.id, device)).status).toBe(200);
  });

  it('agree how often to ask: 5 seconds, and slow_down for whoever asks faster (§3.2, §3.5)', async () => {
    const device = await startDevice(portaria, CLI.id);
    expect(device.interval).toBe(5);
    await pollAtOnce(portaria, CLI.id, device);
    expect((await pollAtOnce(portaria, CLI.id, device)).body.error).toBe('slow_down');
  });
});

describe('a person who does not want it', () => {
  it('cancels beside the code: access_denied, and the code works no longer', async () => {
    const device = await startDevice(portaria, CLI.id);
    const browser = new CarefulBrowser(portaria.url);
    const confirm = await browser.submit(await browser.get('/device'), { user_code: device.user_code });
    const done = await browser.submit(confirm, { abort: 'yes' });
    expect([done.status, done.text.includes('Nothing was connected')]).toEqual([200, true]);
    const denied = await poll(portaria, CLI.id, device);
    expect([denied.status, denied.body.error]).toEqual([400, 'access_denied']);
    const again = await browser.submit(await browser.get('/device'), { user_code: device.user_code });
    expect(again.text).toContain('used already');
  });

  it('denies on the page of scopes: access_denied', async () => {
    const device = await startDevice(portaria, TV.id);
    const browser = new CarefulBrowser(portaria.url);
    const signIn = await confirmCode(browser, device);
    const consent = await browser.submit(signIn, { login: 'ana', password: PASSWORD }, '/login');
    const done = await browser.submit(consent, { decision: 'deny' }, '/consent');
    expect([done.status, done.text.includes('Nothing was connected')]).toEqual([200, true]);
    expect((await poll(portaria, TV.id, device)).body.error).toBe('access_denied');
  });

  it('goes back from the sign-in page: access_denied', async () => {
    const device = await startDevice(portaria, CLI.id);
    const browser = new CarefulBrowser(portaria.url);
    const done = await browser.submit(await confirmCode(browser, device), {}, '/abort');
    expect(done.text).toContain('Nothing was connected');
    expect((await poll(portaria, CLI.id, device)).body.error).toBe('access_denied');
  });
});

describe('a code', () => {
  it('expires after ten minutes, for the program and for the person', async () => {
    const device = await startDevice(portaria, CLI.id);
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/device');
    moved += 601_000;
    const late = await poll(portaria, CLI.id, device);
    expect([late.status, late.body.error]).toEqual([400, 'expired_token']);
    expect((await browser.submit(page, { user_code: device.user_code })).text).toContain('expired');
  });

  it('in the address (verification_uri_complete) is still confirmed by its person (§3.3.1)', async () => {
    const device = await startDevice(portaria, CLI.id);
    const browser = new CarefulBrowser(portaria.url);
    await signInAtHome(browser);
    let page = await browser.get(device.verification_uri_complete);
    if (!page.text.includes('name="confirm"'))
      page = await browser.submit(page, { user_code: device.user_code });
    expect(page.text).toContain('Does your device show this code?');
    expect((await poll(portaria, CLI.id, device)).body.error).toBe('authorization_pending');
    const consent = await browser.submit(page, { confirm: 'yes' });
    expect((await poll(portaria, CLI.id, device)).body.error).toBe('authorization_pending');
    await browser.submit(consent, { decision: 'allow' }, '/consent');
    expect((await poll(portaria, CLI.id, device)).status).toBe(200);
  });

  it('is approved once when two people approve it at the same moment, and the other one gets a page', async () => {
    await addPerson(portaria, 'bia');
    const browsers = [new CarefulBrowser(portaria.url), new CarefulBrowser(portaria.url)] as const;
    await Promise.all([signInAtHome(browsers[0], 'ana'), signInAtHome(browsers[1], 'bia')]);
    for (let turn = 0; turn < 8; turn++) {
      const device = await startDevice(portaria, CLI.id);
      const asked: Page[] = [];
      for (const browser of browsers) {
        asked.push(await browser.submit(await browser.get('/device'), { user_code: device.user_code }));
      }
      // One node would take them one after another, since both come from one address.
      const done = await Promise.all(
        [portaria, elsewhere].map(async ({ address }, index) => {
          const body = new URLSearchParams({
            ...formsOf(asked[index]?.text ?? '')[0]?.fields,
            confirm: 'yes',
          });
          const answer = await browsers[index]?.request(`${address}/device`, { method: 'POST', body });
          const location = answer?.headers.get('location') ?? undefined;
          return { status: answer?.status ?? 0, text: (await answer?.text()) ?? '', location };
        }),
      );
      expect(done.filter(({ location }) => location !== undefined)).toHaveLength(1);
      const first = done.findIndex(({ location }) => location !== undefined);
      const second = done[1 - first];
      expect([(second?.status ?? 500) < 500, second?.text.includes('<h1>')]).toEqual([true, true]);
      const consent = await browsers[first]?.get(done[first]?.location ?? '');
      await browsers[first]?.submit(consent as Page, { decision: 'allow' }, '/consent');
      const winner = await verify(portaria, (await poll(portaria, CLI.id, device)).body.access_token);
      expect(winner.body['username']).toBe(first === 0 ? 'ana' : 'bia');
    }
  });

  it('is not to be guessed: five wrong ones a session, then 429 with Retry-After (§5.1)', async () => {
    const browser = new CarefulBrowser(portaria.url);
    let page = await browser.get('/device');
    for (let turn = 0; turn < 5; turn++) {
      page = await browser.submit(page, { user_code: `BBBB-BBB${'BCDFG'[turn]}` });
      expect([page.status, page.text.includes('This code is not right')]).toEqual([200, true]);
    }
    const device = await startDevice(portaria, CLI.id);
    const refused = await browser.submit(page, { user_code: device.user_code });
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(refused.text).not.toContain('name="confirm"');
  });
});

describe('tokens of a device', () => {
  it('outlive the session of the browser that approved it', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const device = await startDevice(portaria, CLI.id);
    await approveDevice(browser, device);
    const { body } = await poll(portaria, CLI.id, device);
    await signOut(browser);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    expect((await verify(portaria, body.access_token)).status).toBe(200);
    expect((await refreshPublic(CLI.id, body.refresh_token)).status).toBe(200);
  });

  it.each([CLI, TV])('of $name end alone: revoking one leaves the other device signed in', async ({ id }) => {
    const browser = new CarefulBrowser(portaria.url);
    const both = [];
    for (let turn = 0; turn < 2; turn++) {
      const device = await startDevice(portaria, id);
      await approveDevice(browser, device);
      both.push((await poll(portaria, id, device)).body);
    }
    const [lost, kept] = both;
    const revoked = await postForm(`${portaria.url}/oauth/revoke`, {
      token: lost?.refresh_token ?? '',
      client_id: id,
    });
    expect(revoked.status).toBe(200);
    expect((await verify(portaria, lost?.access_token ?? '', `?client_id=${id}`)).status).toBe(401);
    expect((await verify(portaria, kept?.access_token ?? '', `?client_id=${id}`)).status).toBe(200);
    expect((await refreshPublic(id, kept?.refresh_token)).status).toBe(200);
  });

  it('have no part in what the web sign-in of the same client stands on', async () => {
    const both = await addClient(portaria, 'both', {
      grantTypes: ['authorization_code', 'refresh_token', 'device_code'],
    });
    const browser = new CarefulBrowser(portaria.url);
    const before = await tokensFor(portaria, both, { browser });
    const answer = await postForm<DeviceAnswer>(
      `${portaria.url}/oauth/device_authorization`,
      { scope: 'openid' },
      both,
    );
    await approveDevice(browser, answer.body);
    moved += 5_000;
    const grant = 'urn:ietf:params:oauth:grant-type:device_code';
    const { device_code: code } = answer.body;
    const device = await postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: grant, device_code: code },
      both,
    );
    expect((await verify(portaria, before.access_token)).status).toBe(200);

    const { url, verifier } = authorizationRequest(portaria, { client_id: both.id });
    const after = await exchange(portaria, both, codeIn(await browser.get(url)), verifier);
    await postForm(`${portaria.url}/oauth/revoke`, { token: after.body.refresh_token ?? '' }, both);
    expect((await verify(portaria, after.body.access_token)).status).toBe(401);
    expect((await verify(portaria, device.body.access_token)).status).toBe(200);
    await signOut(browser);
    expect((await verify(portaria, before.access_token)).status).toBe(401);
    expect((await verify(portaria, device.body.access_token)).status).toBe(200);
  });
});

function refreshPublic(clientId: string, token = '') {
  return postForm(`${portaria.url}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: clientId,
  });
}

async function signInAtHome(browser: CarefulBrowser, login = 'ana'): Promise<void> {
  const page = await browser.submit(await browser.get('/sign-in'), { login, password: PASSWORD }, '/login');
  expect(page.text).toContain('Hello, ');
}
