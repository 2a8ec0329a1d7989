// Passwords that somebody chooses, by whichever door: what may be one (NIST SP 800-63B-4 §3.1.1.2: length, and not what everybody
// tries), and the digest of one that may. Signing in with one is password-sign-in.ts.
import type { PasswordHasher } from '../base/password.ts';
import { PASSWORD_MAX_LENGTH, passwordLength } from '../base/password.ts';
import { ADMINISTRATOR_ROLE, assertField, domainOf } from './account.ts';

export interface NewPasswordsOptions {
  hasher: PasswordHasher;
  /** In characters: PASSWORD_MIN_LENGTH. */
  minLength: number;
  /** Where the passwords will be used; its words are no passwords. */
  issuer: string;
}

/** What everybody knows about a person is no password of theirs. */
export interface PasswordOwner {
  roles?: readonly string[];
  name?: string | undefined;
  email?: string | undefined;
  username?: string | undefined;
}

const ADMINISTRATOR_MIN_LENGTH = 15;
const OWN_WORD_MIN_LENGTH = 3;

export class NewPasswords {
  readonly #its: NewPasswordsOptions;

  constructor(options: NewPasswordsOptions) {
    this.#its = options;
  }

  /** In characters. */
  minLengthFor(roles: readonly string[] = []): number {
    const { minLength } = this.#its;
    return roles.includes(ADMINISTRATOR_ROLE) ? Math.max(minLength, ADMINISTRATOR_MIN_LENGTH) : minLength;
  }

  /** What costs nothing to see. Throws 400 with the field `password`. */
  assertLength(password: string, roles?: readonly string[]): void {
    const minLength = this.minLengthFor(roles);
    const length = passwordLength(password);
    if (length < minLength) assertField('password', 'passwordTooShort', minLength);
    if (length > PASSWORD_MAX_LENGTH) assertField('password', 'passwordTooLong');
  }

  /** Throws 400 with the field `password`, 503 when too many wait. Not inside a transaction. */
  async digestOf(password: string, owner: PasswordOwner): Promise<string> {
    this.assertLength(password, owner.roles);
    const { hasher, issuer } = this.#its;
    const isCommon = await hasher.isCommon(password, ownWordsOf(owner, issuer));
    if (isCommon) assertField('password', 'passwordTooCommon');
    return hasher.hash(password);
  }
}

/** In lower case, the longest first. */
function ownWordsOf({ name = '', username = '', email = '' }: PasswordOwner, issuer: string): string[] {
  const host = new URL(issuer).hostname;
  const whole = [
    host,
    email,
    email.split('@')[0] ?? '',
    domainOf(email),
    username,
    name,
    name.replaceAll(/\s/g, ''),
  ];
  const parts = [host, name, username, email].flatMap((text) => text.split(/[^\p{L}]+/u));
  return [...new Set([...whole, ...parts].map((text) => text.normalize('NFC').toLowerCase()))]
    .filter((text) => text.length >= OWN_WORD_MIN_LENGTH)
    .sort((a, b) => b.length - a.length);
}
