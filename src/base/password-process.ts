// Owns one process that hashes (password-worker.ts), from its start to its end: it has one job at a time, and whatever
// happens to it, the job gets an answer. How many there are and who waits for them is decided in password.ts.
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

interface Task {
  resolve: (value: string | boolean) => void;
  reject: (error: Error) => void;
  limit: NodeJS.Timeout;
}

export class PasswordProcess {
  readonly #child: ChildProcess;
  #task: Task | undefined;

  /** Throws where the system gives no process. `onEnd`: it takes no more jobs, however it ended. */
  constructor(onEnd: (process: PasswordProcess) => void) {
    // Neither our settings nor our files nor our command line are its business: it is left the pipe to us.
    this.#child = fork(WORKER_FILE, {
      execArgv: [`--max-old-space-size=${HEAP_LIMIT_MB}`],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const end = (fault: unknown) => {
      this.#fail(unavailable(fault));
      onEnd(this);
    };
    this.#child.on('message', (result: PasswordResult) => this.#answer(result));
    this.#child.once('error', end);
    this.#child.once('exit', (code, signal) => end(new Error(`a password process ended: ${signal ?? code}`)));
    this.#rest();
  }

  /** Throws 503 when the process ends instead of answering. */
  perform(job: PasswordJob): Promise<string | boolean> {
    return new Promise((resolve, reject) => {
      this.#task = { resolve, reject, limit: setTimeout(() => this.#child.kill('SIGKILL'), JOB_LIMIT_MS) };
      // It holds our own process only while somebody waits for it.
      this.#child.ref();
      this.#child.channel?.ref();
      // One that is gone already has `error` or `exit` still to come.
      if (this.#child.connected) this.#child.send(job, () => {});
    });
  }

  /** Without a job: it ends by itself. */
  dismiss(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** At once; resolves when it is gone. Whoever waits for its job gets 503. */
  async kill(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await gone;
  }

  #answer(result: PasswordResult): void {
    const task = this.#takeTask();
    if ('fault' in result) task?.reject(new Error(result.fault));
    else task?.resolve(result.value);
  }

  #fail(error: Error): void {
    this.#takeTask()?.reject(error);
  }

  #takeTask(): Task | undefined {
    const task = this.#task;
    this.#task = undefined;
    clearTimeout(task?.limit);
    this.#rest();
    return task;
  }

  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}
