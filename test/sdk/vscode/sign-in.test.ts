// An extension of VS Code signs people in over the browser, which comes back to the editor: the library and the real server, a
// person at the browser, and only the editor itself is pretended.
import { describe, expect, it } from '@jest/globals';
import type {
  AuthenticationProviderAuthenticationSessionsChangeEvent,
  AuthenticationSession,
  Uri,
  UriHandler,
} from 'vscode';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { verify } from '../../support/people.ts';
import * as editor from '../../support/pretend-vscode.ts';
import { signOut } from '../../support/walks.ts';
import { HOST, openWorkplace } from './workplace.ts';

const { person } = editor;
/** What the notification says while the browser is open. */
const IN_BROWSER = 'go on in your browser';

const at = openWorkplace();

describe('over the browser, which comes back to the editor', () => {
  it.each(['vscode', 'vscode-insiders'])(
    'signs somebody in at %s, with a token that services take',
    async (scheme) => {
      editor.env.uriScheme = scheme;
      at.begin();
      const addresses: string[] = [];
      person.browse = async (address) => {
        addresses.push(address, await at.visit('allow')(address));
        return addresses[1]!;
      };
      const session = await at.signIn();
      expect(session).toMatchObject({ account: { id: at.ana, label: 'ana' }, scopes: ['read'] });
      expect((await verify(at.portaria, session.accessToken)).body).toMatchObject({
        sub: at.ana,
        client_id: 'my-editor',
        scope: 'openid profile read',
      });
      const [there, back] = addresses.map((address) => new URL(address));
      expect(there?.searchParams.get('code_challenge_method')).toBe('S256');
      expect(back?.href.startsWith(`${scheme}://${HOST}?`)).toBe(true);
      expect(back?.searchParams.get('iss')).toBe(at.portaria.url);
      expect(await at.sessions(['read'])).toEqual([session]);
      expect(await at.sessions(['write'])).toEqual([]);
    },
  );

  it('stays signed in when the person leaves the browser', async () => {
    const { accessToken } = await at.signIn();
    await signOut(at.browser);
    expect((await verify(at.portaria, accessToken)).status).toBe(200);
  });

  it('asks for what the extension usually needs when nothing is named', async () => {
    at.begin({ scopes: ['email', 'write'] });
    const { accessToken, account, scopes } = await at.signIn([]);
    expect([account.label, scopes]).toEqual(['ana@example.com', []]);
    expect((await verify(at.portaria, accessToken)).body['scope']).toContain('write');
    expect(await at.sessions([])).toHaveLength(1);
  });

  it('says so, in the language of the editor, when the person does not allow it', async () => {
    person.browse = at.visit('deny');
    await expect(at.signIn()).rejects.toThrow('It was refused in the browser.');
    expect(person.read.at(-1)).toBe('The sign-in to Example did not work. It was refused in the browser.');
    editor.env.language = 'pt-br';
    at.begin();
    await expect(at.signIn()).rejects.toThrow('O pedido foi recusado no navegador.');
    editor.env.language = 'ko';
    at.begin();
    await expect(at.signIn()).rejects.toThrow('브라우저에서 거절되었습니다.');
  });

  it('says so when the server is not there', async () => {
    at.begin({ issuer: 'http://127.0.0.1:1' });
    await expect(at.signIn()).rejects.toThrow('http://127.0.0.1:1/ does not answer. Try again later.');
  });

  it.each(['http://login.example.com', 'ftp://localhost', 'not an address'])(
    'does not begin at all with the issuer %s',
    (issuer) => {
      at.extension?.dispose();
      expect(() => at.begin({ issuer })).toThrow(/issuer|Invalid URL/);
    },
  );

  it('keeps the account that was asked for: somebody else is turned away, and nothing is left of it', async () => {
    const { account } = await at.signIn();
    at.browser = new CarefulBrowser(at.portaria.url);
    let hint: string | null = null;
    person.browse = (address) => {
      hint = new URL(address).searchParams.get('login_hint');
      return at.visit('allow', 'bia')(address);
    };
    await expect(at.signIn(['write'], account)).rejects.toThrow('This was to be ana, but bia signed in.');
    expect(hint).toBe('ana');
    expect(await at.sessions(['write'])).toEqual([]);
    expect(
      await at.portaria.database.database.query('select 1 from grants where account_id = $1', [at.bia]),
    ).toEqual([]);
  });
});

