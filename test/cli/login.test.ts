// portaria login, whoami, token and logout: the real command in processes of its own, and a person in a browser.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { signInOf } from '../../src/cli/signed-in-at.ts';
import { SignInFile, type SignIn } from '../../src/cli/sign-ins.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPerson, PASSWORD, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import { json, newFolder, portaria, start, type Outcome } from '../support/processes.ts';
import { approveDevice, poll, startDevice, type DeviceAnswer } from '../support/walks.ts';

const WHOLE = 'openid profile email read write';

let server: Portaria;
let home: ReturnType<typeof newFolder>;
let settings: Record<string, string>;
let ana: string;

beforeAll(async () => {
  server = await startPortaria();
  ana = await addPerson(server);
});
beforeEach(() => {
  home = newFolder();
  settings = { HOME: home.path, XDG_CONFIG_HOME: join(home.path, 'config') };
});
afterEach(() => {
  home.remove();
});
afterAll(async () => {
  await server.stop();
});

const file = () => new SignInFile(join(home.path, 'config', 'portaria'));

/** What the command has at its end, without its five seconds of waiting. */
async function signIn(scope = WHOLE, as = 'ana'): Promise<SignIn> {
  const device = await startDevice(server, 'cli', scope);
  await approveDevice(new CarefulBrowser(server.url), device, as);
  const answer = await poll(server, 'cli', device);
  const made = signInOf(answer.body, scope);
  await file().change((signIns) => signIns.set(server.url, made));
  return made;
}

/** A login as far as the link, which is read off its standard error. */
async function beginLogin(options: string[] = [], more: Record<string, string> = {}) {
  const child = start(['login', '--issuer', server.url, ...options], { ...settings, ...more });
  let said = '';
  await new Promise<void>((resolve) => {
    child.stderr!.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('Waiting') || said.includes('user_code')) resolve();
    });
    child.once('exit', () => resolve());
  });
  const code = /[A-Z]{4}-[A-Z]{4}/.exec(said)?.[0] ?? '';
  const device = { user_code: code, verification_uri: `${server.url}/device` } as DeviceAnswer;
  return { child, said: () => said, device, stdout: text(child.stdout!), exit: once(child, 'exit') };
}

