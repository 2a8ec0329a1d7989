// The processes that share the port (WORKERS), by node:cluster: the primary starts them, starts the dead ones again, adds
// their numbers up and ends them; it answers no request itself. What each of them does is main.ts.
import type { ChildProcess } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { unavailable } from './base/errors.ts';
import type { Logger } from './base/log.ts';
import { addUp, onlyCounts, printTogether, type Metrics, type Numbers } from './metrics.ts';

/** So many deaths before all workers listen, and the start is over: the next one would die of the same. */
const DEATHS_AT_START = 3;
/** Whoever lived shorter makes the next one wait, twice as long each time. */
const SHORT_LIFE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** A worker that is that busy is left out of the sum; the primary's own answer may take twice as long. */
const NUMBERS_LIMIT_MS = 1_000;

/** Between the primary and a worker; `id` ties an answer to its question. */
type Message =
  | { kind: 'loaded' }
  | { kind: 'go' }
  | { kind: 'print'; id: number }
  | { kind: 'printed'; id: number; text: string }
  | { kind: 'count'; id: number }
  | { kind: 'counted'; id: number; numbers: Numbers };

/** Whether this process is one of several that share the port. */
export const isWorker = cluster.isWorker;

export class WorkersError extends Error {
  override readonly name = 'WorkersError';
}

/** The primary's side. */
export class Workers {
  readonly #count: number;
  readonly #log: Logger;
  readonly #opening = Promise.withResolvers<Metrics>();
  readonly #living = new Map<Worker, { bornAt: number }>();
  /** What each told last, so that its counts do not go back to nothing when it dies. */
  readonly #lastNumbers = new Map<Worker, Numbers>();
  #numbersOfTheDead: Numbers = [];
  readonly #questions = new Questions<Numbers>();
  #shortLives = 0;
  #isEnding = false;

  /** They are there at once, and load what they need while the primary prepares the database. */
  constructor(count: number, log: Logger) {
    this.#count = count;
    this.#log = log;
    cluster.on('message', (worker, message: Message) => void this.#hear(worker, message));
    cluster.on('exit', (worker, code, signal: string | null) => void this.#bury(worker, signal ?? code));
    for (let index = 0; index < count; index++) this.#fork();
  }

  /** Lets them begin; resolves when all of them listen. Throws WorkersError when they die instead. */
  async open(metrics: Metrics): Promise<void> {
    const listening = new Set<number>();
    let deaths = 0;
    const outcome = new Promise<void>((resolve, reject) => {
      cluster.on('listening', ({ id }) => {
        if (listening.add(id).size === this.#count) resolve();
      });
      cluster.on('exit', ({ id }) => {
        listening.delete(id);
        if (++deaths < DEATHS_AT_START) return;
        reject(new WorkersError(`The workers do not start: ${deaths} of them ended before all listened.`));
      });
    });
    this.#opening.resolve(metrics);
    try {
      await outcome;
    } catch (error) {
      this.kill();
      await this.#allGone();
      throw error;
    }
  }

  /** Tells them to drain, each as a process of its own does it, and waits until the last one is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#isEnding = true;
    for (const worker of this.#living.keys()) worker.process.kill(signal);
    await this.#allGone();
  }

  /** At once, without finishing anything. */
  kill(): void {
    this.#isEnding = true;
    for (const worker of this.#living.keys()) worker.process.kill('SIGKILL');
  }

  async #allGone(): Promise<void> {
    while (this.#living.size > 0) await once(cluster, 'exit');
  }

  #fork(): void {
    if (!this.#isEnding) this.#living.set(cluster.fork(), { bornAt: Date.now() });
  }

  async #bury(worker: Worker, cause: string | number): Promise<void> {
    const livedMs = Date.now() - (this.#living.get(worker)?.bornAt ?? 0);
    this.#living.delete(worker);
    if (this.#isEnding) return;
    this.#shortLives = livedMs < SHORT_LIFE_MS ? this.#shortLives + 1 : 0;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#shortLives, LONGEST_PAUSE_MS);
    this.#log.warn({ pid: worker.process.pid, cause, pauseMs }, 'a worker ended; another one is started');
    setTimeout(() => this.#fork(), pauseMs);
    const left = onlyCounts(this.#lastNumbers.get(worker) ?? []);
    this.#lastNumbers.delete(worker);
    this.#numbersOfTheDead = await addUp([this.#numbersOfTheDead, left]);
  }

  async #hear(worker: Worker, message: Message): Promise<void> {
    if (message.kind === 'counted') return this.#questions.answer(message.id, message.numbers);
    const metrics = await this.#opening.promise;
    if (message.kind === 'loaded') tell(worker.process, { kind: 'go' });
    if (message.kind !== 'print') return;
    tell(worker.process, { kind: 'printed', id: message.id, text: await this.#print(metrics) });
  }

  /** The numbers of all processes of this node, the primary and the dead included. */
  async #print(metrics: Metrics): Promise<string> {
    await Promise.all(
      [...this.#living.keys()].map(async (worker) => {
        const ask = (id: number) => tell(worker.process, { kind: 'count', id });
        const numbers = await this.#questions.ask(ask, NUMBERS_LIMIT_MS);
        if (numbers && this.#living.has(worker)) this.#lastNumbers.set(worker, numbers);
      }),
    );
    return printTogether([await metrics.numbers(), this.#numbersOfTheDead, ...this.#lastNumbers.values()]);
  }
}

/** A worker's side: resolves when the primary has prepared the database. */
export function waitForPrimary(): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', (message: Message) => message.kind === 'go' && resolve());
    tell(process, { kind: 'loaded' });
  });
}

/** A worker's side: its metrics are printed with everybody's. `end` is for when the primary is gone, and the port with it. */
export function joinWorkers(metrics: Metrics, end: () => void): void {
  const questions = new Questions<string>();
  metrics.printBy(async () => {
    const text = await questions.ask((id) => tell(process, { kind: 'print', id }), 2 * NUMBERS_LIMIT_MS);
    if (text === undefined) throw unavailable(new Error('the primary process does not answer'));
    return text;
  });
  process.on('message', (message: Message) => {
    if (message.kind === 'printed') questions.answer(message.id, message.text);
    if (message.kind !== 'count') return;
    void metrics.numbers().then((numbers) => tell(process, { kind: 'counted', id: message.id, numbers }));
  });
  cluster.worker?.once('disconnect', () => {
    // Left alone Node would end this process in the middle of its requests.
    if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
    end();
  });
}

/** Questions to another process and who waits for their answers. */
class Questions<T> {
  readonly #waiting = new Map<number, (answer: T) => void>();
  #lastId = 0;

  /** Undefined when no answer comes in time. */
  ask(send: (id: number) => void, limitMs: number): Promise<T | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const limit = setTimeout(() => end(undefined), limitMs);
      const end = (answer: T | undefined) => {
        clearTimeout(limit);
        this.#waiting.delete(id);
        resolve(answer);
      };
      this.#waiting.set(id, end);
      send(id);
    });
  }

  answer(id: number, answer: T): void {
    this.#waiting.get(id)?.(answer);
  }
}

/** Whoever is gone hears nothing, and that is no fault. */
function tell(other: ChildProcess | NodeJS.Process, message: Message): void {
  if (other.connected) other.send?.(message, undefined, undefined, () => {});
}
