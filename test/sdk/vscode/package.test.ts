// The library as an extension gets it: compiled, in a plain Node process, and described as it is.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { json, newFolder } from '../../support/processes.ts';

const HOME = 'sdk/vscode';
const read = (path: string) => readFileSync(path, 'utf8');
const manifest = JSON.parse(read(`${HOME}/package.json`)) as Record<string, Record<string, string>>;
const example = JSON.parse(read(`${HOME}/example/package.json`)) as typeof manifest;
const top = JSON.parse(read('package.json')) as typeof manifest;
/** As a shell takes them apart, as far as this command needs it. */
const argumentsOf = (command: string) =>
  [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  );
const readme = read(`${HOME}/README.md`);
const folder = newFolder();
afterAll(() => folder.remove());

/** As little of the editor as a registration needs; written to a file, for a process that knows nothing of the tests. */
const EDITOR = `
const disposable = { dispose() {} };
export const authentication = {
  registerAuthenticationProvider: (id, label) => (console.log('registered', id, label), disposable),
};
export const window = { registerUriHandler: () => disposable };
export const env = { uriScheme: 'vscode', uiKind: 1, language: 'en' };
export class EventEmitter { event() {} fire() {} dispose() {} }
export const Disposable = { from: () => disposable };
export const UIKind = { Desktop: 1, Web: 2 }, ProgressLocation = { Notification: 15 };
export const Uri = {}, CancellationError = Error;`;

const EXTENSION = `
import { registerPortaria } from 'portaria-vscode';
const secrets = { onDidChange: () => ({ dispose() {} }) };
const context = { secrets, subscriptions: [], extension: { id: 'example.portaria-example' } };
registerPortaria(context, { issuer: 'https://login.example.com', clientId: 'my-editor', label: 'Example' });
console.log('subscriptions', context.subscriptions.length);`;

describe('the package', () => {
  it('compiles to what an extension can load', () => {
    const modules = join(folder.path, 'node_modules');
    const own = join(modules, 'portaria-vscode');
    mkdirSync(join(modules, 'vscode'), { recursive: true });
    mkdirSync(own);
    writeFileSync(join(modules, 'vscode', 'index.mjs'), EDITOR);
    writeFileSync(join(modules, 'vscode', 'package.json'), '{ "exports": "./index.mjs" }');
    writeFileSync(join(own, 'package.json'), read(`${HOME}/package.json`));
    writeFileSync(join(folder.path, 'extension.mjs'), EXTENSION);
    symlinkSync(resolve('node_modules/oauth4webapi'), join(modules, 'oauth4webapi'));
    const outDir = join(own, 'dist');
    const compiled = spawnSync('node_modules/.bin/tsc', [
      '-p',
      `${HOME}/tsconfig.build.json`,
      '--outDir',
      outDir,
    ]);
    expect([compiled.status, String(compiled.stdout)]).toEqual([0, '']);
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder.path, 'extension.mjs')]);
    expect([String(stdout), String(stderr)]).toEqual(['registered portaria Example\nsubscriptions 1\n', '']);
    expect(read(join(outDir, 'register.d.ts'))).toContain('export declare function registerPortaria');
  });

  it('is of the version of the server, and needs what is tested here', () => {
    expect(manifest['version']).toBe(top['version']);
    expect(example['dependencies']).toEqual({ 'portaria-vscode': top['version'] });
    expect(manifest['dependencies']).toEqual({ oauth4webapi: top['devDependencies']?.['oauth4webapi'] });
    const oldest = `^${top['devDependencies']?.['@types/vscode']}`;
    expect([manifest, example].map(({ engines }) => engines?.['vscode'])).toEqual([oldest, oldest]);
  });

  it('shows in its README the extension that is compiled here', () => {
    expect(readme).toContain(read(`${HOME}/example/extension.ts`).split('\n').slice(1).join('\n'));
    for (const part of ['activationEvents', 'authentication']) expect(readme).toContain(`"${part}"`);
  });

  it('is registered at the server by the command of its README', async () => {
    const [, command = ''] = /^npx portaria (clients create [^`]*?)\n```/m.exec(readme) ?? [];
    const client = await json(argumentsOf(command), { DATA_DIR: folder.path });
    expect(client).toMatchObject({
      client_id: 'my-editor',
      redirect_uris: ['vscode', 'vscode-insiders'].map(
        (scheme) => `${scheme}://example.portaria-example/signed-in`,
      ),
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    });
  });
});
