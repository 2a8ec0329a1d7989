// Owns what one request wants to change. Changes are gathered while the request is worked on and sent as one
// statement at its end: one round trip, all or nothing, and no transaction open while a password is hashed or
// an upstream is asked. A change that must hit a row (a compare-and-set) names the error that replaces the
// answer when another request was faster; then nothing of this request is kept.
// All parts of one statement see the same snapshot, so a row may be changed once: `key` names the row, and a
// later change of the same row takes the place of the earlier one.

export interface Change {
  /** One statement that inserts, updates or deletes; with `lost` it must end in `returning 1`. */
  text: string;
  values: unknown[];
  /** The row it changes. */
  key?: string;
  /** Thrown when no row was hit: somebody else was first. */
  lost?: () => Error;
  /** Runs after everything was stored, and only then. Must not throw. */
  afterwards?: () => void;
}

export interface Statement {
  text: string;
  values: unknown[];
}

const LOST = /^lost:(\d+)$/;

export class UnitOfWork {
  readonly #changes = new Map<string, Change>();
  #unnamed = 0;
  /** What its readers want to remember about a row while the request lasts: what was read, what will be written. */
  readonly notes = new Map<string, unknown>();

  add(change: Change): void {
    const key = change.key ?? `#${this.#unnamed++}`;
    this.#changes.set(key, change);
  }

  /** What was gathered for a row so far. */
  find(key: string): Change | undefined {
    return this.#changes.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#changes.keys();
  }

  remove(key: string): void {
    this.#changes.delete(key);
  }

  /** All changes as one statement, or undefined when there are none. */
  toStatement(): Statement | undefined {
    const changes = [...this.#changes.values()];
    const [first] = changes;
    if (!first) return undefined;
    if (changes.length === 1 && !first.lost) return first;

    const parts: string[] = [];
    const values: unknown[] = [];
    const required: string[] = [];
    for (const [index, change] of changes.entries()) {
      const offset = values.length;
      const text = change.text.replace(/\$(\d+)/g, (_, position: string) => `$${Number(position) + offset}`);
      parts.push(`c${index} as (${text})`);
      values.push(...change.values);
      if (change.lost) required.push(`require_row(exists (select 1 from c${index}), 'lost:${index}')`);
    }
    return { text: `with ${parts.join(',\n')}\nselect ${required.join(', ') || '1'}`, values };
  }

  /** The error of the change that hit no row, when `error` says that there was one. */
  lossOf(error: unknown): Error | undefined {
    const message = error instanceof Error ? error.message : '';
    const index = LOST.exec(message)?.[1];
    return index === undefined ? undefined : [...this.#changes.values()][Number(index)]?.lost?.();
  }

  sent(): void {
    for (const change of this.#changes.values()) change.afterwards?.();
  }
}
