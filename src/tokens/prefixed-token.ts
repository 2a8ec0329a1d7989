// Tokens that people copy into settings: a prefix by which scanners and people know what they see, 43 random letters and
// digits (256 bits), and a checksum of both, so that a typo or a guess is told without asking the database.
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type TokenPrefix = 'ptr_svc_' | 'ptr_pat_';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 43;
/** Enough for 32 bits in base 62. */
const CHECKSUM_LENGTH = 6;
const PREFIX = /^ptr_(svc|pat)_/;

export function makePrefixedToken(prefix: TokenPrefix): string {
  const random = Array.from({ length: RANDOM_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return prefix + random + checksumOf(prefix + random);
}

/** True for what begins as one of these and cannot be one: mistyped, cut off or made up. Says nothing of other tokens. */
export function isMistyped(token: string): boolean {
  const prefix = PREFIX.exec(token)?.[0];
  if (prefix === undefined) return false;
  if (token.length !== prefix.length + RANDOM_LENGTH + CHECKSUM_LENGTH) return true;
  return checksumOf(token.slice(0, -CHECKSUM_LENGTH)) !== token.slice(-CHECKSUM_LENGTH);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  while (checksum.length < CHECKSUM_LENGTH) {
    checksum = (LETTERS[rest % LETTERS.length] ?? '') + checksum;
    rest = Math.floor(rest / LETTERS.length);
  }
  return checksum;
}
