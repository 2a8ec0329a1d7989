// Owns how passwords are hashed and compared: argon2id in a few processes of low priority (password-process.ts), which are
// there while there is work, behind a queue with an end, so that a flood of sign-ins slows nothing but sign-ins. What
// makes a good password is decided in accounts/account.ts.
import { availableParallelism } from 'node:os';
import { invalidRequest, unavailable } from './errors.ts';
import { PasswordProcess, type PasswordTask } from './password-process.ts';
import type { PasswordJob, PasswordParameters } from './password-worker.ts';

export interface PasswordHasherOptions {
  /** Hashes at the same time; one core is left to everything else. */
  jobs?: number;
  /** How many may wait; whoever comes later is refused before anything is hashed. */
  queueLimit?: number;
  parameters?: PasswordParameters;
  /** A process without work for so long ends; the next job starts another. */
  idleMs?: number;
}

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
export const OWASP_PARAMETERS: PasswordParameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Characters, as NIST SP 800-63B counts them. More is refused, never cut. */
export const PASSWORD_MAX_LENGTH = 1_024;

/** An idle server is not to be heavier for it; a person who has mistyped a password is still there. */
const IDLE_MS = 60_000;
/** One in hand, and one lies ready: it begins that one while we have other things to do than to give it the next. */
const LOAD_LIMIT = 2;

export class PasswordHasher {
  readonly #jobs: number;
  readonly #queueLimit: number;
  readonly #parameters: PasswordParameters;
  readonly #idleMs: number;
  readonly #queue: PasswordTask[] = [];
  readonly #busy = new Set<PasswordProcess>();
  /** The last one to finish is the first to be used again, so that those too many come to their end. */
  readonly #idle: { worker: PasswordProcess; end: NodeJS.Timeout }[] = [];
  #isClosed = false;

  constructor({
    jobs,
    queueLimit = 200,
    parameters = OWASP_PARAMETERS,
    idleMs = IDLE_MS,
  }: PasswordHasherOptions = {}) {
    this.#jobs = jobs ?? Math.max(1, availableParallelism() - 1);
    this.#queueLimit = queueLimit;
    this.#parameters = parameters;
    this.#idleMs = idleMs;
  }

  /** A PHC string. Throws 400 for what is too long, 503 when too many wait. */
  async hash(password: string): Promise<string> {
    return (await this.#run({
      kind: 'hash',
      password: normalised(password),
      parameters: this.#parameters,
    })) as string;
  }

  async verify(digest: string, password: string): Promise<boolean> {
    return (await this.#run({ kind: 'verify', password: normalised(password), digest })) as boolean;
  }

  /** Costs what `verify` costs. For when there is no digest: the time must not tell that. */
  async verifyNothing(password: string): Promise<false> {
    await this.hash(password);
    return false;
  }

  /**
   * Whether it is one that everybody tries, or soon guessed by somebody who knows `ownWords` (common-passwords.ts): it takes as
   * much work as a hash, so it is done where that is.
   */
  async isCommon(password: string, ownWords: readonly string[]): Promise<boolean> {
    const plain = normalised(password).toLowerCase();
    return (await this.#run({ kind: 'judge', password: plain, ownWords })) as boolean;
  }

  /** True when the digest was made with other parameters than today's. */
  needsRehash(digest: string): boolean {
    const { memoryCost, timeCost, parallelism } = this.#parameters;
    return !digest.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`);
  }

  /** Ends the processes; whoever still waits gets 503. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#goOn();
    for (const { end } of this.#idle) clearTimeout(end);
    const processes = [...this.#idle.map(({ worker }) => worker), ...this.#busy];
    await Promise.all(processes.map((worker) => worker.kill()));
  }

  #run(job: PasswordJob): Promise<string | boolean> {
    if (this.#isClosed || this.#queue.length >= this.#queueLimit) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  /** Gives out as much as there is room for. */
  #next(): void {
    while (this.#queue.length > 0) {
      try {
        const worker = this.#findRoom();
        if (!worker) return;
        this.#busy.add(worker);
        worker.perform(this.#queue.shift() as PasswordTask);
      } catch (error) {
        this.#queue.shift()?.reject(unavailable(error));
      }
    }
  }

  /** One that rests, another one while there may be more, or one that can lay a job ready. */
  #findRoom(): PasswordProcess | undefined {
    const idle = this.#idle.pop();
    clearTimeout(idle?.end);
    if (idle) return idle.worker;
    if (this.#busy.size < this.#jobs) return this.#start();
    return [...this.#busy].find(({ load }) => load < LOAD_LIMIT);
  }

  #start(): PasswordProcess {
    return new PasswordProcess({
      onAnswer: (worker) => this.#release(worker),
      onEnd: (worker, notBegun) => {
        this.#forget(worker);
        this.#queue.unshift(...notBegun);
        this.#goOn();
      },
    });
  }

  #release(worker: PasswordProcess): void {
    if (worker.load === 0 && !this.#isClosed) {
      this.#busy.delete(worker);
      const end = setTimeout(() => {
        this.#forget(worker);
        worker.dismiss();
      }, this.#idleMs).unref();
      this.#idle.push({ worker, end });
    }
    this.#goOn();
  }

  #goOn(): void {
    if (!this.#isClosed) this.#next();
    else for (const { reject } of this.#queue.splice(0)) reject(unavailable());
  }

  #forget(worker: PasswordProcess): void {
    this.#busy.delete(worker);
    const position = this.#idle.findIndex((idle) => idle.worker === worker);
    if (position >= 0) clearTimeout(this.#idle.splice(position, 1)[0]?.end);
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
