// Owns one process that hashes (password-worker.ts), from its start to its end: it does one job after the
// other, and whatever happens to it, each job gets an answer. How many there are and who waits for them is decided in password.ts.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { unavailable } from './errors.ts';
import type { PasswordJob, PasswordResult } from './password-worker.ts';

const WORKER_FILE = new URL(`./password-worker${extname(import.meta.url)}`, import.meta.url);
/** argon2 allocates outside of this heap. */
const HEAP_LIMIT_MB = 32;
/** A job takes some 10 ms; on a machine where everybody else has more to say it may take seconds, but not this. */
const JOB_LIMIT_MS = 30_000;

export interface PasswordTask {
  job: PasswordJob;
  resolve: (value: string | boolean) => void;
  reject: (error: Error) => void;
}

export interface PasswordProcessOptions {
  onAnswer: (process: PasswordProcess) => void;
  /** It takes no more, however it ended; what it had not begun is handed back. */
  onEnd: (process: PasswordProcess, notBegun: PasswordTask[]) => void;
}

export class PasswordProcess {
  readonly #child: ChildProcess;
  /** The first is in hand, the others lie ready in the pipe. */
  readonly #tasks: PasswordTask[] = [];
  #limit: NodeJS.Timeout | undefined;

  /** Throws where the system gives no process. */
  constructor({ onAnswer, onEnd }: PasswordProcessOptions) {
    // Neither our settings nor our files nor our command line are its business: it is left the pipe to us.
    this.#child = fork(WORKER_FILE, {
      execArgv: [`--max-old-space-size=${HEAP_LIMIT_MB}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const end = (fault: unknown) => {
      clearTimeout(this.#limit);
      this.#tasks.shift()?.reject(unavailable(fault));
      onEnd(this, this.#tasks.splice(0));
    };
    this.#child.on('message', (result: PasswordResult) => {
      this.#answer(result);
      onAnswer(this);
    });
    this.#child.once('error', end);
    this.#child.once('exit', (code, signal) => end(new Error(`a password process ended: ${signal ?? code}`)));
    this.#rest();
  }

  /** Jobs that it has not answered yet. */
  get load(): number {
    return this.#tasks.length;
  }

  /** The task fails with 503 when the process ends in the middle of it. */
  perform(task: PasswordTask): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) this.#begin();
    // It holds our own process only while somebody waits for it.
    this.#child.ref();
    this.#child.channel?.ref();
    // One that is gone already has `error` or `exit` still to come.
    if (this.#child.connected) this.#child.send(task.job, () => {});
  }

  /** Only without a job: it ends by itself. */
  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** At once; resolves when it is gone. Whoever waits for a job of its gets 503. */
  async kill(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await gone;
  }

  #answer(result: PasswordResult): void {
    clearTimeout(this.#limit);
    const task = this.#tasks.shift();
    if (this.#tasks.length > 0) this.#begin();
    else this.#rest();
    if ('fault' in result) task?.reject(new Error(result.fault));
    else task?.resolve(result.value);
  }

  #begin(): void {
    this.#limit = setTimeout(() => this.#child.kill('SIGKILL'), JOB_LIMIT_MS);
  }

  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}
