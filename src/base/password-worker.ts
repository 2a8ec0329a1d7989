// A process of its own that works on passwords for password-process.ts: takes a job, hashes, compares or judges, answers, one at
// a time. It knows no setting and no secret, holds no file and no connection, gives way to everybody else, and ends with
// whoever started it.
import { constants, setPriority } from 'node:os';

export interface PasswordParameters {
  /** KiB. */
  memoryCost: number;
  timeCost: number;
  parallelism: number;
}

export type PasswordJob =
  | { kind: 'hash'; password: string; parameters: PasswordParameters }
  | { kind: 'verify'; password: string; digest: string }
  | { kind: 'judge'; password: string; ownWords: readonly string[] };

export type PasswordResult = { value: string | boolean } | { fault: string };

interface Argon2 {
  hash(password: string, parameters: PasswordParameters): string | Promise<string>;
  verify(digest: string, password: string): boolean | Promise<boolean>;
}

/** Where the fast build has no binary for this machine, the other one computes the same digests. */
async function loadArgon2(): Promise<Argon2> {
  try {
    const { hashSync, verifySync } = await import('@node-rs/argon2');
    return { hash: hashSync, verify: verifySync };
  } catch {
    const { default: argon2 } = await import('argon2');
    return { hash: argon2.hash, verify: argon2.verify };
  }
}

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Forbidden in some sandboxes: slower neighbours, the same answers.
  }
}

async function perform(job: PasswordJob): Promise<PasswordResult> {
  try {
    return { value: await resultOf(job) };
  } catch (error) {
    // A digest that is none, or no binary at all; the text may quote what it was given, and stays here.
    return { fault: `a password could not be worked on (${job.kind}): ${(error as Error).name}` };
  }
}

async function resultOf(job: PasswordJob): Promise<string | boolean> {
  if (job.kind === 'judge') {
    const { isCommonPassword } = await import('./common-passwords.ts');
    return isCommonPassword(job.password, job.ownWords);
  }
  const argon2 = await loading;
  return job.kind === 'hash'
    ? argon2.hash(job.password, job.parameters)
    : argon2.verify(job.digest, job.password);
}

lowerPriority();
// A signal for the whole group (Ctrl-C, a service manager) is the server's to obey: it finishes what it has, and ends us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
// One after the other, whatever each waits for: the answers carry no names, and the first is taken for that of the first job.
let last: Promise<unknown> = Promise.resolve();
process.on('message', (job: PasswordJob) => {
  last = last.then(async () => process.send?.(await perform(job)));
});
const loading = loadArgon2();
// Told with each job.
loading.catch(() => {});
