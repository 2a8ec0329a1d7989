// Sign-in through a program that collects the password itself (routes/api/auth): the proofs for which a browser is asked step by
// step, in one request. The same people, limits and mails as on the page; what the program gets for it is not decided here.
import type { Audit } from '../audit/audit.ts';
import { forbidden, wrongCredentials, type AppError } from '../base/errors.ts';
import type { Account } from './account.ts';
import type { PasswordSignIn } from './password-sign-in.ts';
import type { Factor, SecondFactors } from './second-factors.ts';
import type { SignInNotices } from './sign-in-notices.ts';

export interface ProgramSignInOptions {
  passwordSignIn: PasswordSignIn;
  secondFactors: SecondFactors;
  signInNotices: SignInNotices;
  audit: Audit;
  count: (outcome: 'succeeded' | 'refused', method: string) => void;
}

export interface ProgramAttempt {
  login: string;
  password: string;
  /** Of an app, or on paper. */
  code: string | undefined;
  clientId: string;
  /** The IP address of whoever asks, not of a proxy. */
  address: string;
  locale: string;
}

export interface ProgramProof {
  accountId: string;
  /** Beside the password. */
  factor: Factor | undefined;
}

export class ProgramSignIn {
  readonly #its: ProgramSignInOptions;

  constructor(options: ProgramSignInOptions) {
    this.#its = options;
  }

  /**
   * Throws 401 for whatever is wrong, 403 `mfa_required`, `mfa_not_set_up`, `account_blocked` and `sign_in_again` to whoever knows the
   * password, 429, 503. Not inside a transaction.
   */
  async signIn({ login, password, code, clientId, address, locale }: ProgramAttempt): Promise<ProgramProof> {
    const { passwordSignIn, signInNotices, audit, count } = this.#its;
    const account = await passwordSignIn.signIn({ login, password, address });
    if (!account) {
      count('refused', 'pwd');
      throw wrongCredentials('Name and password do not belong together. Check both and try again.');
    }
    const factor = await this.#prove(account, code, address);
    await signInNotices.sendForProgram(account.id, { clientId, address }, locale);
    await audit.record('sign_in.succeeded', { accountId: account.id, clientId }, { method: 'pwd' });
    count('succeeded', 'pwd');
    return { accountId: account.id, factor };
  }

  async #prove(account: Account, code: string | undefined, address: string): Promise<Factor | undefined> {
    const { secondFactors, count } = this.#its;
    if (!(await secondFactors.isAsked(account.id))) return undefined;
    const factors = await secondFactors.list(account.id);
    if (!factors.includes('totp')) throw notSetUp();
    if (code === undefined || code.trim() === '') {
      throw forbidden(
        'mfa_required',
        'This account has a second factor. Ask for a code of the authenticator app, or one of the recovery codes, and send it as "otp" along with the password.',
      );
    }
    const factor = await secondFactors.proveByCode(account, { code, address });
    if (factor) return factor;
    count('refused', 'otp');
    throw wrongCredentials('This code is not right, or was used already. Wait for the next one.');
  }
}

/** A passkey wants a browser, and a role that wants two proofs does not make them. */
function notSetUp(): AppError {
  return forbidden(
    'mfa_not_set_up',
    'This account has to be signed in to with two proofs, and has no authenticator app. The person sets one up in a browser, at /account.',
  );
}
