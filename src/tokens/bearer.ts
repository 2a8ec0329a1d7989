// Owns the question "who holds this bearer?": remembered in this process for seconds, behind that a copy in Redis (when there
// is one), behind that the database. What ends a token is heard of within milliseconds (base/news.ts); while nothing is
// heard, an answer counts for less than a second.
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { invalidRequest } from '../base/errors.ts';
import type { News } from '../base/news.ts';
import { ReadBatches } from '../base/read-batches.ts';
import { Remembered } from '../base/remembered.ts';
import type { BearerStore } from './bearer-store.ts';
import { LivingToken } from './living-token.ts';
import { isMistyped } from './prefixed-token.ts';
import type { Principal } from './principal.ts';
import type { TokenCopies } from './token-copies.ts';

const LIMITS = { maxEntries: 10_000, maxBytes: 16 * 1024 * 1024, lifeMs: 10_000 };
/** Longer than any token of ours; nobody makes us hash megabytes. */
const MAX_TOKEN_LENGTH = 4096;
const SWEEP_MS = 5_000;
/** By the first 16 bits of a token's id. */
const PLACES = 2 ** 16;

export class Bearers {
  readonly #store: BearerStore;
  readonly #copies: TokenCopies | undefined;
  readonly #news: News;
  readonly #noteUse: (token: LivingToken) => void;
  readonly #known: Remembered<LivingToken>;
  readonly #reads = new ReadBatches<LivingToken>((ids) => this.#read(ids));
  readonly #seen = new Uint32Array(PLACES);
  readonly #sweep: NodeJS.Timeout;

  /** `noteUse` hears of a token that is used every few seconds at least, not of every use. */
  constructor(store: BearerStore, news: News, noteUse: (token: LivingToken) => void, copies?: TokenCopies) {
    this.#store = store;
    this.#news = news;
    this.#noteUse = noteUse;
    this.#copies = copies;
    this.#known = new Remembered(news, LIMITS);
    this.#sweep = setInterval(() => this.#known.sweep(), SWEEP_MS).unref();
  }

  /**
   * Undefined for what is no token, no token of ours, or no longer one. A promise when somebody has to be asked; it throws
   * 503 when we cannot know.
   */
  find(token: string | undefined): LivingToken | Promise<LivingToken | undefined> | undefined {
    if (!token || token.length > MAX_TOKEN_LENGTH || isMistyped(token)) return undefined;
    const id = hash('sha256', token, 'hex');
    const known = this.#known.get(id);
    return known && Date.now() < known.standsUntil ? known : this.#reads.find(id);
  }

  /** Who holds it; the same without its other sides. */
  async findPrincipal(token: string | undefined): Promise<Principal | undefined> {
    return (await this.find(token))?.principal;
  }

  /** As `findPrincipal`, read now and from nowhere else: for what is rare and must not be a moment late. */
  async findPrincipalNow(token: string | undefined): Promise<Principal | undefined> {
    // Whoever has no token of ours is turned away by the look that costs the least.
    if (!token || !(await this.find(token))) return undefined;
    const [row] = await this.#store.findAll([hash('sha256', token, 'hex')]);
    return row && LivingToken.from(row).principal;
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  async #read(ids: readonly string[]): Promise<Map<string, LivingToken>> {
    const found = new Map<string, LivingToken>();
    const { heardUntil } = this.#news;
    for (const token of await this.#findCopies(ids)) {
      this.#noteUse(token);
      if (this.#isFirstTime(token.id)) found.set(token.id, token);
      else this.#remember(token, heardUntil, found);
    }
    const missing = found.size === 0 ? ids : ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;

    const readAt = performance.now();
    const rows = await this.#store.findAll(missing);
    const tokens = rows.map((row) => LivingToken.from(row));
    for (const token of tokens) {
      this.#noteUse(token);
      this.#remember(token, readAt, found);
    }
    if (tokens.length > 0) this.#copies?.keep(tokens, readAt);
    return found;
  }

  /** Only what the news can vouch for: it is heard, and has been heard since the copy was made. */
  async #findCopies(ids: readonly string[]): Promise<LivingToken[]> {
    if (!this.#copies || !this.#news.isFresh) return [];
    const now = Date.now();
    const copies = await this.#copies.findAll(ids);
    return copies.filter((token) => now < token.standsUntil && this.#news.vouchesFor(token));
  }

  /**
   * What Redis has at hand is remembered when it is asked about again: thousands of tokens that come once push out none that
   * comes all the time. Each place knows whom it saw last.
   */
  #isFirstTime(id: string): boolean {
    const place = Number.parseInt(id.slice(0, 4), 16);
    const mark = Number.parseInt(id.slice(4, 12), 16);
    const isFirst = this.#seen[place] !== mark;
    this.#seen[place] = mark;
    return isFirst;
  }

  #remember(token: LivingToken, readAt: number, found: Map<string, LivingToken>): void {
    this.#known.set(token.id, token, { standing: token, readAt, bytes: token.bytes });
    found.set(token.id, token);
  }
}

const IN_QUERY = /[?&]access_token=/;

/**
 * RFC 6750 §2.1: the header, and nothing but the header. Throws 400 for a request that brings two (§2): nobody can say whose
 * request that is.
 */
export function bearerOf({ headers, rawHeaders, url = '' }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  if (isTwice(rawHeaders) || (url.includes('?') && IN_QUERY.test(url))) {
    throw invalidRequest('The request has two access tokens. Send one, in one Authorization header.');
  }
  return /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1];
}

/** Node keeps the first of several. */
function isTwice(rawHeaders: readonly string[]): boolean {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 13 && name.toLowerCase() === 'authorization') times += 1;
  }
  return times > 1;
}