function expectSentence({ code, stdout, stderr }: Outcome, sentence: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('portaria login', () => {
  it('signs in who allows it in a browser, for them alone, in place of what was there before; not who says no', async () => {
    const before = await signIn();
    const elsewhere = { XDG_CONFIG_HOME: join(home.path, 'elsewhere') };
    const [login, unwanted] = await Promise.all([beginLogin(), beginLogin(['--json'], elsewhere)]);
    const browser = new CarefulBrowser(server.url);
    const confirm = await browser.submit(await browser.get('/device'), {
      user_code: unwanted.device.user_code,
    });
    await browser.submit(confirm, { abort: 'yes' });
    expect(login.said()).toContain(`${server.url}/device?user_code=${login.device.user_code}`);
    const page = await approveDevice(new CarefulBrowser(server.url), login.device);
    expect(page.text).toContain('You can go back to Portaria CLI');
    expect(await login.stdout).toBe(`Signed in at ${server.url} as Ana (ana@example.com).\n`);
    expect((await login.exit)[0]).toBe(0);
    expect((await unwanted.exit)[0]).toBe(1);
    expect(unwanted.said()).toContain('{"error":"access_denied"');
    expect(existsSync(elsewhere.XDG_CONFIG_HOME)).toBe(false);
    const folder = join(home.path, 'config', 'portaria');
    expect(readdirSync(folder)).toEqual(['sign-ins.json']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'sign-ins.json')).mode & 0o777).toBe(0o600);
    const [[token = '']] = [Object.values(before.accessTokens).map((kept) => kept.token)];
    expect((await verify(server, token)).status).toBe(401);
    const who = await json('whoami', settings);
    expect(who).toMatchObject({ issuer: server.url, sub: ana, name: 'Ana', email: 'ana@example.com' });
  });

  it('stops at Ctrl-C with nothing kept', async () => {
    const login = await beginLogin();
    login.child.kill('SIGINT');
    expect((await login.exit)[0]).toBe(130);
    expect(login.said()).toContain('Stopped. Nobody was signed in.');
    expect((await file().read()).size).toBe(0);
  });

  it('opens the browser where there is one, unless told not to', async () => {
    const tools = join(home.path, 'tools');
    mkdirSync(tools);
    const opener = join(tools, 'xdg-open');
    writeFileSync(opener, `#!/bin/sh\necho "$1" >> ${home.path}/opened\n`);
    chmodSync(opener, 0o755);
    const desktop = { DISPLAY: ':0', PATH: `${tools}:${process.env['PATH']}` };
    const [opening, quiet] = await Promise.all([
      beginLogin([], desktop),
      beginLogin(['--no-browser'], desktop),
    ]);
    const opened = () => {
      try {
        return readFileSync(`${home.path}/opened`, 'utf8');
      } catch {
        return '';
      }
    };
    while (opened() === '') await new Promise((resolve) => setTimeout(resolve, 20));
    for (const { child } of [opening, quiet]) child.kill('SIGINT');
    await Promise.all([opening.exit, quiet.exit]);
    expect(opened()).toBe(`${server.url}/device?user_code=${opening.device.user_code}\n`);
  });

  it.each([
    ['http://login.example.com', /write it as https:\/\//],
    ['login.example.com', /write it as https:\/\//],
    ['https://ana@login.example.com', /no path and no user/],
    ['https://login.example.com/realm', /write https:\/\/login\.example\.com/],
  ])('refuses the address %s', async (issuer, sentence) => {
    expectSentence(await portaria(['login', '--issuer', issuer], settings), sentence);
  });

  it('does not take another server for the one that was named', async () => {
    const outcome = await portaria(['login', '--issuer', server.address], settings);
    expectSentence(outcome, /calls itself something else/);
  });

  it('says so when there is no server', async () => {
    const issuer = `http://localhost:${await freePort()}`;
    expectSentence(await portaria(['login', '--issuer', issuer], settings), /cannot be asked: localhost/);
    const { stderr } = await portaria(['login', '--issuer', issuer, '--json'], settings);
    expect(JSON.parse(stderr)).toMatchObject({ error: 'unreachable' });
  });

  it('says what the server refuses', async () => {
    const outcome = await portaria(['login', '--issuer', server.url, '--scope', 'vault'], settings);
    expectSentence(outcome, /The server refuses: /);
  });
});

describe('portaria token', () => {
  it('prints a token that works, the same as long as it lives', async () => {
    await signIn();
    const [one, two] = [await portaria('token', settings), await portaria('token', settings)];
    expect(one).toMatchObject({ code: 0, stderr: '' });
    expect(one.stdout).toBe(two.stdout);
    expect((await verify(server, one.stdout.trim())).body).toMatchObject({ sub: ana, scope: WHOLE });
  });

  it('gives many processes that find it expired one token, and loses no refresh token', async () => {
    const made = await signIn();
    for (let round = 0; round < 2; round++) {
      await file().change((signIns) => {
        for (const kept of Object.values(signIns.get(server.url)?.accessTokens ?? {})) kept.expiresAt = 0;
      });
      const before = (await file().read()).get(server.url)?.refreshToken;
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => portaria('token', settings)));
      expect(outcomes.map(({ code, stderr }) => [code, stderr])).toEqual(outcomes.map(() => [0, '']));
      expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(1);
      expect((await verify(server, outcomes[0]?.stdout.trim() ?? '')).status).toBe(200);
      expect((await file().read()).get(server.url)?.refreshToken).not.toBe(before);
    }
    expect((await file().read()).get(server.url)?.refreshToken).not.toBe(made.refreshToken);
    expect(readdirSync(join(home.path, 'config', 'portaria'))).toEqual(['sign-ins.json']);
  });

  it('gives less than was allowed to who asks for less, at the same time', async () => {
    await signIn();
    const scopes = ['read', 'openid profile', 'write', 'read'];
    const tokens = await Promise.all(
      scopes.map(async (scope) => (await portaria(['token', '--scope', scope], settings)).stdout.trim()),
    );
    for (const [turn, scope] of scopes.entries())
      expect((await verify(server, tokens[turn] ?? '')).body['scope']).toBe(scope);
    expect(tokens[3]).toBe(tokens[0]);
    const more = await portaria(['token', '--scope', 'read admin'], settings);
    expectSentence(more, /has no scope admin/);
  });

  it('says how to sign in when nobody is, and when the sign-in has ended', async () => {
    expectSentence(await portaria('token', settings), /^Say which server: npx portaria login --issuer/);
    const named = { ...settings, PORTARIA_ISSUER: server.url };
    expectSentence(await portaria('token', named), /^Sign in first: npx portaria login --issuer http/);
    await signIn();
    await server.services.administration.signOut(ana);
    expectSentence(await portaria('whoami', settings), /^Sign in first: npx portaria login --issuer http/);
    expect((await file().read()).size).toBe(0);
  });
});

