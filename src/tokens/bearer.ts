// Owns the question "who holds this bearer?": remembered in this process for seconds, behind that a copy in Redis (when there
// is one), behind that the database. What ends a token is heard of within milliseconds (base/news.ts); while nothing is
// heard, an answer counts for less than a second.
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { invalidRequest } from '../base/errors.ts';
import type { News } from '../base/news.ts';
import { ReadBatches } from '../base/read-batches.ts';
import { Remembered } from '../base/remembered.ts';
import { knownFrom, type BearerStore, type Known } from './bearer-store.ts';
import { isMistyped } from './prefixed-token.ts';
import type { Principal } from './principal.ts';
import type { TokenRecords } from './token-records.ts';

const LIMITS = { maxEntries: 10_000, maxBytes: 16 * 1024 * 1024, lifeMs: 10_000 };
/** Longer than any token of ours; nobody makes us hash megabytes. */
const MAX_TOKEN_LENGTH = 4096;
const SWEEP_MS = 5_000;

export class Bearers {
  readonly #store: BearerStore;
  readonly #records: TokenRecords | undefined;
  readonly #news: News;
  readonly #known: Remembered<Known>;
  readonly #reads = new ReadBatches<Principal>((ids) => this.#read(ids));
  readonly #sweep: NodeJS.Timeout;

  constructor(store: BearerStore, news: News, records?: TokenRecords) {
    this.#store = store;
    this.#news = news;
    this.#records = records;
    this.#known = new Remembered(news, LIMITS);
    this.#sweep = setInterval(() => this.#known.sweep(), SWEEP_MS).unref();
  }

  /**
   * Undefined for what is no token, no token of ours, or no longer one. A promise when somebody has to be asked; it throws
   * 503 when we cannot know.
   */
  find(token: string | undefined): Principal | Promise<Principal | undefined> | undefined {
    if (!token || token.length > MAX_TOKEN_LENGTH || isMistyped(token)) return undefined;
    const id = hash('sha256', token, 'hex');
    const known = this.#known.get(id);
    if (known && Date.now() < known.standsUntil) return known.principal;
    return this.#reads.find(id);
  }

  /** What is remembered here is not believed any more. */
  forgetAll(): void {
    this.#known.clear();
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  async #read(ids: readonly string[]): Promise<Map<string, Principal>> {
    const found = new Map<string, Principal>();
    const { heardUntil } = this.#news;
    for (const known of await this.#findCopies(ids)) this.#remember(known, heardUntil, found);
    const missing = found.size === 0 ? ids : ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;

    const readAt = performance.now();
    const rows = await this.#store.findAll(missing);
    for (const row of rows) this.#remember(knownFrom(row), readAt, found);
    if (rows.length > 0) this.#records?.keep(rows, readAt);
    return found;
  }

  /** Only what the news can vouch for: it is heard, and has been heard since the copy was made. */
  async #findCopies(ids: readonly string[]): Promise<Known[]> {
    if (!this.#records || !this.#news.isFresh) return [];
    const now = Date.now();
    const copies = (await this.#records.findAll(ids)).map(knownFrom);
    return copies.filter(({ standing, standsUntil }) => now < standsUntil && this.#news.vouchesFor(standing));
  }

  #remember(known: Known, readAt: number, found: Map<string, Principal>): void {
    const { scopes, account } = known.principal;
    const words = scopes.size + (account ? account.roles.length + account.permissions.length : 0);
    this.#known.set(known.id, known, { standing: known.standing, readAt, bytes: 1_000 + 100 * words });
    found.set(known.id, known.principal);
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
