// The only clock loop: what runs again and again, how often, and that only one process at a time does what is done for all.
import type { Database } from './base/database.ts';
import type { Logger } from './base/log.ts';

export interface Job {
  name: string;
  intervalSeconds: number;
  run: () => Promise<void>;
  /** In every process, at the same time as in others. */
  everywhere?: boolean;
}

/** First key of the advisory locks of jobs; the second is the job's place in the list. */
const JOB_LOCKS = 767827;

export class Jobs {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #jobs: readonly Job[];
  readonly #timers: NodeJS.Timeout[] = [];
  /** One after another: each holds a connection beside the one that it works with, and the pool may be small. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database, log: Logger, jobs: readonly Job[]) {
    this.#database = database;
    this.#log = log;
    this.#jobs = jobs;
  }

  /** 'everywhere': where another process of this node does the rest. */
  start(which: 'all' | 'everywhere' = 'all'): void {
    for (const [index, job] of this.#jobs.entries()) {
      if (which === 'everywhere' && !job.everywhere) continue;
      const timer = setInterval(() => void this.#run(job, index), job.intervalSeconds * 1000);
      this.#timers.push(timer.unref());
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #run(job: Job, index: number): Promise<void> {
    try {
      if (job.everywhere) await job.run();
      else await this.#inTurn(() => this.#database.tryLocked(JOB_LOCKS, index, job.run));
    } catch (error) {
      this.#log.warn({ err: error, job: job.name }, 'a job failed; it runs again');
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
