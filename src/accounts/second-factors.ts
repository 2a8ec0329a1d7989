// What people prove themselves with after the first way in: an app, or a code on paper. Which of them an account has, whether a code
// is right, and how they are added and taken away. When somebody is asked is decided in http/sign-in-end.ts.
import type { Audit } from '../audit/audit.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';
import type { Attempts } from './attempts.ts';
import type { KnownDevices } from './known-devices.ts';
import type { RecoveryCodes } from './recovery-codes.ts';
import { looksLikeTotp, type Totp } from './totp.ts';

/** In the order in which they are offered. */
export type Factor = 'totp' | 'recovery_code';

export interface SecondFactorsOptions {
  accounts: AccountStore;
  audit: Audit;
  attempts: Attempts;
  devices: KnownDevices;
  totp: Totp;
  recoveryCodes: RecoveryCodes;
}

/** Who shows a code, and from where. */
export interface CodeAttempt {
  code: string;
  /** The IP address of the person, not of a proxy. */
  address: string;
  /** The cookie that the browser keeps for KnownDevices. */
  device?: string | undefined;
}

export class SecondFactors {
  readonly #its: SecondFactorsOptions;

  constructor(options: SecondFactorsOptions) {
    this.#its = options;
  }

  /** What the account can be proved with; empty for one without a second factor. Codes on paper are none by themselves. */
  async list(accountId: string): Promise<Factor[]> {
    const { totp, recoveryCodes } = this.#its;
    if (!(await totp.findAddedAt(accountId))) return [];
    return (await recoveryCodes.count(accountId)) > 0 ? ['totp', 'recovery_code'] : ['totp'];
  }

  /**
   * Which factor the code is of, or undefined when it is not right (any more): each is good once. Wrong ones count together with
   * wrong passwords. Throws 429 after too many, 503. Not inside a transaction.
   */
  async proveByCode(account: Account, attempt: CodeAttempt): Promise<Factor | undefined> {
    const { accounts, attempts, devices } = this.#its;
    const owner = { accountId: account.id, passwordDigest: await accounts.findPasswordDigest(account.id) };
    const attempter = {
      account: account.id,
      address: attempt.address,
      device: devices.find(attempt.device, owner),
    };
    return (await attempts.make(attempter, () => this.#use(account.id, attempt.code))).factor;
  }

  async #use(accountId: string, text: string): Promise<{ isRight: boolean; factor?: Factor }> {
    const { audit, totp, recoveryCodes } = this.#its;
    const code = text.replaceAll(/\s/g, '');
    if (looksLikeTotp(code)) {
      if (await totp.use(accountId, code)) return { isRight: true, factor: 'totp' };
    } else if (await recoveryCodes.use(accountId, code)) {
      await audit.record('second_factor.recovery_code_used', { accountId }, {});
      return { isRight: true, factor: 'recovery_code' };
    }
    const details = { method: 'second_factor', reason: 'wrong_code' };
    await audit.record('sign_in.refused', { accountId }, details);
    return { isRight: false };
  }
}
