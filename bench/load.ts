// The load generator, a process of its own. Two ways of asking: in turn (keep-alive connections that each ask, wait for
// the whole answer, look at it and ask again, no pipelining), and at a rate (so many a second, however slow the
// answers are). Every answer is looked at; the first wrong one ends the job.
import { connect, type Socket } from 'node:net';
import { answerIn, nextRefresh, type Answer } from './http-text.ts';

export interface LoadJob {
  port: number;
  /** In turn: this many. At a rate: as many as it takes, but no more than this, unless it is 0. */
  connections: number;
  /** Whole HTTP requests as text; taken in turn. */
  requests: string[];
  /** Every answer is 200 and has this in its body. */
  expects: string;
  seconds: number;
  /** The job ends after so many requests, though time may be left. */
  count?: number;
  /** Each connection begins with a refresh of its own, and goes on with the token that it got. */
  isChain?: boolean;
  /** Asks at this rate instead; ends early when it is told to. */
  perSecond?: number;
  /** At a rate: each request is made again so long after its answer, as a program does that waits in between. */
  restSeconds?: number;
}

export interface LoadFigures {
  answers: number;
  seconds: number;
  medianMilliseconds: number;
  p99Milliseconds: number;
}

export type LoadResult = LoadFigures | { fault: string };
export type LoadOrder = LoadJob | 'stop';

/** How often the generator looks whether it is time to ask. */
const TICK_MS = 1;

let stop = () => {};

async function askInTurn(job: LoadJob): Promise<LoadFigures> {
  const { requests, count = Infinity } = job;
  const startedAt = performance.now();
  const endsAt = startedAt + job.seconds * 1000;
  const latencies: number[] = [];
  let asked = 0;
  let lastAt = startedAt;
  const faults: unknown[] = [];

  /** Resolves when the time is over and the last answer has come. */
  const keepAsking = async () => {
    const connection = new Connection(job);
    let request = '';
    while (faults.length === 0 && asked < count && performance.now() < endsAt) {
      if (!job.isChain || request === '') request = requests[asked % requests.length] as string;
      asked += 1;
      const askedAt = performance.now();
      const answer = await connection.ask(request);
      const now = performance.now();
      if (now < endsAt) {
        latencies.push(now - askedAt);
        lastAt = now;
      }
      if (job.isChain) request = nextRefresh(answer);
    }
    connection.end();
  };
  await Promise.all(
    Array.from({ length: job.connections }, () => keepAsking().catch((error: unknown) => faults.push(error))),
  );
  if (faults.length > 0) throw faults[0];
  return figuresOf(latencies, (lastAt - startedAt) / 1000);
}

async function askAtRate(job: LoadJob, perSecond: number): Promise<LoadFigures> {
  const { requests, restSeconds } = job;
  const free: Connection[] = [];
  const wanted: ((connection: Connection) => void)[] = [];
  const all = new Set<Connection>();
  const latencies: number[] = [];
  const waiting = new Set<Promise<void>>();
  const startedAt = performance.now();
  let endsAt = startedAt + job.seconds * 1000;
  let asked = 0;
  /** In the order in which they are due, and when. */
  const resting = restSeconds === undefined ? undefined : dueAtRate(requests, startedAt, perSecond);
  const faults: unknown[] = [];
  stop = () => (endsAt = 0);

  /** Hundreds of connections in one moment are refused by no server, but kept waiting for a second by the kernel. */
  const another = (): Promise<Connection> | Connection =>
    job.connections > 0 && all.size >= job.connections
      ? new Promise((resolve) => wanted.push(resolve))
      : new Connection(job);
  const ask = async (request: string) => {
    const askedAt = performance.now();
    // The one that rested longest, so that none rests until the server hangs up.
    const connection = free.shift() ?? (await another());
    all.add(connection);
    await connection.ask(request);
    latencies.push(performance.now() - askedAt);
    const waiter = wanted.shift();
    if (waiter) waiter(connection);
    else free.push(connection);
    if (restSeconds !== undefined) resting?.push({ request, dueAt: performance.now() + restSeconds * 1000 });
  };
  const next = (): string | undefined => {
    if (resting)
      return resting.first && resting.first.dueAt <= performance.now() ? resting.take() : undefined;
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    return asked < due ? requests[asked % requests.length] : undefined;
  };
  while (performance.now() < endsAt && faults.length === 0) {
    for (let request = next(); request !== undefined; request = next()) {
      asked += 1;
      const answered = ask(request)
        .catch((error: unknown) => faults.push(error))
        .then(() => void waiting.delete(answered));
      waiting.add(answered);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(waiting);
  for (const connection of all) connection.end();
  if (faults.length > 0) throw faults[0];
  return figuresOf(latencies, (performance.now() - startedAt) / 1000);
}

interface Resting {
  request: string;
  dueAt: number;
}

/** First in, first out: whoever was answered first asks first. Taken from the front without moving the others. */
class Line {
  #waiting: Resting[];
  #from = 0;

  constructor(waiting: Resting[]) {
    this.#waiting = waiting;
  }

  get first(): Resting | undefined {
    return this.#waiting[this.#from];
  }

  take(): string | undefined {
    const taken = this.#waiting[this.#from++];
    if (this.#from > 10_000) {
      this.#waiting = this.#waiting.slice(this.#from);
      this.#from = 0;
    }
    return taken?.request;
  }

  push(resting: Resting): void {
    this.#waiting.push(resting);
  }
}

function dueAtRate(requests: string[], startedAt: number, perSecond: number): Line {
  return new Line(
    requests.map((request, index) => ({ request, dueAt: startedAt + (index / perSecond) * 1000 })),
  );
}

/** One keep-alive connection; one question at a time. */
class Connection {
  readonly #socket: Socket;
  readonly #expects: string;
  #text = '';
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #fault: Error | undefined;

  constructor({ port, expects }: LoadJob) {
    this.#expects = expects;
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#read(chunk.toString('latin1')));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed a connection')));
  }

  ask(request: string): Promise<Answer> {
    if (this.#fault) return Promise.reject(this.#fault);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    try {
      const answer = answerIn(this.#text);
      if (!answer) return;
      if (answer.status !== 200 || !answer.body.includes(this.#expects)) {
        throw new Error(`a wrong answer:\n${this.#text.slice(0, 1500)}`);
      }
      this.#text = '';
      this.#settle?.resolve(answer);
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
    }
  }

  #fail(error: Error): void {
    this.#fault ??= error;
    this.#settle?.reject(this.#fault);
  }
}

function figuresOf(latencies: number[], seconds: number): LoadFigures {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { answers: sorted.length, seconds, medianMilliseconds: at(0.5), p99Milliseconds: at(0.99) };
}

process.on('message', (order: LoadOrder) => {
  if (order === 'stop') {
    stop();
    return;
  }
  (order.perSecond === undefined ? askInTurn(order) : askAtRate(order, order.perSecond))
    .catch((error: unknown) => ({ fault: error instanceof Error ? error.message : String(error) }))
    .then((result) => process.send?.(result))
    .catch(() => process.exit(1));
});
process.on('disconnect', () => process.exit(0));
