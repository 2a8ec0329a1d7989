// The forms of an access token: opaque, or a JWT by RFC 9068 in the compact form of RFC 7515. What makes the engine issue the
// one or the other is in jwt-access-tokens.ts.
import type { KeyObject } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import { privateKeyOf, signatureOf } from './signing.ts';

export const TOKEN_FORMATS = ['opaque', 'jwt'] as const;
export type TokenFormat = (typeof TOKEN_FORMATS)[number];

const DISGUISED_JWT = /^jwt:([\w-]+):([\w-]+):([\w-]+)$/;

/**
 * The engine refuses to introspect and to revoke what looks like a JWT (RFC 7662, RFC 7009). In this dress a token passes,
 * and is looked up.
 */
export function disguised(token: string): string {
  return token.includes('.') ? `jwt:${token.replaceAll('.', ':')}` : token;
}

/** The JWT that was disguised; undefined for everything else. */
export function revealed(value: unknown): string | undefined {
  const [, header, claims, signature] = DISGUISED_JWT.exec(String(value)) ?? [];
  return header && `${header}.${claims}.${signature}`;
}

/** RFC 7519 §4.1.7: the name of a JWT of ours, which is not the token. Only for what was found in the table. */
export function jtiOf(jwt: string): string {
  const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    jti: string;
  };
  return claims.jti;
}

interface Signer {
  header: string;
  key: KeyObject;
}

export type SignJwt = (algorithm: string, claims: object) => string;

/**
 * `jwks`: private keys; the first of an algorithm signs, as it does for the engine. Synchronous, since the engine waits for
 * no id. Throws when there is no key for the algorithm.
 */
export function createJwtSigner(jwks: readonly JWK[]): SignJwt {
  const signers = new Map<string, Signer>();
  const signerFor = (algorithm: string): Signer => {
    const known = signers.get(algorithm);
    if (known) return known;
    const jwk = jwks.find(({ alg }) => alg === algorithm);
    if (!jwk) throw new Error(`there is no key for ${algorithm}`);
    const signer = {
      header: encode({ typ: 'at+jwt', alg: algorithm, kid: jwk.kid }),
      key: privateKeyOf(jwk),
    };
    signers.set(algorithm, signer);
    return signer;
  };
  return (algorithm, claims) => {
    const { header, key } = signerFor(algorithm);
    const text = `${header}.${encode(claims)}`;
    return `${text}.${signatureOf(algorithm, Buffer.from(text), key).toString('base64url')}`;
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
