// What every story of the editor needs: the server, an extension that has begun in a window, and Ana, with a browser and nothing
// yet that she has pressed or read.
import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import type { AuthenticationSession, Disposable } from 'vscode';
import { registerPortaria, type PortariaOptions } from '../../../sdk/vscode/src/register.ts';
import { formsOf } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { addClient, addPerson, PASSWORD } from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import * as editor from '../../support/pretend-vscode.ts';

/** Behind the scheme of an editor, the address that is registered. */
export const HOST = 'example.portaria-example/signed-in';

export class Workplace {
  portaria!: Portaria;
  ana!: string;
  bia!: string;
  browser!: CarefulBrowser;
  secrets!: editor.Secrets;
  extension: Disposable | undefined;

  async open(): Promise<void> {
    this.portaria = await startPortaria();
    this.ana = await addPerson(this.portaria);
    this.bia = await addPerson(this.portaria, 'bia');
    await addClient(this.portaria, 'my-editor', {
      name: 'Example Editor',
      isPublic: true,
      isNative: true,
      redirectUris: [`vscode://${HOST}`, `vscode-insiders://${HOST}`],
      grantTypes: ['authorization_code', 'refresh_token', 'device_code'],
    });
  }

  /** A day begins. */
  tidy(): void {
    this.browser = new CarefulBrowser(this.portaria.url);
    const nothing = { presses: new Set(), cancels: undefined, read: [], clipboard: '' };
    Object.assign(editor.person, { browse: this.visit('allow'), ...nothing });
    Object.assign(editor.env, { uriScheme: 'vscode', uiKind: editor.UIKind.Desktop, language: 'en' });
    this.begin();
  }

  /** The extension begins, in a window that has no secrets yet. */
  begin(options: Partial<PortariaOptions> = {}): void {
    this.extension?.dispose();
    this.secrets = new editor.Secrets();
    const needed = { issuer: this.portaria.url, clientId: 'my-editor', label: 'Example' };
    this.extension = registerPortaria(editor.newContext(this.secrets), { ...needed, ...options });
  }

  /** What somebody does in Ana's browser. Answers where that ends. */
  visit(decision: 'allow' | 'deny', login = 'ana'): (address: string) => Promise<string> {
    return async (address) => {
      const { browser } = this;
      let page = await browser.get(address);
      if (page.text.includes('name="confirm"')) page = await browser.submit(page, { confirm: 'yes' });
      if (page.text.includes('name="password"'))
        page = await browser.submit(page, { login, password: PASSWORD }, '/login');
      const isAsked = formsOf(page.text).some(({ action }) => action.endsWith('/consent'));
      return (isAsked ? await browser.submit(page, { decision }, '/consent') : page).url;
    };
  }

  async signIn(
    scopes: readonly string[] = ['read'],
    account?: AuthenticationSession['account'],
  ): Promise<AuthenticationSession> {
    return editor.provider().createSession(scopes, { account });
  }

  async sessions(scopes?: readonly string[]): Promise<AuthenticationSession[]> {
    return editor.provider().getSessions(scopes, {});
  }
}

/** To be called once in a test file. */
export function openWorkplace(): Workplace {
  const workplace = new Workplace();
  beforeAll(() => workplace.open());
  afterAll(() => workplace.portaria.stop());
  beforeEach(() => workplace.tidy());
  afterEach(() => {
    workplace.extension?.dispose();
    jest.restoreAllMocks();
  });
  return workplace;
}
