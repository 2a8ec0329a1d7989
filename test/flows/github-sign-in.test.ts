// Sign-in through GitHub, from the button to the service and back: who somebody becomes here, and what GitHub, or
// somebody between us, can do to it.
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { formsOf } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  signIn,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import {
  ana,
  startPretendGithub,
  type Lie,
  type PretendGithub,
  type PretendPerson,
} from '../support/pretend-github.ts';
import { callbackFromGithub, settingsFor, signInWithGithub } from '../support/walks.ts';

let portaria: Portaria;
let github: PretendGithub;
let client: { id: string; secret: string };
let people = 2000;

beforeAll(async () => {
  github = await startPretendGithub();
  portaria = await startPortaria(settingsFor(github));
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterAll(() => Promise.all([portaria.stop(), github.close()]));
afterEach(() => {
  jest.restoreAllMocks();
  github.declines = false;
  github.lies.clear();
});

/** Somebody new at GitHub, who sits at its button from now on. */
function somebody(login: string, fields: Partial<PretendPerson> = {}): PretendPerson {
  const emails = [{ email: `${login}@example.com`, primary: true, verified: true }];
  github.person = { ...ana, id: people++, login, name: `${login} of GitHub`, emails, ...fields };
  return github.person;
}

function request() {
  return authorizationRequest(portaria, { client_id: client.id });
}

/** The whole walk: what the service learns about whoever sits at GitHub's button. */
async function arrive(browser = new CarefulBrowser(portaria.url)): Promise<Record<string, unknown>> {
  const { url, verifier } = request();
  const code = codeIn(await signInWithGithub(browser, url));
  const tokens = await exchange(portaria, client, code, verifier);
  const verified = await verify(portaria, tokens.body.access_token);
  expect(verified.status).toBe(200);
  return verified.body;
}

describe('somebody from GitHub', () => {
  it('becomes an account with what GitHub vouches for', async () => {
    somebody('octavia');
    expect(await arrive()).toMatchObject({
      username: 'octavia',
      name: 'octavia of GitHub',
      email: 'octavia@example.com',
      email_verified: true,
      picture: 'https://avatars.example.com/u/1001',
    });
  });

  it('is the same account the next time, under another name and with another address', async () => {
    const before = somebody('otto');
    const { sub } = await arrive();
    const emails = [{ email: 'other@example.com', primary: true, verified: true }];
    github.person = { ...before, login: 'otto-renamed', emails };
    expect(await arrive()).toMatchObject({ sub, email: 'otto@example.com' });
  });

  it('is somebody else when the login was given to another person', async () => {
    somebody('orla');
    const { sub } = await arrive();
    somebody('orla', { emails: [] });
    expect((await arrive())['sub']).not.toBe(sub);
  });

  it('has an account without an address when GitHub has confirmed none', async () => {
    somebody('olga', { emails: [{ email: 'olga@example.com', primary: true, verified: false }] });
    expect(await arrive()).toMatchObject({ username: 'olga', email: null, email_verified: false });
  });

  it('with the verified address of another account is asked for a proof, and nothing is linked until then', async () => {
    await addPerson(portaria, 'bia');
    somebody('mallory', { emails: [{ email: 'Bia@example.com', primary: true, verified: true }] });
    const browser = new CarefulBrowser(portaria.url);
    for (let turn = 0; turn < 2; turn++) {
      const asked = await signInWithGithub(browser, request().url);
      expect([asked.status, asked.text.includes('Is this you?')]).toEqual([200, true]);
    }
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    const { database } = portaria.database;
    expect(await database.query("select 1 from accounts where username = 'mallory'")).toEqual([]);
    expect(await database.query("select 1 from identities where username = 'mallory'")).toEqual([]);
    const page = await signIn(new CarefulBrowser(portaria.url), request().url, 'bia@example.com');
    expect(codeIn(page)).toHaveLength(43);
  });

  it('is not let in when the account is blocked', async () => {
    somebody('oskar');
    const { sub } = await arrive();
    await portaria.services.administration.block(String(sub));
    const refused = await signInWithGithub(new CarefulBrowser(portaria.url), request().url);
    expect([refused.status, refused.text.includes('This account is blocked')]).toEqual([403, true]);
  });

  it('who presses Cancel there is back on the sign-in page and can go on', async () => {
    const other = somebody('odile');
    github.declines = true;
    const browser = new CarefulBrowser(portaria.url);
    const back = await signInWithGithub(browser, request().url);
    expect([back.status, back.text.includes('name="password"')]).toEqual([200, true]);
    github.declines = false;
    github.person = other;
    expect(codeIn(await browser.get(await callbackFromGithub(browser, back)))).toHaveLength(43);
  });
});

describe('a callback', () => {
  it('that is opened in another browser is a page there, no session; its owner still goes on', async () => {
    somebody('opal');
    const browser = new CarefulBrowser(portaria.url);
    const callback = await callbackFromGithub(browser, await browser.get(request().url));
    const stranger = new CarefulBrowser(portaria.url);
    const refused = await stranger.get(callback);
    expect([refused.status, refused.text.includes('started in another browser')]).toEqual([400, true]);
    expect(stranger.cookies.filter(({ name }) => name.startsWith('portaria_session'))).toEqual([]);
    expect(codeIn(await browser.get(callback))).toHaveLength(43);
  });

  it('works once: the same state again is a page, with no second code', async () => {
    somebody('orest');
    const browser = new CarefulBrowser(portaria.url);
    const callback = await callbackFromGithub(browser, await browser.get(request().url));
    codeIn(await browser.get(callback));
    const again = await browser.get(callback);
    expect([again.status, again.text.includes('cannot be continued')]).toEqual([410, true]);
  });

  it.each([
    'error=access_denied&state=made-up',
    'error=server_error&state=made-up',
    'code=made-up&state=made-up',
    'code=made-up',
    'error=access_denied',
    'state=a&state=b&code=c',
  ])('that nobody asked for (%s) is a page, and GitHub is not asked', async (query) => {
    github.requests.length = 0;
    const page = await new CarefulBrowser(portaria.url).get(`/connect/github/callback?${query}`);
    expect([page.status, page.text.includes('cannot be continued')]).toEqual([410, true]);
    expect(github.requests).toEqual([]);
  });

  it('of a connector that is not there is a page', async () => {
    const page = await new CarefulBrowser(portaria.url).get('/connect/elsewhere/callback?state=a&code=b');
    expect(page.status).toBe(404);
  });

  it('shows neither code nor state on a page that refuses it', async () => {
    somebody('oriol');
    const browser = new CarefulBrowser(portaria.url);
    const callback = await callbackFromGithub(browser, await browser.get(request().url));
    const refused = await new CarefulBrowser(portaria.url).get(callback);
    const { searchParams } = new URL(callback);
    for (const name of ['code', 'state']) expect(refused.text).not.toContain(searchParams.get(name));
  });
});

describe('a GitHub that does not do its part', () => {
  const paths = ['/login/oauth/access_token', '/user', '/user/emails'];
  const lies: Lie[] = ['500', 'not JSON', 'silence'];

  it.each(paths.flatMap((path) => lies.map((lie): [string, Lie] => [path, lie])))(
    'ends in a 502 page with a way on: %s says %s',
    async (path, lie) => {
      somebody(`ophelia-${people}`);
      github.lies.set(path, lie);
      const hurry = new AbortController();
      jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
        setTimeout(() => hurry.abort(new DOMException('too late', 'TimeoutError')), 50);
        return hurry.signal;
      });
      const browser = new CarefulBrowser(portaria.url);
      const failed = await signInWithGithub(browser, request().url);
      jest.restoreAllMocks();
      expect([failed.status, failed.text.includes('not answer')]).toEqual([502, true]);
      github.lies.clear();
      const wayOn = /href="(\/interaction\/[^"?]+)"/.exec(failed.text)?.[1];
      const page = wayOn ? await browser.get(wayOn) : failed;
      expect(codeIn(await browser.get(await callbackFromGithub(browser, page)))).toHaveLength(43);
    },
  );
});

