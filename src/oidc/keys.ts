// Owns our signing keys: made once, kept sealed, the same for every process. ES256 signs by default (fast); EdDSA
// (Ed25519) and RS256 are there for clients that ask for them, or know nothing else. Rotation (next → current → previous) has its states already.
import { createHash, generateKeyPair, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { KeyStore, SigningKey } from './key-store.ts';

const generate = promisify(generateKeyPair);
/** The first is for everybody who names none. */
export const SIGNING_ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export class Keys {
  readonly #database: Database;
  readonly #store: KeyStore;
  readonly #audit: Audit;

  constructor(database: Database, store: KeyStore, audit: Audit) {
    this.#database = database;
    this.#store = store;
    this.#audit = audit;
  }

  list(): Promise<SigningKey[]> {
    return this.#store.list();
  }

  /** All keys, after making those that are missing. Many processes may call it at once. */
  async ensure(): Promise<SigningKey[]> {
    const present = new Set((await this.#store.list()).map((key) => key.algorithm));
    for (const algorithm of SIGNING_ALGORITHMS.filter((name) => !present.has(name))) {
      const jwk = await generateJwk(algorithm);
      await this.#database.transaction(async () => {
        const isOurs = await this.#store.insertCurrent({ id: jwk.kid, algorithm, jwk });
        if (isOurs) await this.#audit.record('key.created', {}, { kid: jwk.kid, algorithm });
      });
    }
    return this.#store.list();
  }
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
