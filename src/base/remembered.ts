// What was read and may be read again without asking: bounded in entries, in bytes and in time, and never served once the
// news (news.ts) says that it may have changed. Oldest first out.
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
  bytes: number;
  /** The news that it was last compared with. */
  version: number;
}

export class Remembered<V> {
  readonly #news: News;
  readonly #options: RememberedOptions;
  readonly #entries = new Map<string, Entry<V>>();
  #bytes = 0;

  constructor(news: News, options: RememberedOptions) {
    this.#news = news;
    this.#options = options;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
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
  set(key: string, value: V, { standing, readAt, bytes }: Omit<Entry<V>, 'value' | 'version'>): void {
    this.delete(key);
    this.#entries.set(key, { value, standing, readAt, bytes, version: -1 });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.maxEntries && this.#bytes <= this.#options.maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= entry.bytes;
    this.#entries.delete(key);
  }

  /** Lets go of what is too old to be served. */
  sweep(): void {
    const before = performance.now() - this.#options.lifeMs;
    for (const [key, { readAt }] of this.#entries) {
      if (readAt > before) break;
      this.delete(key);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  get size(): number {
    return this.#entries.size;
  }
}