describe('a request with the Host header of somebody else', () => {
  it.each<Record<string, string>>([
    { host: 'evil.example' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    { forwarded: 'host=evil.example;proto=https' },
  ])('gets no address with it: %j', async (hostile) => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get(request().url);
    const form = formsOf(page.text).find(({ action }) => action.endsWith('/connect/github'));
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const away = await ask(form?.action ?? '', { ...hostile, cookie }, form?.fields);
    const target = new URL(away.headers.location ?? '');
    expect(target.origin).toBe(github.url);
    expect(target.searchParams.get('redirect_uri')).toBe(`${portaria.url}/connect/github/callback`);
    const device = await ask('/oauth/device_authorization', hostile, { client_id: 'cli', scope: 'openid' });
    expect(device.text).toContain(`"${portaria.url}/device"`);
    for (const path of [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-protected-resource/api',
      '/sign-in',
      '/connect/github/callback?state=made-up',
      '/oauth/authorize?client_id=nobody',
      '/oauth/logout',
    ]) {
      const answer = await ask(path, hostile);
      expect([path, answer.status < 500]).toEqual([path, true]);
      expect(`${JSON.stringify(answer.headers)}${answer.text}`).not.toContain('evil.example');
    }
  });
});

/** With headers that `fetch` would not send. */
async function ask(path: string, headers: Record<string, string>, fields?: Record<string, string>) {
  const sent = httpRequest(new URL(path, portaria.url), {
    method: fields ? 'POST' : 'GET',
    headers: {
      accept: 'text/html',
      ...(fields && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
  });
  sent.end(fields && new URLSearchParams(fields).toString());
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
}
