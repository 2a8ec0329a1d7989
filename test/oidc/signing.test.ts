// Signatures of JWS (RFC 7518 §3.4, RFC 8037), checked by node:crypto itself: many, since one ECDSA signature in a hundred has a
// number with a leading zero or one that is a byte shorter.
import { createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { EngineSigningKey, signatureOf } from '../../src/oidc/signing.ts';

const pairs: Record<string, { privateKey: KeyObject; publicKey: KeyObject }> = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

function isValid(algorithm: string, data: Buffer, signature: Uint8Array, key: KeyObject): boolean {
  if (algorithm === 'EdDSA') return verify(null, data, key, signature);
  return verify('sha256', data, algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key, signature);
}

describe.each(Object.entries(pairs))('%s', (algorithm, { privateKey, publicKey }) => {
  it('signs so that others can check it, every time', () => {
    const times = algorithm === 'ES256' ? 3_000 : 5;
    const wrong = Array.from({ length: times }, (_, time) => Buffer.from(`data ${time}`)).filter(
      (data) => !isValid(algorithm, data, signatureOf(algorithm, data, privateKey), publicKey),
    );
    expect(wrong).toEqual([]);
  });

  it('is a key of the engine that shows its public half only', async () => {
    const jwk = { ...privateKey.export({ format: 'jwk' }), alg: algorithm, kid: 'a' };
    const key = new EngineSigningKey(jwk);
    const data = Buffer.from('data');
    expect(isValid(algorithm, data, await key.sign(data), publicKey)).toBe(true);
    expect(key.keyObject().type).toBe('public');
    expect(key.keyObject().equals(createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })))).toBe(
      true,
    );
    expect([key.kid, key.alg]).toEqual(['a', algorithm]);
  });
});
