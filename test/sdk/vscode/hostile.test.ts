// An extension of VS Code and a server that means the person ill: it opens nothing but pages of the web, and what it says cannot be clicked.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Disposable } from 'vscode';
import { registerPortaria } from '../../../sdk/vscode/src/register.ts';
import { startElsewhere, type PretendElsewhere } from '../../support/pretend-elsewhere.ts';
import * as editor from '../../support/pretend-vscode.ts';

const { env, person } = editor;
const COPY = 'Copy code and open';
/** An editor makes a link of it, and a command may write to its terminal. */
const COMMAND = '[here](command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22id%22%7D)';

let elsewhere: PretendElsewhere;
let extension: Disposable | undefined;
let opened: string[];

beforeEach(async () => {
  elsewhere = await startElsewhere();
  const { url } = elsewhere;
  offer({ authorization_endpoint: `${url}/authorize` });
  elsewhere.answers['/token'] = { status: 400, body: { error: 'access_denied' } };
  opened = [];
  const browse = async (address: string) => {
    opened.push(address);
    throw new Error(`opened ${address}`);
  };
  Object.assign(person, { browse, presses: new Set([COPY]), cancels: undefined, read: [], clipboard: '' });
  begin('vscode');
});
afterEach(async () => {
  extension?.dispose();
  await elsewhere.close();
});

/** In an editor whose addresses are not registered a code has to do. */
function begin(uriScheme: string): void {
  extension?.dispose();
  Object.assign(env, { uriScheme, uiKind: editor.UIKind.Desktop, language: 'en' });
  const options = { issuer: elsewhere.url, clientId: 'my-editor', label: 'Example' };
  extension = registerPortaria(editor.newContext(new editor.Secrets()), options);
}

function offer(fields: object): void {
  const { url } = elsewhere;
  const endpoints = { token_endpoint: `${url}/token`, device_authorization_endpoint: `${url}/device` };
  elsewhere.answers['/.well-known/openid-configuration'] = { body: { issuer: url, ...endpoints, ...fields } };
}

function signIn(): PromiseLike<unknown> {
  return editor.provider().createSession(['read'], {});
}

const ADDRESSES = [
  'vscode://another.extension/run?it',
  'file:///bin/sh',
  'javascript:alert(1)',
  'http://example.com/',
  'nonsense',
];

it.each(ADDRESSES)('does not send the browser to %s', async (address) => {
  offer({ authorization_endpoint: address });
  await expect(signIn()).rejects.toThrow('is no page of the web');
  expect(opened).toEqual([]);
});

it.each(ADDRESSES)('shows no code with %s', async (address) => {
  begin('another-editor');
  for (const name of ['verification_uri', 'verification_uri_complete']) {
    elsewhere.offerDevice({ [name]: address });
    await expect(signIn()).rejects.toThrow('is no page of the web');
  }
  expect([opened, person.clipboard]).toEqual([[], '']);
});

it('says why it did not work in words alone', async () => {
  begin('another-editor');
  elsewhere.answers['/device'] = {
    status: 400,
    body: { error: 'invalid_request', error_description: `Click ${COMMAND}` },
  };
  await expect(signIn()).rejects.toThrow('Click');
  expect(person.read.at(-1)).toContain('Click [here');
  expect(person.read.join()).not.toContain('](');
});
