// Passwords are hashed in processes that have nothing and can be lost: seen from outside, where Linux shows it.
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PasswordHasher, type PasswordHasherOptions } from '../../src/base/password.ts';
import { until } from '../support/redis.ts';

const CHEAP = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };
/** Takes seconds: whoever comes meanwhile finds it at work. */
const SLOW = { memoryCost: 65_536, timeCost: 200, parallelism: 1 };
const whereItCanBeSeen = process.platform === 'linux' ? describe : describe.skip;

let hasher: PasswordHasher;
let program: ChildProcess | undefined;

afterEach(async () => {
  await hasher?.close();
  program?.kill('SIGKILL');
  program = undefined;
});

function open(options: PasswordHasherOptions = {}): PasswordHasher {
  hasher = new PasswordHasher({ jobs: 1, parameters: CHEAP, ...options });
  return hasher;
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Those of this process that hash. */
const workers = (): number[] =>
  childrenOf(process.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('password-worker'),
  );

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

/** Deep in a job, not merely started. */
async function untilAtWork(): Promise<number> {
  await until(async () => workers().some((pid) => residentMegabytesOf(pid) > 90));
  return workers()[0] ?? 0;
}

function residentMegabytesOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

whereItCanBeSeen('the process that hashes', () => {
  it('is there when it is needed, gives way to everybody, and goes when nobody needs it', async () => {
    const before = workers().length;
    open({ idleMs: 300 });
    expect(workers()).toHaveLength(before);
    const digest = await hasher.hash('correct horse battery');
    const [pid = 0] = workers();
    const [, , , , , , , , , , , , , , , , nice] = (
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? ''
    ).split(' ');
    expect(nice).toBe('19');
    await until(async () => workers().length === 0);
    expect(await hasher.verify(digest, 'correct horse battery')).toBe(true);
    expect(workers()).not.toContain(pid);
  });

  it('is used again while there is work', async () => {
    open();
    await hasher.hash('one');
    const [pid] = workers();
    for (let turn = 0; turn < 5; turn++) await hasher.hash('another');
    expect(workers()).toEqual([pid]);
  });

  it('has neither our environment nor our files nor our connections', async () => {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    open();
    await hasher.hash('correct horse battery');
    const [pid = 0] = workers();
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(names.filter((line) => !line.startsWith('NODE_CHANNEL_'))).toEqual([]);
    const held = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    // What Node's own loop is made of has no name outside.
    const named = held.filter((target) => !/^(anon_inode:|pipe:)/.test(target));
    expect(named.filter((target) => target !== '/dev/null')).toEqual([expect.stringMatching(/^socket:/)]);
    listening.close();
  });

  it('fails its job with 503 when it is killed in the middle; the next one gets another', async () => {
    const digest = await open().hash('a b c d e f');
    await hasher.close();
    open({ parameters: SLOW });
    const answers = Promise.allSettled([hasher.hash('the victim'), hasher.verify(digest, 'a b c d e f')]);
    const victim = await untilAtWork();
    process.kill(victim, 'SIGKILL');
    expect(await answers).toMatchObject([
      { reason: { status: 503, code: 'temporarily_unavailable', retryAfterSeconds: 2 } },
      { value: true },
    ]);
    expect(isAlive(victim)).toBe(false);
  });

  it('gives each job its own answer, in whatever order it could be done with them', async () => {
    const digest = await open().hash('a b c d e f');
    // A new process: the first thing that it judges has to be read from a list, and a comparison has not.
    await hasher.close();
    open();
    const answers = [
      hasher.isCommon('password1234', []),
      hasher.verify(digest, 'a b c d e x'),
      hasher.isCommon('a password that nobody has had', []),
      hasher.verify(digest, 'a b c d e f'),
    ];
    expect(await Promise.all(answers)).toEqual([true, false, false, true]);
  });

  it('is missed by nobody when it is killed at rest', async () => {
    open();
    const digest = await hasher.hash('a b c d e f');
    const [pid = 0] = workers();
    process.kill(pid, 'SIGKILL');
    await until(async () => !childrenOf(process.pid).includes(pid));
    expect(await hasher.verify(digest, 'a b c d e f')).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'finishes its job when the whole group gets %s',
    async (signal) => {
      open({ parameters: { ...SLOW, timeCost: 10 } });
      const answer = hasher.hash('a b c d e f');
      process.kill(await untilAtWork(), signal);
      expect(await answer).toMatch(/^\$argon2id\$/);
    },
  );

  it.each(['at rest', 'in the middle of a job'])('ends with us when we are killed, %s', async (when) => {
    const job = when === 'at rest' ? '' : `void hasher.hash('seconds').catch(() => {});`;
    program = spawn(process.execPath, [
      '--input-type=module-typescript',
      '--eval',
      `import { PasswordHasher } from './src/base/password.ts';
       const hasher = new PasswordHasher({ jobs: 1, parameters: ${JSON.stringify(when === 'at rest' ? CHEAP : SLOW)} });
       ${job || `await hasher.hash('a b c d e f');`}
       console.log('ready');
       setInterval(() => {}, 1000);`,
    ]);
    await once(program.stdout!, 'data');
    const [pid = 0] = childrenOf(program.pid ?? 0);
    expect(pid).toBeGreaterThan(0);
    if (job) await until(async () => residentMegabytesOf(pid) > 90);
    program.kill('SIGKILL');
    await until(async () => !isAlive(pid));
  });
});

describe('a process that hashes passwords', () => {
  it('is not held by them when it is done', () => {
    const run = runProgram(`
      const hasher = new PasswordHasher();
      console.log(await hasher.verify(await hasher.hash('a b c d e f'), 'a b c d e f'));`);
    expect(run).toMatchObject({ status: 0, signal: null, stdout: 'true\n', stderr: '' });
  });

  it('is held by them until the answer is there', () => {
    const run = runProgram(`
      void new PasswordHasher().hash('a b c d e f').then((digest) => console.log(digest.slice(0, 9)));`);
    expect(run).toMatchObject({ status: 0, stdout: '$argon2id\n', stderr: '' });
  });
});

/** A process of its own, from the root of the project. */
function runProgram(body: string): SpawnSyncReturns<string> {
  const text = `import { PasswordHasher } from './src/base/password.ts';\n${body}`;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', text], {
    timeout: 10_000,
    encoding: 'utf8',
  });
}
