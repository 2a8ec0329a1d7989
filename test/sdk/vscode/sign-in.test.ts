// An extension of VS Code signs people in: the library and the real server, a person at the browser, and only the editor
// itself is pretended.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AuthenticationSession, Disposable } from 'vscode';
import { registerPortaria, type PortariaOptions } from '../../../sdk/vscode/src/register.ts';
import { formsOf, type Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { addClient, addPerson, PASSWORD, verify } from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import * as editor from '../../support/pretend-vscode.ts';
import { signOut } from '../../support/walks.ts';

const { person } = editor;
const HOST = 'example.portaria-example/signed-in';
/** What the notification says while the browser is open. */
const IN_BROWSER = 'go on in your browser';
const POLL_MS = 5_000;

let portaria: Portaria;
let ana: string;
let bia: string;
let browser: CarefulBrowser;
let extension: Disposable;
let secrets: editor.Secrets;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  bia = await addPerson(portaria, 'bia');
  await addClient(portaria, 'my-editor', {
    name: 'Example Editor',
    isPublic: true,
    isNative: true,
    redirectUris: [`vscode://${HOST}`, `vscode-insiders://${HOST}`],
    grantTypes: ['authorization_code', 'refresh_token', 'device_code'],
  });
});
afterAll(() => portaria.stop());

beforeEach(() => {
  browser = new CarefulBrowser(portaria.url);
  Object.assign(person, { browse: allow, presses: new Set(), cancels: undefined, read: [], clipboard: '' });
  Object.assign(editor.env, { uriScheme: 'vscode', uiKind: editor.UIKind.Desktop, language: 'en' });
  begin();
});
afterEach(() => {
  extension.dispose();
  jest.restoreAllMocks();
});

/** The extension begins, in a window whose person has no secrets yet. */
function begin(options: Partial<PortariaOptions> = {}): void {
  extension?.dispose();
  secrets = new editor.Secrets();
  const needed = { issuer: portaria.url, clientId: 'my-editor', label: 'Example' };
  extension = registerPortaria(editor.newContext(secrets), { ...needed, ...options });
}

/** What Ana does in her browser. Answers where that ends. */
async function goThrough(address: string, decision: string, login: string): Promise<Page> {
  let page = await browser.get(address);
  if (page.text.includes('name="confirm"')) page = await browser.submit(page, { confirm: 'yes' });
  if (page.text.includes('name="password"'))
    page = await browser.submit(page, { login, password: PASSWORD }, '/login');
  const isAsked = formsOf(page.text).some(({ action }) => action.endsWith('/consent'));
  return isAsked ? browser.submit(page, { decision }, '/consent') : page;
}
const visit = (decision: string, login: string) => async (address: string) =>
  (await goThrough(address, decision, login)).url;
const allow = visit('allow', 'ana');

function signIn(
  scopes: readonly string[] = ['read'],
  account?: AuthenticationSession['account'],
): Promise<AuthenticationSession> {
  return Promise.resolve(editor.provider().createSession(scopes, { account }));
}
const sessionsOf = (scopes?: readonly string[]) => editor.provider().getSessions(scopes, {});

/** A program that waits five seconds does so at once, and time has gone by all the same. */
function passTime(): void {
  const { setTimeout: start } = globalThis;
  const now = Date.now.bind(Date);
  let moved = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((work: () => void, milliseconds?: number) => {
    if (milliseconds !== POLL_MS) return start(work, milliseconds);
    return start(() => {
      moved += POLL_MS;
      work();
    });
  });
}

describe('over the browser, which comes back to the editor', () => {
  it.each(['vscode', 'vscode-insiders'])(
    'signs somebody in at %s, with a token that services take',
    async (scheme) => {
      editor.env.uriScheme = scheme;
      begin();
      const addresses: string[] = [];
      person.browse = async (address) => {
        addresses.push(address, await allow(address));
        return addresses[1]!;
      };
      const session = await signIn();
      expect(session).toMatchObject({ account: { id: ana, label: 'ana' }, scopes: ['read'] });
      expect((await verify(portaria, session.accessToken)).body).toMatchObject({
        sub: ana,
        client_id: 'my-editor',
        scope: 'openid profile read',
      });
      const [there, back] = addresses.map((address) => new URL(address));
      expect(there?.searchParams.get('code_challenge_method')).toBe('S256');
      expect(back?.href.startsWith(`${scheme}://${HOST}?`)).toBe(true);
      expect(back?.searchParams.get('iss')).toBe(portaria.url);
      expect(await sessionsOf(['read'])).toEqual([session]);
      expect(await sessionsOf(['write'])).toEqual([]);
    },
  );

  it('stays signed in when the person leaves the browser', async () => {
    const { accessToken } = await signIn();
    await signOut(browser);
    expect((await verify(portaria, accessToken)).status).toBe(200);
  });

  it('asks for what the extension usually needs when nothing is named', async () => {
    begin({ scopes: ['email', 'write'] });
    const { accessToken, account, scopes } = await signIn([]);
    expect([account.label, scopes]).toEqual(['ana@example.com', []]);
    expect((await verify(portaria, accessToken)).body['scope']).toContain('write');
    expect(await sessionsOf([])).toHaveLength(1);
  });

  it('says so, in the language of the editor, when the person does not allow it', async () => {
    person.browse = visit('deny', 'ana');
    await expect(signIn()).rejects.toThrow('It was refused in the browser.');
    expect(person.read.at(-1)).toBe('The sign-in to Example did not work. It was refused in the browser.');
    editor.env.language = 'pt-br';
    begin();
    await expect(signIn()).rejects.toThrow('O pedido foi recusado no navegador.');
    editor.env.language = 'ko';
    begin();
    await expect(signIn()).rejects.toThrow('브라우저에서 거절되었습니다.');
  });

  it('says so when the server is not there', async () => {
    begin({ issuer: 'http://127.0.0.1:1' });
    await expect(signIn()).rejects.toThrow('http://127.0.0.1:1/ does not answer. Try again later.');
  });

  it.each(['http://login.example.com', 'ftp://localhost', 'not an address'])(
    'does not begin at all with the issuer %s',
    (issuer) => {
      extension.dispose();
      expect(() => begin({ issuer })).toThrow(/issuer|Invalid URL/);
    },
  );

  it('keeps the account that was asked for: somebody else is turned away, and nothing is left of it', async () => {
    const { account } = await signIn();
    browser = new CarefulBrowser(portaria.url);
    let hint: string | null = null;
    person.browse = (address) => {
      hint = new URL(address).searchParams.get('login_hint');
      return visit('allow', 'bia')(address);
    };
    await expect(signIn(['write'], account)).rejects.toThrow('This was to be ana, but bia signed in.');
    expect(hint).toBe('ana');
    expect(await sessionsOf(['write'])).toEqual([]);
    expect(
      await portaria.database.database.query('select 1 from grants where account_id = $1', [bia]),
    ).toEqual([]);
  });
});

