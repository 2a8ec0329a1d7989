// What people prove themselves with after the first way in: an app, a code on paper, or a passkey (passkey-sign-in.ts). Which of them an account has, whether a code
// is right, and how they are added and taken away. When somebody is asked is decided in http/sign-in-end.ts.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { conflict, gone } from '../base/errors.ts';
import type { Sealer } from '../base/seal.ts';
import type { Throttle } from '../base/throttle.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';
import type { Attempts } from './attempts.ts';
import type { KnownDevices } from './known-devices.ts';
import type { TellOwner } from './letters.ts';
import type { PasskeyStore } from './passkey-store.ts';
import type { RecoveryCodes } from './recovery-codes.ts';
import type { RoleStore } from './role-store.ts';
import { sessionOver } from './sign-in.ts';
import { looksLikeTotp, type Totp, type TotpOffer } from './totp.ts';

/** In the order in which they are offered. */
export type Factor = 'totp' | 'recovery_code' | 'passkey';

export interface SecondFactorsOptions {
  database: Database;
  /** Of six digits, at an account. */
  guesses: Throttle;
  accounts: AccountStore;
  roles: RoleStore;
  audit: Audit;
  attempts: Attempts;
  devices: KnownDevices;
  totp: Totp;
  recoveryCodes: RecoveryCodes;
  passkeys: PasskeyStore;
  sealer: Sealer;
  tellOwner: TellOwner;
  /** Removes sessions, grants and tokens of an account. */
  endEverything: (accountId: string) => Promise<void>;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
}

/** Who shows a code, and from where. */
export interface CodeAttempt {
  code: string;
  /** The IP address of the person, not of a proxy. */
  address: string;
  /** The cookie that the browser keeps for KnownDevices. */
  device?: string | undefined;
}

export interface FactorsOfAccount {
  appSince: Date | undefined;
  /** Those that were not used. */
  recoveryCodes: number;
  passkeys: number;
}

export interface SetUp extends TotpOffer {
  /** What comes back with the first code; of use to this person in this session alone. */
  sealed: string;
}

/**
 * Wrong codes of an app from strangers, who must know the password to come that far: whoever has weeks would get through a limit of
 * minutes (NIST SP 800-63B-4 §3.2.2 allows 100). Codes on paper, which nobody guesses, pass by this. Known devices have as many
 * between them: whoever reads the mailbox makes another one with each new password.
 */
export const WRONG_CODES = { perAccount: 100, windowSeconds: 30 * 24 * 3600 };

/** Long enough to find an app, and to find out how it works. */
const SET_UP_MS = 30 * 60 * 1000;

/** What a set-up carries along, sealed. */
interface Offer {
  secret: string;
  /** Milliseconds since 1970. */
  beganAt: number;
}

export class SecondFactors {
  readonly #its: SecondFactorsOptions;
  readonly #setUps: Sealer;

  constructor(options: SecondFactorsOptions) {
    this.#its = options;
    this.#setUps = options.sealer.for('totp-set-up');
  }

  /** What the account can be proved with; empty for one without a second factor. Codes on paper are none by themselves. */
  async list(accountId: string): Promise<Factor[]> {
    const { appSince, recoveryCodes, passkeys } = await this.describe(accountId);
    return [
      ...(appSince ? (['totp'] as const) : []),
      ...(appSince && recoveryCodes > 0 ? (['recovery_code'] as const) : []),
      ...(passkeys > 0 ? (['passkey'] as const) : []),
    ];
  }

  async describe(accountId: string): Promise<FactorsOfAccount> {
    const { totp, recoveryCodes, passkeys } = this.#its;
    const [appSince, codes, keys] = await Promise.all([
      totp.findAddedAt(accountId),
      recoveryCodes.count(accountId),
      passkeys.count(accountId),
    ]);
    return { appSince, recoveryCodes: codes, passkeys: keys };
  }

