// A process of its own that hashes passwords for password-process.ts: takes a job, hashes or compares, answers, one at a
// time. It knows no setting and no secret, holds no file and no connection, gives way to everybody else, and ends with
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
  | { kind: 'verify'; password: string; digest: string };

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
    const argon2 = await loading;
    return {
      value: await (job.kind === 'hash'
        ? argon2.hash(job.password, job.parameters)
        : argon2.verify(job.digest, job.password)),
    };
  } catch (error) {
    // A digest that is none, or no binary at all; the text may quote what it was given, and stays here.
    return { fault: `argon2 ${job.kind} failed: ${(error as Error).name}` };
  }
}

lowerPriority();
// A signal for the whole group (Ctrl-C, a service manager) is the server's to obey: it finishes what it has, and ends us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (job: PasswordJob) => {
  void perform(job).then((result) => process.send?.(result));
});
const loading = loadArgon2();
// Told with each job.
loading.catch(() => {});
