// One thread of password.ts: takes a job, hashes or compares, answers, one at a time. Hashes in the thread itself,
// never on libuv's pool, where it would hold up files, names and signatures.
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

export interface PasswordParameters {
  /** KiB. */
  memoryCost: number;
  timeCost: number;
  parallelism: number;
}

export type PasswordJob =
  | { kind: 'hash'; password: string }
  | { kind: 'verify'; password: string; digest: string };

export type PasswordResult = { value: string | boolean } | { fault: string };

interface Argon2 {
  hash(password: string): string | Promise<string>;
  verify(digest: string, password: string): boolean | Promise<boolean>;
}

const parameters = workerData as PasswordParameters;

/** Where the fast build has no binary for this machine, the other one computes the same digests. */
async function loadArgon2(): Promise<Argon2> {
  try {
    const { hashSync, verifySync } = await import('@node-rs/argon2');
    return { hash: (password) => hashSync(password, parameters), verify: verifySync };
  } catch {
    const { default: argon2 } = await import('argon2');
    return { hash: (password) => argon2.hash(password, parameters), verify: argon2.verify };
  }
}

function lowerPriority(): void {
  // Elsewhere 0 is the whole process; on Linux it is the calling thread.
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, constants.priority.PRIORITY_LOW);
  } catch {
    // Forbidden in some sandboxes: slower neighbours, the same answers.
  }
}

async function perform(job: PasswordJob, argon2: Argon2): Promise<PasswordResult> {
  try {
    return {
      value:
        job.kind === 'hash' ? await argon2.hash(job.password) : await argon2.verify(job.digest, job.password),
    };
  } catch (error) {
    // A digest that is none; its text stays here.
    return { fault: `argon2 ${job.kind} failed: ${(error as Error).name}` };
  }
}

lowerPriority();
const argon2 = await loadArgon2();
parentPort?.on('message', (job: PasswordJob) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void perform(job, argon2).then((result) => parentPort?.postMessage(result));
});
