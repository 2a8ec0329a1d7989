// Whether this process should get requests. Its parts are asked at most once a second, however often we are.

export type Check = () => Promise<void>;
export type Outcome = 'ok' | 'failed' | 'draining';

const FRESH_MS = 1_000;

export class Readiness {
  readonly #checks: Record<string, Check>;
  #isDraining = false;
  #last: { at: number; outcomes: Promise<Record<string, Outcome>> } | undefined;

  constructor(checks: Record<string, Check>) {
    this.#checks = checks;
  }

  /** From now on the answer is no: a load balancer looks elsewhere before we stop. */
  drain(): void {
    this.#isDraining = true;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async check(): Promise<Record<string, Outcome>> {
    if (this.#isDraining) return { process: 'draining' };
    if (!this.#last || Date.now() - this.#last.at >= FRESH_MS) {
      this.#last = { at: Date.now(), outcomes: this.#askAll() };
    }
    return this.#last.outcomes;
  }

  async #askAll(): Promise<Record<string, Outcome>> {
    const outcomes = await Promise.all(
      Object.entries(this.#checks).map(async ([name, check]): Promise<[string, Outcome]> => {
        try {
          await check();
          return [name, 'ok'];
        } catch {
          return [name, 'failed'];
        }
      }),
    );
    return Object.fromEntries(outcomes);
  }
}
