// Every counter and histogram, with the words that Prometheus shows. Labels come from closed lists, never from a request.
// Where several processes share the port (workers.ts), the numbers of all of them are printed as one.
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What one process has counted and measured, fit to be sent to another. */
export type Numbers = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

export class Metrics {
  readonly #registry = new Registry();
  #printAll: (() => Promise<string>) | undefined;
  readonly #requests = new Histogram({
    name: 'portaria_http_request_duration_seconds',
    help: 'Time to answer a request, by the pattern of its route and its status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  });
  /** By route, then by status: found without building anything, since it is done for every request. */
  readonly #series = new Map<string, Map<number, Histogram.Internal<'route' | 'status'>>>();
  readonly #tokens = new Counter({
    name: 'portaria_token_requests_total',
    help: 'Requests at the token endpoint, by grant type and outcome',
    labelNames: ['grant_type', 'outcome'],
    registers: [this.#registry],
  });
  readonly #signIns = new Counter({
    name: 'portaria_sign_ins_total',
    help: 'Sign-ins of people, by method and outcome',
    labelNames: ['method', 'outcome'],
    registers: [this.#registry],
  });
  readonly #polling = new Counter({
    name: 'portaria_polling_sessions_total',
    help: 'Polling sessions, by what happened to them',
    labelNames: ['event'],
    registers: [this.#registry],
  });

  readonly #sieges = new Counter({
    name: 'portaria_sieges_total',
    help: 'How often strangers were kept out after too many wrong tries, of one account or of the whole house',
    labelNames: ['of'],
    registers: [this.#registry],
  });
  readonly #messages = new Counter({
    name: 'portaria_outbox_messages_total',
    help: 'Attempts to tell services something and to send mails, by kind and outcome',
    labelNames: ['kind', 'outcome'],
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: 'portaria_' });
  }

  observeRequest(route: string, status: number, seconds: number): void {
    let byStatus = this.#series.get(route);
    if (!byStatus) this.#series.set(route, (byStatus = new Map()));
    let series = byStatus.get(status);
    if (!series) byStatus.set(status, (series = this.#requests.labels({ route, status: String(status) })));
    series.observe(seconds);
  }

  countToken(outcome: 'issued' | 'repeated' | 'refused', grantType: string): void {
    this.#tokens.inc({ grant_type: grantType, outcome });
  }

  countSignIn(outcome: 'succeeded' | 'refused', method: string): void {
    this.#signIns.inc({ method, outcome });
  }

  countPolling(event: 'created' | 'allowed' | 'denied' | 'guessed' | 'completed'): void {
    this.#polling.inc({ event });
  }

  countSiege(of: 'account' | 'house'): void {
    this.#sieges.inc({ of });
  }

  countMessage(kind: string, outcome: 'sent' | 'dropped' | 'failed' | 'given_up'): void {
    this.#messages.inc({ kind, outcome });
  }

  /** `count` is asked whenever the numbers are read; every process gives the same answer. */
  watchOutbox(count: () => Promise<{ waiting: number; givenUp: number }>): void {
    const gauge = new Gauge({
      name: 'portaria_outbox_messages',
      help: 'Messages that have not arrived: waiting for their next attempt, or given up',
      labelNames: ['state'],
      aggregator: 'max',
      registers: [this.#registry],
      collect: async () => {
        // Without a number rather than with an old one, and never without the other metrics.
        gauge.reset();
        const numbers = await count().catch(() => undefined);
        if (!numbers) return;
        gauge.set({ state: 'waiting' }, numbers.waiting);
        gauge.set({ state: 'given_up' }, numbers.givenUp);
      },
    });
  }

  /** `count` is asked whenever the numbers are read. */
  watchSockets(count: () => number): void {
    const gauge: Gauge = new Gauge({
      name: 'portaria_sockets',
      help: 'WebSockets that are open',
      registers: [this.#registry],
      collect: () => gauge.set(count()),
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  print(): Promise<string> {
    return this.#printAll ? this.#printAll() : this.#registry.metrics();
  }

  /** In one of several processes: from now on `print` asks whoever knows them all. */
  printBy(printAll: () => Promise<string>): void {
    this.#printAll = printAll;
  }

  numbers(): Promise<Numbers> {
    return this.#registry.getMetricsAsJSON();
  }
}

/** The numbers of several processes in one: counts and sizes added, delays averaged. */
export function addUp(all: readonly Numbers[]): Promise<Numbers> {
  return AggregatorRegistry.aggregate([...all]).getMetricsAsJSON();
}

export function printTogether(all: readonly Numbers[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics();
}

/** What a process that is gone leaves behind: what it has counted, not what it was. */
export function onlyCounts(numbers: Numbers): Numbers {
  return numbers.filter(({ type }) => String(type) === 'counter' || String(type) === 'histogram');
}
