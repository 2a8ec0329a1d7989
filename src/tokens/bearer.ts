// Owns the question "who holds this bearer?": one read of the store, remembered for less than a second. Whatever ends
// a token in this process empties the memory at once; what another process ends is noticed when the entry expires.
import { hash } from 'node:crypto';
import type { BearerStore } from './bearer-store.ts';
import type { Principal } from './principal.ts';

/** The contract: a cached answer counts only while the news of revocations is less than 1 s old. */
const LIFE_MS = 900;
const MAX_ENTRIES = 10_000;
/** Longer than any token of ours; nobody makes us hash megabytes. */
const MAX_TOKEN_LENGTH = 4096;

interface Entry {
  principal: Principal | undefined;
  endsAt: number;
}

export class Bearers {
  readonly #store: BearerStore;
  readonly #entries = new Map<string, Entry>();
  #generation = 0;

  constructor(store: BearerStore) {
    this.#store = store;
  }

  /** Undefined for what is no token, no token of ours, or no longer one. Throws 503 when we cannot know. */
  async find(token: string | undefined): Promise<Principal | undefined> {
    if (!token || token.length > MAX_TOKEN_LENGTH) return undefined;
    const key = hash('sha256', token, 'base64url');
    const now = Date.now();
    const entry = this.#entries.get(key);
    if (entry && now < entry.endsAt) return entry.principal;

    const generation = this.#generation;
    const principal = await this.#store.find(token);
    // Something ended while we read: what we read may be from before.
    if (generation === this.#generation) this.#remember(key, principal, now);
    return principal;
  }

  /** Something that tokens stand on has ended. */
  forgetAll(): void {
    this.#generation += 1;
    this.#entries.clear();
  }

  #remember(key: string, principal: Principal | undefined, readAt: number): void {
    if (!principal) return;
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size >= MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.delete(key);
    this.#entries.set(key, {
      principal,
      endsAt: Math.min(readAt + LIFE_MS, principal.expiresAtSeconds * 1000),
    });
  }
}

/** RFC 6750 §2.1: the header, and nothing but the header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization ?? '')?.[1];
}
