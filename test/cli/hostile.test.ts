// Somebody who signs in, or administers, at a server that means them ill: what it answers steers no terminal, opens nothing but pages of
// the web, and is never answered with a stack.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignInFile } from '../../src/cli/sign-ins.ts';
import { startElsewhere, type PretendElsewhere } from '../support/pretend-elsewhere.ts';
import { newFolder, portaria, type Outcome } from '../support/processes.ts';

/** Sets the title of a terminal's window; others write files, or type. */
const ORDER = '\u001b]0;mine\u0007\u009b2J';

let elsewhere: PretendElsewhere;
let home: ReturnType<typeof newFolder>;
let settings: Record<string, string>;

beforeEach(async () => {
  elsewhere = await startElsewhere();
  home = newFolder();
  settings = { HOME: home.path, XDG_CONFIG_HOME: join(home.path, 'config'), PORTARIA_ISSUER: elsewhere.url };
});
afterEach(async () => {
  await elsewhere.close();
  home.remove();
});

async function signIn(token = 'a-token'): Promise<void> {
  const scope = 'read admin';
  const kept = { token, expiresAt: Date.now() + 3_600_000 };
  const accessTokens = { 'admin read': kept, read: kept };
  await new SignInFile(join(home.path, 'config', 'portaria')).change((signIns) =>
    signIns.set(elsewhere.url, { refreshToken: 'a-refresh-token', scope, accessTokens }),
  );
}

function device(link: string, code = 'WDJB-MJHT'): void {
  elsewhere.offerDevice({ verification_uri: link, user_code: code });
  elsewhere.answers['/token'] = { status: 400, body: { error: 'access_denied' } };
}

function expectHarmless({ stdout, stderr }: Outcome): void {
  for (const order of ['\u001b', '\u0007', '\u009b']) expect(stdout + stderr).not.toContain(order);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('portaria login', () => {
  it.each([
    'javascript:alert(document.domain)',
    'file:///etc/passwd',
    '--new-window',
    'http://login.example.com/device',
    `https://login.example.com/${'x'.repeat(9_000)}`,
  ])('shows and opens no %#', async (link) => {
    const tools = join(home.path, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'xdg-open'), `#!/bin/sh\necho "$1" > ${home.path}/opened\n`);
    chmodSync(join(tools, 'xdg-open'), 0o755);
    device(link);
    const desktop = { ...settings, DISPLAY: ':0', PATH: `${tools}:${process.env['PATH']}` };
    const outcome = await portaria('login', desktop);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('sends people to an address that is no page of the web');
    expect(existsSync(join(home.path, 'opened'))).toBe(false);
    expectHarmless(outcome);
  });

  it('shows what a server says without obeying it', async () => {
    device(`https://login.example.com/${ORDER}`, `WDJB${ORDER}`);
    elsewhere.answers['/token'] = {
      status: 400,
      body: { error: 'invalid_request', error_description: `No.${ORDER}` },
    };
    const outcome = await portaria('login', settings);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('The server refuses: No.');
    expectHarmless(outcome);
  });
});

describe('whoever has signed in there', () => {
  it.each(['a person', `a person${ORDER}`, 7, { deep: true }])('is called %p', async (name) => {
    await signIn();
    elsewhere.answers['/api/verify'] = {
      body: { sub: `sub${ORDER}`, name, roles: name, permissions: [name] },
    };
    expectHarmless(await portaria('whoami', settings));
  });

  it('prints a token that a terminal does not obey', async () => {
    await signIn(`a-token${ORDER}`);
    const outcome = await portaria('token', settings);
    expect(outcome.code).toBe(0);
    expectHarmless(outcome);
  });

  it('hears that nothing is known when the answer is no JSON', async () => {
    await signIn();
    elsewhere.answers['/api/verify'] = { body: '<!doctype html>' };
    const outcome = await portaria('whoami', settings);
    expect(outcome.stderr).toMatch(/does not speak as Portaria does/);
    expectHarmless(outcome);
  });

  it('administers, and the refusals and names of things are only text', async () => {
    await signIn();
    elsewhere.answers['/api/admin/v1/clients'] = {
      status: 403,
      body: { error: 'no', error_description: `No.${ORDER}` },
    };
    const refused = await portaria('clients list', settings);
    expect([refused.code, refused.stderr.slice(0, 3)]).toEqual([1, 'No.']);
    expectHarmless(refused);
    elsewhere.answers['/api/admin/v1/resources'] = {
      body: {
        identifier: `https://one.example.com/${ORDER}`,
        name: 'One',
        client_id: null,
        scope: '',
        created_at: 0,
        updated_at: 0,
      },
    };
    const made = await portaria('resources create --id https://one.example.com/', settings);
    expect(made.stdout).toContain('The resource https://one.example.com/');
    expectHarmless(made);
  });
});
