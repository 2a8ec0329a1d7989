// Owns who asks for what, the same in every server: a service that gets tokens and introspects them, an application,
// and people who signed in to it. Tokens that are written by the thousand have names that can be counted.

export const SERVICE_ID = 'service';
export const SERVICE_SECRET = 'the-secret-of-the-service-in-the-benchmark';
export const APP_ID = 'app';
export const REDIRECT_URI = 'https://app.example.com/callback';
export const ACCOUNT_ID = '0191d5a4-6f0e-7c11-9f27-6d1c2f0a7b55';
export const PERSON_SCOPE = 'openid profile email';
/** The least that an ID token needs: it is signed on both sides, and says the same. */
export const REFRESH_SCOPE = 'openid';
export const PASSWORD = 'a password that is long enough';
/** RFC 7636: of every authorization code here. */
export const CODE_VERIFIER = 'the-verifier-of-every-code-in-the-benchmark';

/** How many rows of each kind are written besides the one that they are copied from. */
export interface Counts {
  people: number;
  /** To whom refresh tokens and codes are dealt, evenly spread over all of them; everybody when not said. It divides `people`. */
  active?: number;
  accessTokens: number;
  refreshTokens: number;
  codes: number;
}

export type Kind = 'access' | 'refresh' | 'code';

/** As long as the engine's own ids. `number` from 1. */
export function tokenOf(kind: Kind, number: number): string {
  return `${kind}-${String(number).padStart(42 - kind.length, '0')}`;
}

/** `number` from 1. */
export function usernameOf(number: number): string {
  return `person-${number}`;
}
