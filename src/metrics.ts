// Every counter and histogram, with the words that Prometheus shows. Labels come from closed lists, never from a request.
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: 'portaria_http_request_duration_seconds',
    help: 'Time to answer a request, by the pattern of its route and its status',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  });
  /** Looked up by one text instead of by a set of labels: it is done for every request. */
  readonly #series = new Map<string, Histogram.Internal<'route' | 'status'>>();
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

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: 'portaria_' });
  }

  observeRequest(route: string, status: number, seconds: number): void {
    const key = `${status} ${route}`;
    let series = this.#series.get(key);
    if (!series) {
      series = this.#requests.labels({ route, status: String(status) });
      this.#series.set(key, series);
    }
    series.observe(seconds);
  }

  countToken(outcome: 'issued' | 'repeated' | 'refused', grantType: string): void {
    this.#tokens.inc({ grant_type: grantType, outcome });
  }

  countSignIn(outcome: 'succeeded' | 'refused', method: string): void {
    this.#signIns.inc({ method, outcome });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text that Prometheus reads. */
  print(): Promise<string> {
    return this.#registry.metrics();
  }
}
