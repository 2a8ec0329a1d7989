// A new password for whoever is signed in and knows the old one, or has none yet. Everything else that the account holds
// ends with it: other browsers, programs, services, and every link that was mailed.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { invalidRequest } from '../base/errors.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';
import type { TellOwner } from './letters.ts';
import type { NewPasswords } from './new-passwords.ts';
import type { OneTimeTokenStore } from './one-time-token-store.ts';
import type { PasswordSignIn } from './password-sign-in.ts';
import { sessionOver } from './sign-in.ts';

export interface PasswordChangeOptions {
  database: Database;
  accounts: AccountStore;
  tokens: OneTimeTokenStore;
  passwordSignIn: PasswordSignIn;
  passwords: NewPasswords;
  audit: Audit;
  tellOwner: TellOwner;
  /** Removes sessions, grants and tokens of an account, but for one session. */
  endEverything: (accountId: string, besides: string) => Promise<void>;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
}

export interface PasswordChangeForm {
  current: string;
  password: string;
  /** The session in which it is changed: it goes on. */
  sessionUid: string;
  /** The IP address of the person. */
  address: string;
  /** The cookie that the browser keeps for KnownDevices. */
  device?: string | undefined;
}

export class PasswordChange {
  readonly #its: PasswordChangeOptions;

  constructor(options: PasswordChangeOptions) {
    this.#its = options;
  }

  async hasPassword(accountId: string): Promise<boolean> {
    return (await this.#its.accounts.findPasswordDigest(accountId)) !== undefined;
  }

  /** In characters. */
  minLengthFor({ roles }: Account): number {
    return this.#its.passwords.minLengthFor(roles);
  }

  /**
   * Throws 400 with the field at fault, 403 `sign_in_again` when the session has ended, 429 after too many wrong passwords, 503. Not inside a transaction. That the sign-in
   * is a recent one is for the caller to see to.
   */
  async change(account: Account, form: PasswordChangeForm): Promise<void> {
    const { database, accounts, tokens, passwords, audit, tellOwner, endEverything, isUnderWay } = this.#its;
    passwords.assertLength(form.password, account.roles);
    const previous = await accounts.findPasswordDigest(account.id);
    if (previous !== undefined) await this.#assertCurrent(account, form);
    const next = await passwords.digestOf(form.password, account);
    await database.transaction(async () => {
      if (!(await accounts.replacePasswordDigest(account.id, previous, next))) throw changedMeanwhile();
      // Where there was none before, there is none after somebody ended everything.
      if (!(await isUnderWay(account.id, form.sessionUid))) throw sessionOver();
      await endEverything(account.id, form.sessionUid);
      await tokens.endMailedOf(account.id, new Date(Date.now()));
      await audit.record('account.password_changed', { accountId: account.id }, { method: 'password' });
      await tellOwner(account, { kind: 'passwordChanged' });
    });
  }

  async #assertCurrent(account: Account, form: PasswordChangeForm): Promise<void> {
    if (form.current === '') {
      throw invalidRequest('Enter your password.', { field: 'current', reason: 'currentEmpty' });
    }
    const { address, device } = form;
    if (await this.#its.passwordSignIn.confirm(account, { password: form.current, address, device })) return;
    throw invalidRequest('This is not your password.', { field: 'current', reason: 'currentWrong' });
  }
}

function changedMeanwhile(): Error {
  return invalidRequest('The password was changed in the meantime. Enter the one of now.', {
    field: 'current',
    reason: 'currentWrong',
  });
}
