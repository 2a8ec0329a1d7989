// What was read and may be read again without asking: bounded in entries, in bytes and in time, and never served once the
// news (news.ts) says that it may have changed. It is kept in two halves: when the young one is full, or old enough, it
// takes the place of the old one, which is let go as a whole; so nothing is ever searched for what may go.
import { NEWS_LIFE_MS, type News, type Standing } from './news.ts';

export interface RememberedOptions {
  maxEntries: number;
  /** As estimated by whoever remembers. */
  maxBytes: number;
  lifeMs: number;
}

interface Entry<V> {
  value: V;
  standing: Standing;
  readAt: number;
  /** The news that it was last compared with. */
  version: number;
}

export class Remembered<V> {
  readonly #news: News;
  readonly #options: RememberedOptions;
  #young = new Map<string, Entry<V>>();
  #old = new Map<string, Entry<V>>();
  #youngBytes = 0;
  #youngSince = performance.now();

  constructor(news: News, options: RememberedOptions) {
    this.#news = news;
    this.#options = options;
  }

  get(key: string): V | undefined {
    const entry = this.#young.get(key) ?? this.#old.get(key);
    if (entry === undefined) return undefined;
    const age = performance.now() - entry.readAt;
    if (age < this.#options.lifeMs) {
      if (entry.version === this.#news.version && this.#news.isFresh) return entry.value;
      if (this.#news.vouchesFor(entry.standing)) {
        entry.version = this.#news.version;
        return entry.value;
      }
      // Nothing is heard: then what was read less than a second ago still counts.
      if (age < NEWS_LIFE_MS && !this.#news.contradicts(entry.standing)) return entry.value;
    }
    this.delete(key);
    return undefined;
  }

  /** `readAt`: performance.now() when the statement was sent. */
  set(
    key: string,
    value: V,
    { standing, readAt, bytes }: { standing: Standing; readAt: number; bytes: number },
  ): void {
    const { maxEntries, maxBytes } = this.#options;
    if (this.#young.size >= maxEntries / 2 || this.#youngBytes + bytes > maxBytes / 2) this.#turn();
    this.#young.set(key, { value, standing, readAt, version: -1 });
    this.#youngBytes += bytes;
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Lets go of what is too old to be served; called now and then. */
  sweep(): void {
    if (performance.now() - this.#youngSince > this.#options.lifeMs) this.#turn();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#youngSince = performance.now();
  }
}