describe('whoever administers the server', () => {
  it('may with this sign-in, and hands no service a token that could', async () => {
    const { id } = await server.services.administration.create({
      email: 'root@example.com',
      username: 'root',
      name: 'Root',
      password: PASSWORD,
      emailVerified: true,
      roles: ['admin'],
    });
    expect((await signIn(`${WHOLE} admin`, 'root')).scope.split(' ')).toContain('admin');
    const scopeOf = async (options: string[]) => {
      const { stdout } = await portaria(['token', ...options], settings);
      return String((await verify(server, stdout.trim())).body['scope']);
    };
    expect(await scopeOf([])).toBe(WHOLE);
    expect(await scopeOf(['--scope', 'admin'])).toBe('admin');
    expect(await json('whoami', settings)).toMatchObject({ sub: id, permissions: ['admin'] });
  });

  it('is somebody else: an ordinary person signs in with the same command, and gets the rest of it', async () => {
    expect((await signIn(`${WHOLE} admin`)).scope).toBe(WHOLE);
    expectSentence(await portaria(['token', '--scope', 'admin'], settings), /has no scope admin/);
  });
});

describe('the file of sign-ins', () => {
  it('that is damaged is not overwritten', async () => {
    await signIn();
    writeFileSync(file().path, '{"signIns":{"https://login.example.com":{}}}');
    for (const command of ['token', 'logout'])
      expectSentence(await portaria(command, settings), /is damaged/);
    expect(readFileSync(file().path, 'utf8')).toContain('login.example.com');
  });

  it('is not held for ever by a process that died', async () => {
    await signIn();
    const lock = `${file().path}.lock`;
    writeFileSync(lock, 'somebody who died');
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    const outcomes = await Promise.all(
      ['read', 'write', 'profile'].map((scope) => portaria(['token', '--scope', scope], settings)),
    );
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(readdirSync(join(home.path, 'config', 'portaria'))).toEqual(['sign-ins.json']);
  });

  it('says where it would be when it cannot be there', async () => {
    writeFileSync(join(home.path, 'config'), 'a file in the way');
    const named = { ...settings, PORTARIA_ISSUER: server.url };
    expectSentence(await portaria('token', named), /cannot be kept: ENOTDIR/);
  });
});

describe('portaria logout', () => {
  it('ends the sign-in at the server and here', async () => {
    const { refreshToken } = await signIn();
    const bearer = (await portaria('token', settings)).stdout.trim();
    expect(await json('logout', settings)).toEqual({ issuer: server.url, revoked: true });
    expect((await verify(server, bearer)).status).toBe(401);
    const left = readFileSync(join(home.path, 'config', 'portaria', 'sign-ins.json'), 'utf8');
    expect(left).not.toContain(refreshToken);
    expectSentence(await portaria(['logout', '--issuer', server.url], settings), /^Nobody is signed in/);
  });

  it('deletes nothing while the server cannot be told, unless it shall be forgotten', async () => {
    const made = await signIn();
    const away = `http://localhost:${await freePort()}`;
    await file().change((signIns) => signIns.set(away, made));
    expectSentence(await portaria('logout', settings), /Nothing was deleted.*--forget/);
    expect(await json('logout --forget', settings)).toEqual({ issuer: away, revoked: false });
    expect([...(await file().read()).keys()]).toEqual([server.url]);
  });
});
