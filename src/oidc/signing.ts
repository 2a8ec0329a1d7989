// How we sign (RFC 7515, RFC 7518 §3, RFC 8037): tokens of ours and what the engine signs, with the same keys. ES256 and EdDSA
// take less time here than it takes to ask another thread for them.
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ExternalSigningKey, type JWK } from 'oidc-provider';

const signElsewhere = promisify(sign);

export function privateKeyOf(jwk: JWK): KeyObject {
  return createPrivateKey({ key: { ...jwk }, format: 'jwk' });
}

/** The bytes of a signature of JWS; synchronous. */
export function signatureOf(algorithm: string, data: Uint8Array, key: KeyObject): Buffer {
  if (algorithm === 'EdDSA') return sign(null, data, key);
  const signature = sign('sha256', data, key);
  return algorithm === 'ES256' ? sideBySide(signature) : signature;
}

/**
 * RFC 7518 §3.4: the two numbers side by side, 32 bytes each, out of the ASN.1 sequence that node:crypto gives for a bare
 * key; asked for this form itself it looks at the key so closely that the signature costs a third more.
 */
function sideBySide(sequence: Buffer): Buffer {
  const raw = Buffer.alloc(64);
  let offset = 2;
  for (const end of [32, 64]) {
    const length = sequence[offset + 1] ?? 0;
    const number = sequence.subarray(offset + 2, offset + 2 + length);
    // A leading zero only says that the number is positive; a short one has none to say.
    const digits = number.subarray(Math.max(0, length - 32));
    digits.copy(raw, end - digits.length);
    offset += 2 + length;
  }
  return raw;
}

/** A key as the engine takes it. The engine's own way costs three times as much for ES256. */
export class EngineSigningKey extends ExternalSigningKey {
  readonly #algorithm: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  constructor(jwk: JWK) {
    super();
    this.#algorithm = jwk.alg ?? '';
    this.#private = privateKeyOf(jwk);
    this.#public = createPublicKey(this.#private);
    Object.assign(this, { kid: jwk.kid, alg: jwk.alg });
  }

  override keyObject(): KeyObject {
    return this.#public;
  }

  override sign(data: Uint8Array): Uint8Array | Promise<Uint8Array> {
    // Ten times slower: others must not wait for it.
    if (this.#algorithm === 'RS256') return signElsewhere('sha256', data, this.#private);
    return signatureOf(this.#algorithm, data, this.#private);
  }
}