describe('beside other windows, and other addresses of the extension', () => {
  it('takes an answer that came to another window, and hears of a sign-out there', async () => {
    const changes: AuthenticationProviderAuthenticationSessionsChangeEvent[] = [];
    editor.provider().onDidChangeSessions((change) => changes.push(change));
    person.browse = async (address) => {
      const answer = new URL(await at.visit('allow')(address));
      await at.secrets.store('portaria.callback', answer.searchParams.toString());
      return 'about:blank';
    };
    const session = await at.signIn();
    expect(session.account.id).toBe(at.ana);
    await at.secrets.delete(`portaria.session.${session.id}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(changes.at(-1)?.removed).toEqual([session]);
    expect(await at.secrets.keys()).toEqual([]);
  });

  it('leaves the handler of addresses to an extension that has one', async () => {
    const own: { handler?: UriHandler } = {};
    at.begin({
      handleUris(handler) {
        own.handler = handler;
        return new editor.Disposable(() => undefined);
      },
    });
    person.browse = async (address) => {
      const answer = editor.Uri.parse(await at.visit('allow')(address));
      await own.handler?.handleUri(answer as unknown as Uri);
      return 'about:blank';
    };
    expect((await at.signIn()).account.id).toBe(at.ana);
  });
});

describe('an answer that nobody asked for', () => {
  /** What the browser would bring, changed on its way; the right one afterwards. */
  async function bringChanged(change: (answer: URL) => void): Promise<AuthenticationSession> {
    person.browse = async (address) => {
      const right = new URL(await at.visit('allow')(address));
      const wrong = new URL(right);
      change(wrong);
      await editor.comeBack(wrong.href);
      return right.href;
    };
    return at.signIn();
  }

  it.each(['state', 'path'])('stays without effect when it has another %s', async (part) => {
    const session = await bringChanged((answer) => {
      answer.searchParams.set('code', 'made-up');
      if (part === 'path') answer.pathname = '/elsewhere';
      else answer.searchParams.set('state', 'x'.repeat(43));
    });
    expect(session.account.id).toBe(at.ana);
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
    expect(await at.sessions()).toEqual([]);
  });

  it("is refused: somebody else's code, which is bound to another challenge (RFC 7636)", async () => {
    let stolen: Promise<string> | undefined;
    person.browse = async (address) => {
      stolen = at.visit('allow')(address);
      return 'about:blank';
    };
    person.cancels = IN_BROWSER;
    await expect(at.signIn()).rejects.toBeInstanceOf(editor.CancellationError);
    person.cancels = undefined;
    const code = new URL((await stolen) ?? '').searchParams.get('code') ?? '';
    const signingIn = bringChanged((answer) => answer.searchParams.set('code', code));
    await expect(signingIn).rejects.toThrow('The sign-in to Example did not work.');
  });
});

describe('signing out', () => {
  it('ends it at the server and forgets it here', async () => {
    const changes: unknown[] = [];
    editor.provider().onDidChangeSessions((change) => changes.push(change));
    const session = await at.signIn();
    await editor.provider().removeSession(session.id);
    expect(changes).toEqual([
      { added: [session], removed: [], changed: [] },
      { added: [], removed: [session], changed: [] },
    ]);
    expect((await verify(at.portaria, session.accessToken)).status).toBe(401);
    expect([await at.sessions(), await at.secrets.keys()]).toEqual([[], []]);
  });
});