describe('an answer that nobody asked for', () => {
  /** What the browser would bring, changed on its way; the right one afterwards. */
  async function bringChanged(change: (answer: URL) => void): Promise<AuthenticationSession> {
    person.browse = async (address) => {
      const right = new URL(await allow(address));
      const wrong = new URL(right);
      change(wrong);
      await editor.comeBack(wrong.href);
      return right.href;
    };
    return signIn();
  }

  it.each(['state', 'path'])('stays without effect when it has another %s', async (part) => {
    const session = await bringChanged((answer) => {
      answer.searchParams.set('code', 'made-up');
      if (part === 'path') answer.pathname = '/elsewhere';
      else answer.searchParams.set('state', 'x'.repeat(43));
    });
    expect(session.account.id).toBe(ana);
  });

  it.each([
    ['of another server', 'https://evil.example'],
    ['that does not say of whom it is', undefined],
  ])('is refused: one %s (RFC 9207 §2.4)', async (_title, issuer) => {
    const signingIn = bringChanged((answer) => {
      if (issuer) answer.searchParams.set('iss', issuer);
      else answer.searchParams.delete('iss');
    });
    await expect(signingIn).rejects.toThrow('The sign-in to Example did not work.');
    expect(await sessionsOf()).toEqual([]);
  });

  it("is refused: somebody else's code, which is bound to another challenge (RFC 7636)", async () => {
    let stolen: Promise<string> | undefined;
    person.browse = async (address) => {
      stolen = allow(address);
      return 'about:blank';
    };
    person.cancels = IN_BROWSER;
    await expect(signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    person.cancels = undefined;
    const code = new URL((await stolen) ?? '').searchParams.get('code') ?? '';
    const signingIn = bringChanged((answer) => answer.searchParams.set('code', code));
    await expect(signingIn).rejects.toThrow('The sign-in to Example did not work.');
  });
});

describe('with a code', () => {
  const USE_CODE = 'Sign in with a code';
  const COPY = 'Copy code and open';
  beforeEach(() => {
    passTime();
    person.presses.add(COPY);
  });

  it.each<[string, () => void]>([
    ['in a window of a browser', () => (editor.env.uiKind = editor.UIKind.Web)],
    ['in an editor that is not registered', () => (editor.env.uriScheme = 'another-editor')],
  ])('signs somebody in %s', async (_title, change) => {
    change();
    begin();
    const session = await signIn();
    expect(session.account).toEqual({ id: ana, label: 'ana' });
    expect(person.read[0]).toBe(`Your code: ${person.clipboard}`);
    expect(person.read[1]).toContain(`check the code ${person.clipboard} in your browser`);
    expect((await verify(portaria, session.accessToken)).status).toBe(200);
  });

  it('signs somebody in whose browser did not come back', async () => {
    person.presses.add(USE_CODE);
    person.cancels = IN_BROWSER;
    person.browse = async (address) =>
      address.includes('/oauth/authorize') ? 'about:blank' : allow(address);
    expect((await signIn()).account.id).toBe(ana);
    expect(person.read).toContain('The sign-in to Example was stopped. Did the browser not come back?');
  });

  it('leaves it at that when the person does: no error is shown', async () => {
    person.cancels = IN_BROWSER;
    person.browse = async () => 'about:blank';
    await expect(signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    person.presses.clear();
    editor.env.uiKind = editor.UIKind.Web;
    begin();
    await expect(signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    expect(person.read.filter((text) => text.includes('did not work'))).toEqual([]);
  });

  it('ends when the person refuses, or waits too long', async () => {
    editor.env.uiKind = editor.UIKind.Web;
    begin();
    person.browse = visit('deny', 'ana');
    await expect(signIn()).rejects.toThrow('It was refused in the browser.');
    person.browse = async () => 'about:blank';
    await expect(signIn()).rejects.toThrow(/The code has expired|authorization/);
  });
});

describe('signing out', () => {
  it('ends it at the server and forgets it here', async () => {
    const changes: unknown[] = [];
    editor.provider().onDidChangeSessions((change) => changes.push(change));
    const session = await signIn();
    await editor.provider().removeSession(session.id);
    expect(changes).toEqual([
      { added: [session], removed: [], changed: [] },
      { added: [], removed: [session], changed: [] },
    ]);
    expect((await verify(portaria, session.accessToken)).status).toBe(401);
    expect([await sessionsOf(), await secrets.keys()]).toEqual([[], []]);
  });
});