  /** Whether one of the person's roles wants one. */
  isRequired(accountId: string): Promise<boolean> {
    return this.#its.roles.requiresSecondFactor(accountId);
  }

  /** Whether the person is asked for one at every sign-in. A passkey that somebody has wants no company: it is there to need no password. */
  async isAsked(accountId: string): Promise<boolean> {
    return (await this.#its.totp.findAddedAt(accountId)) !== undefined || this.isRequired(accountId);
  }

  /**
   * Which factor the code is of, or undefined when it is not right (any more): each is good once. Wrong ones count together with
   * wrong passwords. Throws 429 after too many, 503. Not inside a transaction.
   */
  async proveByCode(account: Account, attempt: CodeAttempt): Promise<Factor | undefined> {
    const { accounts, attempts, devices } = this.#its;
    const owner = await accounts.findDeviceOwner(account.id);
    const attempter = {
      account: account.id,
      address: attempt.address,
      device: devices.find(attempt.device, owner),
    };
    const code = withoutSpaces(attempt.code);
    const use = () => this.#use(account, code);
    const guesser = attempter.device === undefined ? account.id : `${account.id} known`;
    const work = looksLikeTotp(code) ? () => this.#its.guesses.attempt(guesser, use) : use;
    return (await attempts.make(attempter, work)).factor;
  }

  /** A secret for an app. `holder`: the session or the sign-in in which it is set up. Nothing is kept here. */
  beginSetUp(account: Account, holder: string): SetUp {
    const secret = this.#its.totp.newSecret();
    const offer: Offer = { secret, beganAt: Date.now() };
    const sealed = this.#setUps.seal(JSON.stringify(offer), contextOf(account, holder));
    return { sealed, ...this.#its.totp.offerOf(secret, account.email ?? account.username ?? account.name) };
  }

  /** The same secret once more, after a code that was wrong. Throws 410 for whatever did not begin here, or too long ago. */
  goOnWithSetUp(account: Account, holder: string, sealed: string): SetUp {
    const { secret } = this.#openSetUp(account, holder, sealed);
    return { sealed, ...this.#its.totp.offerOf(secret, account.email ?? account.username ?? account.name) };
  }

  /**
   * The app is the account's from now on: the recovery codes that come with it, this once; undefined when the code is not right.
   * Throws 410 as above, 409 when the account has an app.
   */
  async finishSetUp(
    account: Account,
    holder: string,
    { sealed, code }: { sealed: string; code: string },
  ): Promise<string[] | undefined> {
    const { database, accounts, audit, totp, recoveryCodes } = this.#its;
    const { secret, beganAt } = this.#openSetUp(account, holder, sealed);
    return database.transaction(async () => {
      // Whoever raises an alarm (account-alarm.ts) takes away what was added until then: what is under way comes to nothing.
      await accounts.findPasswordWay(account.id, { isLocked: true });
      const { devicesFrom } = await accounts.findDeviceOwner(account.id);
      if (devicesFrom && devicesFrom.getTime() >= beganAt) throw setUpOver();
      const outcome = await totp.add(account.id, secret, withoutSpaces(code));
      if (outcome === 'taken') throw hasAppAlready();
      if (outcome === 'wrong') return undefined;
      await audit.record('second_factor.added', { accountId: account.id }, { method: 'totp' });
      await this.#its.tellOwner(account, { kind: 'secondFactorAdded' });
      return recoveryCodes.renew(account.id);
    });
  }

  /**
   * As they are shown, this once; those of before are worth nothing any more. Throws 403 when the session has ended in which
   * the person asks for it; `sessionUid` is undefined when it is no person.
   */
  async renewRecoveryCodes(account: Account, sessionUid?: string): Promise<string[]> {
    const { database, audit, recoveryCodes } = this.#its;
    return database.transaction(async () => {
      await this.#assertUnderWay(account, sessionUid);
      await audit.record('second_factor.recovery_codes_renewed', { accountId: account.id }, {});
      await this.#its.tellOwner(account, { kind: 'recoveryCodesRenewed' });
      return recoveryCodes.renew(account.id);
    });
  }

  /** The codes on paper go with the app. False when there was none. Throws as above. */
  async remove(account: Account, sessionUid?: string): Promise<boolean> {
    const { database, audit, totp, recoveryCodes } = this.#its;
    return database.transaction(async () => {
      await this.#assertUnderWay(account, sessionUid);
      await recoveryCodes.remove(account.id);
      if (!(await totp.remove(account.id))) return false;
      await audit.record('second_factor.removed', { accountId: account.id }, { method: 'totp' });
      await this.#its.tellOwner(account, { kind: 'secondFactorRemoved' });
      return true;
    });
  }

  /**
   * For somebody who has lost everything: an administrator takes it all away, passkeys too, and signs them out, since whoever found
   * the phone may be signed in on it. False when there was nothing; then nothing is changed.
   */
  async reset(account: Account): Promise<boolean> {
    const { database, accounts, audit, endEverything, passkeys, totp, recoveryCodes } = this.#its;
    return database.transaction(async () => {
      // Whoever is about to add a passkey waits here, and then finds that everything has ended.
      await accounts.findPasswordWay(account.id, { isLocked: true });
      const keys = await passkeys.deleteAllOf(account.id);
      await recoveryCodes.remove(account.id);
      if (!(await totp.remove(account.id)) && keys === 0) return false;
      await endEverything(account.id);
      await audit.record('second_factor.reset', { accountId: account.id }, {});
      await this.#its.tellOwner(account, { kind: 'secondFactorReset' });
      return true;
    });
  }

  /** Whoever ends everything of the account in this moment comes before us, or waits and ends what we have changed. */
  async #assertUnderWay({ id }: Account, sessionUid: string | undefined): Promise<void> {
    await this.#its.accounts.findPasswordWay(id, { isLocked: true });
    const isOver = sessionUid !== undefined && !(await this.#its.isUnderWay(id, sessionUid));
    if (isOver) throw sessionOver();
  }

  async #use(account: Account, code: string): Promise<{ isRight: boolean; factor?: Factor }> {
    const { audit, totp } = this.#its;
    if (looksLikeTotp(code)) {
      if (await totp.use(account.id, code)) return { isRight: true, factor: 'totp' };
    } else if (await this.#useRecoveryCode(account, code)) {
      return { isRight: true, factor: 'recovery_code' };
    }
    const details = { method: 'second_factor', reason: 'wrong_code' };
    await audit.record('sign_in.refused', { accountId: account.id }, details);
    return { isRight: false };
  }

  #useRecoveryCode(account: Account, code: string): Promise<boolean> {
    const { database, audit, recoveryCodes } = this.#its;
    return database.transaction(async () => {
      if (!(await recoveryCodes.use(account.id, code))) return false;
      await audit.record('second_factor.recovery_code_used', { accountId: account.id }, {});
      await this.#its.tellOwner(account, { kind: 'recoveryCodeUsed' });
      return true;
    });
  }

  #openSetUp(account: Account, holder: string, sealed: string): Offer {
    let offer: Offer;
    try {
      offer = JSON.parse(this.#setUps.open(sealed, contextOf(account, holder))) as Offer;
    } catch (error) {
      throw setUpOver(error);
    }
    if (Date.now() - offer.beganAt > SET_UP_MS) throw setUpOver();
    return offer;
  }
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function contextOf({ id }: Account, holder: string): string {
  return `totp-set-up:${id}:${holder}`;
}

function setUpOver(cause?: unknown): Error {
  return gone('set_up_over', 'This took too long, or was begun somewhere else. Begin again.', { cause });
}

function hasAppAlready(): Error {
  return conflict('This account has an authenticator app already. Remove it first.');
}
