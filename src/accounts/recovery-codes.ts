// The codes on paper for the day when a phone is gone (NIST SP 800-63B, look-up secrets): ten, shown once, each good once. What is
// typed is read generously; what is kept is a digest, for which 80 random bits are enough.
import { randomBytes } from 'node:crypto';
import type { RecoveryCodeStore } from './recovery-code-store.ts';

const CODES = 10;
const CODE_LENGTH = 16;
const GROUP = /.{4}(?=.)/g;
/** RFC 4648 §6: 32 letters and digits of five bits each, none of which looks like another. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LOOKS_LIKE: Readonly<Record<string, string>> = { 0: 'O', 1: 'I', 8: 'B' };

export class RecoveryCodes {
  readonly #store: RecoveryCodeStore;

  constructor(store: RecoveryCodeStore) {
    this.#store = store;
  }

  /** A new set, as it is shown, this once; those of before are worth nothing any more. Only inside a transaction. */
  async renew(accountId: string): Promise<string[]> {
    const codes = Array.from({ length: CODES }, newCode);
    await this.#store.replace(accountId, codes);
    return codes.map((code) => code.replaceAll(GROUP, '$&-').toLowerCase());
  }

  count(accountId: string): Promise<number> {
    return this.#store.count(accountId);
  }

  /** Whether it was one; from now on it is none any more. */
  async use(accountId: string, text: string): Promise<boolean> {
    const code = normalise(text);
    return code.length === CODE_LENGTH && this.#store.use(accountId, code);
  }

  remove(accountId: string): Promise<void> {
    return this.#store.deleteAll(accountId);
  }
}

function newCode(): string {
  return Array.from(randomBytes(CODE_LENGTH), (byte) => ALPHABET[byte & 31]).join('');
}

function normalise(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[018]/g, (digit) => LOOKS_LIKE[digit] ?? digit)
    .replaceAll(/[^A-Z2-7]/g, '');
}
