// The public keys with which clients sign (RFC 7523): what a registration may name, and how keys behind a `jwks_uri` are
// fetched. That address was written by whoever registered the client, so it is asked as a stranger's (base/fetch.ts).
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { BlockList } from 'node:net';
import type { Client } from 'oidc-provider';
import { invalidRequest } from '../base/errors.ts';
import { FetchFault, fetchFromStranger } from '../base/fetch.ts';
import type { Logger } from '../base/log.ts';

/** A JWK Set (RFC 7517 §5). */
export interface KeySet {
  keys: JsonWebKey[];
}

/** What the engine calls to read a `jwks_uri`; it is built to take a Fetch response. */
export type FetchKeys = (url: string | URL | Request) => Promise<Response>;

const MAX_KEYS = 20;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const RSA_MIN_BITS = 2048;

const MAX_BYTES = 64 * 1024;
/** The engine asks again after so long, or after a minute when the answer says nothing. */
const MAX_AGE_SECONDS = 10 * 60;
/** While the address does not answer, what it said last goes on; but a key that was stolen must end some time. */
const GOES_ON_MS = 60 * 60 * 1000;
/** An address that failed is left alone for a moment: nobody uses us to knock at somebody's door. */
const PAUSE_MS = 10_000;
const MAX_REMEMBERED = 200;

interface Visit {
  last?: { text: string; at: number };
  pausedUntil: number;
}

/** `allowed`: networks that are not public, and that may be asked all the same. */
export function createFetchKeys(allowed: BlockList, log: Logger): FetchKeys {
  const visits = new Map<string, Visit>();

  async function visit(url: string, before: Visit | undefined): Promise<Response> {
    try {
      const { text, headers } = await fetchFromStranger(url, { allowed, maxBytes: MAX_BYTES });
      JSON.parse(text);
      visits.set(url, { last: { text, at: Date.now() }, pausedUntil: 0 });
      const maxAge = Number(/max-age=(\d{1,9})/.exec(headers['cache-control'] ?? '')?.[1] ?? 0);
      return respond(text, Math.min(maxAge, MAX_AGE_SECONDS));
    } catch (error) {
      visits.set(url, { ...before, pausedUntil: Date.now() + PAUSE_MS });
      const fault = error instanceof FetchFault ? error.message : `${new URL(url).host} sent no JSON`;
      log.warn({ fault }, "the keys of a client's jwks_uri could not be read");
      throw error;
    }
  }

  return async (request) => {
    const url = String(request instanceof Request ? request.url : request);
    const before = visits.get(url);
    const isPaused = before !== undefined && Date.now() < before.pausedUntil;
    if (!before && visits.size >= MAX_REMEMBERED) visits.clear();
    try {
      if (isPaused) throw new FetchFault(`${url} failed a moment ago`);
      return await visit(url, before);
    } catch (error) {
      if (!before?.last || Date.now() > before.last.at + GOES_ON_MS) throw error;
      return respond(before.last.text, 0);
    }
  };
}

function respond(text: string, maxAgeSeconds: number): Response {
  return new Response(text, { headers: { 'cache-control': `max-age=${maxAgeSeconds}` } });
}

/** Where the engine keeps the keys of one client. */
interface EngineKeys {
  stale(): boolean;
  clear(): void;
}

/** The engine asks for keys again only when the ones it has do not fit: a key that its owner took away would live on. */
export function forgetStaleKeys(client: Client | undefined): void {
  if (!client?.jwksUri) return;
  const { asymmetricKeyStore: keys } = client as unknown as { asymmetricKeyStore: EngineKeys };
  if (keys.stale()) keys.clear();
}

/** A JWK Set of one to twenty public keys that can check a signature. Throws 400 for anything else. */
export function assertPublicKeys(keySet: unknown): asserts keySet is KeySet {
  const refuse = (message: string) => invalidRequest(message, { field: 'jwks' });
  const keys: unknown = (keySet as Partial<KeySet> | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) {
    throw refuse(`A JWK Set has 1 to ${MAX_KEYS} keys: { "keys": [ … ] } (RFC 7517 §5).`);
  }
  for (const key of keys as JsonWebKey[]) {
    if (PRIVATE_MEMBERS.some((member) => key?.[member] !== undefined)) {
      throw refuse('One of the keys is private. Keep it with the client, and register its public half.');
    }
    let bits: number | undefined;
    try {
      bits = createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails?.modulusLength;
    } catch (cause) {
      throw invalidRequest('One of the keys is no public key as a JWK (RFC 7517).', { field: 'jwks', cause });
    }
    if (bits !== undefined && bits < RSA_MIN_BITS) {
      throw refuse(`An RSA key has ${RSA_MIN_BITS} bits or more (RFC 7518 §3.3).`);
    }
  }
}
