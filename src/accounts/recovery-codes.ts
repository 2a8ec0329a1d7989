// The codes on paper for the day when a phone is gone (NIST SP 800-63B, look-up secrets): ten, shown once, each good once. What is
// typed is read generously; what is kept is a digest, for which 80 random bits are enough.
import { randomBytes } from 'node:crypto';
import type { AuditStore } from '../audit/audit-store.ts';
import type { RecoveryCodeStore } from './recovery-code-store.ts';

const CODES = 10;
const CODE_LENGTH = 16;
const MADE = ['second_factor.added', 'second_factor.recovery_codes_renewed'];
const GROUP = /.{4}(?=.)/g;
/** RFC 4648 §6: 32 letters and digits of five bits each, none of which looks like another. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LOOKS_LIKE: Readonly<Record<string, string>> = { 0: 'O', 1: 'I', 8: 'B' };

export class RecoveryCodes {
  readonly #store: RecoveryCodeStore;
  readonly #auditStore: AuditStore;

  /** `auditStore`: knows when the codes of an account were made. */
  constructor(store: RecoveryCodeStore, auditStore: AuditStore) {
    this.#store = store;
    this.#auditStore = auditStore;
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

  /** Those that were made since then. How many were left of them. */
  async removeMadeSince(accountId: string, since: Date): Promise<number> {
    const [made] = await this.#auditStore.listHistory(accountId, { events: MADE, limit: 1 });
    if (!made || made.occurredAt < since) return 0;
    const left = await this.count(accountId);
    await this.remove(accountId);
    return left;
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
