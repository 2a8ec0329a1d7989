// Owns our signing keys and their life: next (published, signs nothing yet) → current (signs) → previous (published until
// nothing that it signed is asked about any more) → gone. The same for every process, kept sealed. ES256 signs by
// default (fast); EdDSA (Ed25519) and RS256 are there for clients that ask for them, or know nothing else.
import { createHash, generateKeyPair, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { KeyRecord, KeyState, KeyStore, SigningKey } from './key-store.ts';

const generate = promisify(generateKeyPair);
/** The first is for everybody who names none. */
export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** How long others may remember our JWKS: `max-age` of its answer. */
export const JWKS_MAX_AGE_SECONDS = 10 * 60;
/** A key signs only after everybody who remembers the JWKS has it: their time, and five minutes for clocks and nodes. */
const PUBLISHED_FIRST_MS = (JWKS_MAX_AGE_SECONDS + 5 * 60) * 1000;
/** Behind the longest life of what a key signed. */
const RETIRED_GRACE_MS = 24 * 60 * 60 * 1000;

export type Rotation = { algorithm: SigningAlgorithm } & (
  | { outcome: 'rotated'; kid: string; previousKid: string; wasForced: boolean }
  /** The next key is too young: others may not know it yet. */
  | { outcome: 'scheduled'; kid: string; activatesAt: Date }
  /** Somebody else rotated at the same moment. */
  | { outcome: 'overtaken' }
);

export class Keys {
  readonly #database: Database;
  readonly #store: KeyStore;
  readonly #audit: Audit;

  constructor(database: Database, store: KeyStore, audit: Audit) {
    this.#database = database;
    this.#store = store;
    this.#audit = audit;
  }

  /** With their private halves; of each algorithm the current key first. */
  list(): Promise<SigningKey[]> {
    return this.#store.list();
  }

  listRecords(): Promise<KeyRecord[]> {
    return this.#store.listRecords();
  }

  /** Throws when there are none, or when SECRET_KEY does not open them. */
  async assertPresent(): Promise<void> {
    if ((await this.list()).length === 0) throw new Error('there are no signing keys');
  }

  /** All keys, after making those that are missing. Many processes may call it at once. */
  async ensure(): Promise<SigningKey[]> {
    const present = await this.#store.listRecords();
    const missing = SIGNING_ALGORITHMS.flatMap((algorithm) =>
      (['current', 'next'] as const)
        .filter((state) => !present.some((key) => key.algorithm === algorithm && key.state === state))
        .map((state) => ({ algorithm, state })),
    );
    await Promise.all(
      missing.map(async ({ algorithm, state }) => {
        const jwk = await generateJwk(algorithm);
        await this.#database.transaction(() => this.#insert(algorithm, state, jwk));
      }),
    );
    return this.#store.list();
  }

  /**
   * Makes the next key current when it has been published long enough, and a new next key; else notes that it is to be
   * done then. `isForced`: at once, although some who remember our JWKS will not know the key for a while.
   */
  async rotate(algorithm: SigningAlgorithm, { isForced = false } = {}): Promise<Rotation> {
    const keys = await this.#store.listRecords();
    const current = inState(keys, algorithm, 'current');
    const next = inState(keys, algorithm, 'next');
    if (!current || !next) throw new Error(`the keys of ${algorithm} are not there yet`);
    const readyAt = new Date(next.createdAt.getTime() + PUBLISHED_FIRST_MS);
    const isReady = readyAt.getTime() <= Date.now();
    if (!isReady && !isForced) {
      const isScheduled = await this.#store.schedule(next.id, readyAt);
      return isScheduled
        ? { algorithm, outcome: 'scheduled', kid: next.id, activatesAt: readyAt }
        : { algorithm, outcome: 'overtaken' };
    }
    const jwk = await generateJwk(algorithm);
    return this.#database.transaction(async () => {
      const now = new Date(Date.now());
      // Whoever retires this very key rotates; all others wait here for its row and find it retired.
      if (!(await this.#store.retire(current.id, now))) return { algorithm, outcome: 'overtaken' };
      if (!(await this.#store.activate(next.id, now)))
        throw new Error(`the next key of ${algorithm} is gone`);
      await this.#insert(algorithm, 'next', jwk);
      await this.#audit.record(
        'key.rotated',
        {},
        { kid: next.id, previous_kid: current.id, algorithm, forced: !isReady },
      );
      return { algorithm, outcome: 'rotated', kid: next.id, previousKid: current.id, wasForced: !isReady };
    });
  }

  /** Rotates what was scheduled, and what has signed for longer than `maxAgeSeconds` (undefined: no limit). */
  async rotateDue(maxAgeSeconds: number | undefined): Promise<void> {
    const keys = await this.#store.listRecords();
    const now = Date.now();
    for (const algorithm of SIGNING_ALGORITHMS) {
      const current = inState(keys, algorithm, 'current');
      const activatesAt = inState(keys, algorithm, 'next')?.activatesAt;
      if (!current) continue;
      const since = (current.activatedAt ?? current.createdAt).getTime();
      const isOld = maxAgeSeconds !== undefined && since + maxAgeSeconds * 1000 <= now;
      const isDue = activatesAt ? activatesAt.getTime() <= now : isOld;
      if (isDue) await this.rotate(algorithm);
    }
  }

  /** Deletes the previous keys whose signatures are all past: `longestLifeSeconds` is that of the longest living. */
  async deleteRetired(longestLifeSeconds: number): Promise<void> {
    const before = new Date(Date.now() - longestLifeSeconds * 1000 - RETIRED_GRACE_MS);
    await this.#database.transaction(async () => {
      for (const { id, algorithm } of await this.#store.deleteRetired(before)) {
        await this.#audit.record('key.retired', {}, { kid: id, algorithm });
      }
    });
  }

  async #insert(
    algorithm: SigningAlgorithm,
    state: 'next' | 'current',
    jwk: JWK & { kid: string },
  ): Promise<void> {
    const isOurs = await this.#store.insert({ id: jwk.kid, algorithm, jwk }, state, new Date(Date.now()));
    if (isOurs) await this.#audit.record('key.created', {}, { kid: jwk.kid, algorithm });
  }
}

function inState(keys: readonly KeyRecord[], algorithm: string, state: KeyState): KeyRecord | undefined {
  return keys.find((key) => key.algorithm === algorithm && key.state === state);
}

async function generateJwk(algorithm: SigningAlgorithm): Promise<JWK & { kid: string }> {
  const { privateKey } = await generatePair(algorithm);
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...(jwk as JWK), kid: thumbprint(jwk), alg: algorithm, use: 'sig' };
}

function generatePair(algorithm: SigningAlgorithm) {
  if (algorithm === 'ES256') return generate('ec', { namedCurve: 'P-256' });
  return algorithm === 'EdDSA' ? generate('ed25519') : generate('rsa', { modulusLength: 2048 });
}

/** RFC 7638, and RFC 8037 §2 for Ed25519: the key's own name for itself. */
function thumbprint(jwk: webcrypto.JsonWebKey): string {
  const { crv, e, kty, n, x, y } = jwk;
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
