// Commands that are stopped on their way, and what they leave to the next one.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SignInFile } from '../../src/cli/sign-ins.ts';
import { startElsewhere, type PretendElsewhere } from '../support/pretend-elsewhere.ts';
import { newFolder, portaria, PROGRAM, start } from '../support/processes.ts';

let elsewhere: PretendElsewhere;
let home: ReturnType<typeof newFolder>;
let settings: Record<string, string>;
let file: SignInFile;

beforeEach(async () => {
  elsewhere = await startElsewhere();
  home = newFolder();
  settings = { HOME: home.path, XDG_CONFIG_HOME: home.path, PORTARIA_ISSUER: elsewhere.url };
  file = new SignInFile(join(home.path, 'portaria'));
});
afterEach(async () => {
  await elsewhere.close();
  home.remove();
});

/** Whose access token has ended. */
async function signIn(): Promise<void> {
  await file.change((signIns) =>
    signIns.set(elsewhere.url, { refreshToken: 'one', scope: 'read', accessTokens: {} }),
  );
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a refresh that %s ends locks nobody out',
  async (signal) => {
    await signIn();
    elsewhere.answers['/token'] = 'silence';
    const child = start(['token'], settings);
    await elsewhere.asked('/token');
    expect(existsSync(`${file.path}.lock`)).toBe(true);
    child.kill(signal);
    const [, endedBy] = (await once(child, 'exit')) as [unknown, string];
    expect(endedBy).toBe(signal);
    expect(readdirSync(join(home.path, 'portaria'))).toEqual(['sign-ins.json']);
    expect((await file.read()).get(elsewhere.url)?.refreshToken).toBe('one');
  },
);

it('a full disk is noticed before the server is asked, and locks nobody out', async () => {
  await signIn();
  let isAsked = false;
  void elsewhere.asked('/token').then(() => (isAsked = true));
  // No file takes a byte, as on a full disk.
  const child = spawn('sh', ['-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath, PROGRAM, 'token'], {
    env: { PATH: process.env['PATH'], ...settings },
  });
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect([child.exitCode, stderr]).toEqual([1, expect.stringMatching(/^Your sign-ins cannot be kept: /)]);
  expect(isAsked).toBe(false);
  expect(readdirSync(join(home.path, 'portaria'))).toEqual(['sign-ins.json']);
  expect((await file.read()).get(elsewhere.url)?.refreshToken).toBe('one');
});

it('a lock from a future that will not come is passed by', async () => {
  await signIn();
  elsewhere.answers['/token'] = {
    body: { access_token: 'two', token_type: 'Bearer', expires_in: 3_600, scope: 'read' },
  };
  writeFileSync(`${file.path}.lock`, 'somebody who died');
  const tomorrow = new Date(Date.now() + 86_400_000);
  utimesSync(`${file.path}.lock`, tomorrow, tomorrow);
  expect(await portaria('token', settings)).toMatchObject({ code: 0, stdout: 'two\n' });
});

it('Ctrl-C after the sign-in does not say that there was none', async () => {
  elsewhere.offerDevice({});
  const tokens = { access_token: 'one', refresh_token: 'two', token_type: 'Bearer', expires_in: 3_600 };
  elsewhere.answers['/token'] = { body: { ...tokens, scope: 'read' } };
  elsewhere.answers['/api/verify'] = 'silence';
  const child = start(['login'], settings);
  const said = text(child.stderr!);
  await elsewhere.asked('/api/verify');
  child.kill('SIGINT');
  await once(child, 'exit');
  expect(await said).not.toContain('Nobody was signed in');
  expect((await file.read()).get(elsewhere.url)?.refreshToken).toBe('two');
});
