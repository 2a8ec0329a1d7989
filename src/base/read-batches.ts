// Asks for many things in one statement: what comes in one turn of the event loop goes together, and while two questions are
// on their way, whatever comes meanwhile waits for the next; without load nothing waits. Two who ask for the same thing at
// the same time share the answer. When a question fails, whoever has waited since before it was asked hears so too: a line
// in front of a silent database does not grow.

const MAX_IN_FLIGHT = 2;
const MAX_SIZE = 64;

interface Waiting<V> {
  key: string;
  since: number;
  answer: Promise<V | undefined>;
  resolve: (value: V | undefined) => void;
  reject: (error: unknown) => void;
}

export class ReadBatches<V> {
  readonly #read: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;
  /** A new map for each batch: one that is always filled and emptied makes the collector keep what was in it. */
  #waiting = new Map<string, Waiting<V>>();
  #inFlight = 0;

  /** `read` answers for what there is; a key without an answer is undefined. When it throws, all of its askers hear it. */
  constructor(read: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>) {
    this.#read = read;
  }

  find(key: string): Promise<V | undefined> {
    const sooner = this.#waiting.get(key);
    if (sooner) return sooner.answer;
    const { promise: answer, resolve, reject } = Promise.withResolvers<V | undefined>();
    this.#waiting.set(key, { key, since: performance.now(), answer, resolve, reject });
    if (this.#waiting.size === 1) setImmediate(() => this.#next());
    return answer;
  }

  #next(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && this.#waiting.size > 0) {
      const all = [...this.#waiting];
      const batch = all.slice(0, MAX_SIZE).map(([, waiting]) => waiting);
      this.#waiting = new Map(all.slice(MAX_SIZE));
      this.#inFlight += 1;
      void this.#ask(batch).finally(() => {
        this.#inFlight -= 1;
        this.#next();
      });
    }
  }

  async #ask(batch: readonly Waiting<V>[]): Promise<void> {
    const askedAt = performance.now();
    try {
      const found = await this.#read(batch.map(({ key }) => key));
      for (const { key, resolve } of batch) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      for (const { key, since, reject } of this.#waiting.values()) {
        if (since >= askedAt) break;
        this.#waiting.delete(key);
        reject(error);
      }
    }
  }
}
