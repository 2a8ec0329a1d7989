// What a resource is (RFC 8707): a service that an access token can be bound to, so that it is worth nothing at any other.
import type { TokenFormat } from './access-token-format.ts';
import type { SigningAlgorithm } from './keys.ts';

export interface Resource {
  /** An absolute URI without a fragment, compared letter by letter (RFC 8707 §2). */
  identifier: string;
  name: string;
  /** The service itself, as a client; it may introspect what is bound to it. */
  clientId: string | undefined;
  /** What it understands: scopes of ours, and names of its own. */
  scope: string;
  tokenFormat: TokenFormat;
  /** Signs its tokens when they are JWTs. */
  signingAlgorithm: SigningAlgorithm;
  accessTokenTtlSeconds: number | undefined;
  /** A token that was issued before is not for it any more. */
  acceptedSince: Date;
  createdAt: Date;
  updatedAt: Date;
}

export interface ResourceInput {
  name?: string | undefined;
  /** Empty: nobody's. */
  clientId?: string | undefined;
  scope?: string | undefined;
  tokenFormat?: TokenFormat | undefined;
  signingAlgorithm?: SigningAlgorithm | undefined;
  accessTokenTtlSeconds?: number | undefined;
}

/** Our own API: a resource that is always there (RFC 9728 document at /.well-known/oauth-protected-resource/api). */
export function apiResourceOf(issuer: string): string {
  return `${issuer}/api`;
}
