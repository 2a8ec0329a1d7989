// Owns work that nobody waits for: a page has been answered, and a mail still has to be written and sent. It is bounded,
// tells its faults to the log alone, and whoever ends the process waits for what is under way.
import { unavailable } from './errors.ts';
import type { Logger } from './log.ts';

/** More at once only queue for the same database and the same mail server. */
const MOST_UNDER_WAY = 200;

export class Errands {
  readonly #log: Logger;
  readonly #underWay = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Begins when the caller's turn of the event loop is over. Throws 503 when too much is under way. */
  run(name: string, work: () => Promise<void>): void {
    if (this.#underWay.size >= MOST_UNDER_WAY) throw unavailable();
    const errand = new Promise((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error: unknown) => this.#log.error({ err: error, errand: name }, 'an errand failed'))
      .finally(() => this.#underWay.delete(errand));
    this.#underWay.add(errand);
  }

  /** When everything that was begun has ended, and what that began as well. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }
}
