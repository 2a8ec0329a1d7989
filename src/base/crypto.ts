// Owns the small cryptographic words of the house: random ids, digests, and comparison in constant time.
// Sealing (encryption at rest) is in seal.ts, passwords in password.ts.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What is stored of an id or token: SHA-256. Enough for 128+ random bits; never for passwords. */
export function digest(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}

/** URL-safe random text with `bytes` × 8 bits of entropy. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** Compares two texts of any length without telling where they differ. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}
