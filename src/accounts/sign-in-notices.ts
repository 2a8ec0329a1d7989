// A mail to whoever was signed in from a browser that is not known (known-devices.ts), with a link to say that it was not them
// (account-alarm.ts). Not for the first sign-in of an account, and a few in an hour at most.
import type { AuditStore } from '../audit/audit-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { addressKey, type Throttle } from '../base/throttle.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';
import { DEVICE_LIFE_SECONDS } from './known-devices.ts';
import type { TellOwner } from './letters.ts';

export interface SignInNoticesOptions {
  database: Database;
  accounts: AccountStore;
  audit: Audit;
  auditStore: AuditStore;
  tellOwner: TellOwner;
  /** A throttle named `sign-in-notice` with the limit below. */
  perAccount: Throttle;
  /** How long the audit knows of a sign-in. */
  auditSeconds: number;
}

/** Where a program asks from. */
export interface ProgramPlace {
  clientId: string;
  /** An IP address. */
  address: string;
}

/** The one that reaches the limit is not sent any more. */
export const NOTICES = { windowSeconds: 60 * 60, perAccount: 4 };

export class SignInNotices {
  readonly #its: SignInNoticesOptions;

  constructor(options: SignInNoticesOptions) {
    this.#its = options;
  }

  /**
   * Stored at once, whatever becomes of the sign-in: else whoever knows the password could let some fail in the end, until the mails
   * of this hour are used up in silence. `locale`: of the browser, for whoever has told us none. Throws 503. Not inside a transaction.
   */
  async send(accountId: string, locale: string): Promise<void> {
    const { database, accounts, audit, perAccount, tellOwner } = this.#its;
    const account = await accounts.find(accountId);
    if (!account?.emailVerified || !(await this.#hasSignedIn(account))) return;
    if ((await perAccount.countWrong(accountId)) > 0) return;
    const { address, agent } = audit.origin;
    const letter = { kind: 'newSignIn', at: new Date(Date.now()), address, agent } as const;
    await database.transaction(() => tellOwner({ ...account, locale: account.locale ?? locale }, letter));
  }

  /** As `send`, for a program that keeps no cookie: it is known where the person has signed in with it before. */
  async sendForProgram(
    accountId: string,
    { clientId, address }: ProgramPlace,
    locale: string,
  ): Promise<void> {
    const { accounts, auditStore } = this.#its;
    const { devicesFrom } = await accounts.findDeviceOwner(accountId);
    const since = new Date(Math.max(Date.now() - DEVICE_LIFE_SECONDS * 1000, devicesFrom?.getTime() ?? 0));
    const isKnown = await auditStore.hasSignedIn(accountId, {
      clientId,
      network: addressKey(address),
      since,
    });
    if (!isKnown) await this.send(accountId, locale);
  }

  /** Who is older than what we remember has, for all we know: an account that nobody looks after is the one to watch. */
  async #hasSignedIn({ id, createdAt }: Account): Promise<boolean> {
    const { auditStore, auditSeconds } = this.#its;
    if (createdAt.getTime() < Date.now() - auditSeconds * 1000) return true;
    const events = ['sign_in.succeeded'];
    return (await auditStore.listHistory(id, { events, limit: 1 })).length > 0;
  }
}
