// Owns how passwords are hashed and compared: argon2id on a few threads of low priority (password-worker.ts),
// behind a queue with an end, so that a flood of sign-ins slows nothing but sign-ins. What makes a good password
// is decided in accounts/account.ts.
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { invalidRequest, unavailable } from './errors.ts';
import type { PasswordJob, PasswordParameters, PasswordResult } from './password-worker.ts';

export interface PasswordHasherOptions {
  /** Hashes at the same time; one core is left to everything else. */
  jobs?: number;
  /** How many may wait; whoever comes later is refused before anything is hashed. */
  queueLimit?: number;
  parameters?: PasswordParameters;
}

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const OWASP: PasswordParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Characters, as NIST SP 800-63B counts them. More is refused, never cut. */
export const PASSWORD_MAX_LENGTH = 1_024;

const WORKER_FILE = new URL(`./password-worker${extname(import.meta.url)}`, import.meta.url);
/** argon2 allocates outside of this heap. */
const WORKER_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

interface Waiting {
  job: PasswordJob;
  resolve: (result: string | boolean) => void;
  reject: (error: Error) => void;
}

export class PasswordHasher {
  readonly #jobs: number;
  readonly #queueLimit: number;
  readonly #parameters: PasswordParameters;
  readonly #queue: Waiting[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  readonly #idle: Worker[] = [];
  #isClosed = false;

  constructor({ jobs, queueLimit = 200, parameters = OWASP }: PasswordHasherOptions = {}) {
    this.#jobs = jobs ?? Math.max(1, availableParallelism() - 1);
    this.#queueLimit = queueLimit;
    this.#parameters = parameters;
  }

  /** A PHC string. Throws 400 for what is too long, 503 when too many wait. */
  async hash(password: string): Promise<string> {
    return (await this.#run({ kind: 'hash', password: normalised(password) })) as string;
  }

  async verify(digest: string, password: string): Promise<boolean> {
    return (await this.#run({ kind: 'verify', password: normalised(password), digest })) as boolean;
  }

  /** Costs what `verify` costs. For when there is no digest: the time must not tell that. */
  async verifyNothing(password: string): Promise<false> {
    await this.hash(password);
    return false;
  }

  /** True when the digest was made with other parameters than today's. */
  needsRehash(digest: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.#parameters;
    return !digest.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`);
  }

  /** Ends the threads; whoever still waits gets 503. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(unavailable());
    await Promise.all([...this.#idle, ...this.#busy.keys()].map((worker) => worker.terminate()));
  }

  #run(job: PasswordJob): Promise<string | boolean> {
    if (this.#isClosed || this.#queue.length >= this.#queueLimit) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    const hasRoom = this.#idle.length > 0 || this.#busy.size < this.#jobs;
    const waiting = hasRoom ? this.#queue.shift() : undefined;
    if (!waiting) return;
    const worker = this.#idle.pop() ?? this.#start();
    this.#busy.set(worker, waiting);
    // A thread holds the process only while somebody waits for it.
    worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(waiting.job);
  }

  #start(): Worker {
    // Neither our settings nor our command line are its business.
    const worker = new Worker(WORKER_FILE, {
      workerData: this.#parameters,
      resourceLimits: WORKER_LIMITS,
      execArgv: [],
      env: {},
    });
    let fault: unknown;
    worker.on('message', (result: PasswordResult) => this.#answer(worker, result));
    worker.on('error', (error) => (fault = error));
    worker.on('exit', () => this.#bury(worker, fault));
    return worker;
  }

  #answer(worker: Worker, result: PasswordResult): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    if ('fault' in result) waiting?.reject(new Error(result.fault));
    else waiting?.resolve(result.value);
    this.#next();
  }

  /** A thread that ended fails the job it had; the next job starts another. */
  #bury(worker: Worker, fault: unknown): void {
    const waiting = this.#busy.get(worker);
    this.#busy.delete(worker);
    const position = this.#idle.indexOf(worker);
    if (position >= 0) this.#idle.splice(position, 1);
    waiting?.reject(unavailable(fault ?? new Error('a password thread ended')));
    if (!this.#isClosed) this.#next();
  }
}

/** The number of characters that a person would count. */
export function passwordLength(password: string): number {
  return Array.from(password.normalize('NFC')).length;
}

// NIST SP 800-63B §3.1.1.2: normalise before hashing, so that the same characters typed on another keyboard match.
function normalised(password: string): string {
  if (passwordLength(password) > PASSWORD_MAX_LENGTH) {
    throw invalidRequest(`A password has at most ${PASSWORD_MAX_LENGTH} characters.`, { field: 'password' });
  }
  return password.normalize('NFC');
}
