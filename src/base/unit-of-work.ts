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
  /** Inserts a row of its own, which nobody else knows of. */
  appends?: boolean;
  /** The database announces it (news.ts). */
  isAnnounced?: boolean;
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

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  /** Nothing in it touches a row that another request could touch: it may be sent together with others. */
  get onlyAppends(): boolean {
    for (const change of this.#changes.values()) if (!change.appends || change.lost) return false;
    return true;
  }

  get changes(): readonly Change[] {
    return [...this.#changes.values()];
  }

  /** The error of the change that hit no row, when `error` says that there was one. */
  lossOf(error: unknown): Error | undefined {
    const message = error instanceof Error ? error.message : '';
    const index = LOST.exec(message)?.[1];
    return index === undefined ? undefined : [...this.#changes.values()][Number(index)]?.lost?.();
  }

  get isAnnounced(): boolean {
    for (const change of this.#changes.values()) if (change.isAnnounced) return true;
    return false;
  }
}

/** Texts of composed statements by what they are composed of; there are as many as there are kinds of requests. */
const composed = new Map<string, string>();
const MAX_COMPOSED = 1_000;

/** Changes as one statement: all of them happen or none. */
export function compose(changes: readonly Change[]): Statement {
  const [first] = changes;
  if (first && changes.length === 1 && !first.lost) return first;
  const key = changes.map(({ text, lost }) => (lost ? `${text} !` : text)).join(';');
  let text = composed.get(key);
  if (text === undefined) {
    text = composeText(changes);
    if (composed.size < MAX_COMPOSED) composed.set(key, text);
  }
  return { text, values: changes.flatMap(({ values }) => values) };
}

function composeText(changes: readonly Change[]): string {
  const required: string[] = [];
  let offset = 0;
  const parts = changes.map(({ text, values, lost }, index) => {
    const before = offset;
    offset += values.length;
    if (lost) required.push(`require_row(exists (select 1 from c${index}), 'lost:${index}')`);
    return `c${index} as (${text.replace(/\$(\d+)/g, (_, position: string) => `$${Number(position) + before}`)})`;
  });
  return `with ${parts.join(',\n')}\nselect ${required.join(', ') || '1'}`;
}
