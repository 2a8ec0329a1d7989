// What a program with a key of its own sends: DPoP proofs (RFC 9449) and client assertions (RFC 7523), made with
// node:crypto alone, so that nothing of ours or of the engine's checks itself.
import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';

export interface Key {
  privateKey: KeyObject;
  /** The public half. */
  jwk: JsonWebKey;
  /** RFC 7638. */
  thumbprint: string;
}

export function makeKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // A copy: the test runner's objects are of another make than Node's own.
  const jwk = { ...publicKey.export({ format: 'jwk' }) };
  const { crv, kty, x, y } = jwk;
  return { privateKey, jwk, thumbprint: base64Digest(JSON.stringify({ crv, kty, x, y })) };
}

/** A JWS in compact form, signed with ES256. */
export function signJwt(key: Key, header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const data = `${part({ alg: 'ES256', ...header })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(data), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${data}.${signature.toString('base64url')}`;
}

export interface ProofInput {
  url: string;
  method?: string;
  /** The token that goes with it, at a resource. */
  accessToken?: string;
  claims?: object;
}

/** RFC 9449 §4.2. */
export function dpopProof(key: Key, { url, method = 'POST', accessToken, claims }: ProofInput): string {
  return signJwt(
    key,
    { typ: 'dpop+jwt', jwk: key.jwk },
    {
      jti: randomUUID(),
      htm: method,
      htu: url,
      iat: seconds(),
      ...(accessToken !== undefined && { ath: base64Digest(accessToken) }),
      ...claims,
    },
  );
}

/** RFC 7523 §2.2: the two fields that take the place of a secret. */
export function assertion(
  key: Key,
  clientId: string,
  audience: string,
  claims: object = {},
): Record<string, string> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signJwt(
      key,
      {},
      { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), exp: seconds() + 60, ...claims },
    ),
  };
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function base64Digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
