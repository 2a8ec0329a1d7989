// The one gate ahead of whatever a person proves who they are with and somebody else could guess: passwords, and codes
// that belong to an account. Wrong ones count for the account, for the address and in all, on every node; right ones
// never do. A device where the person has signed in before has a count of its own and passes by the others, so that
// no stranger can lock anybody out of where they always sign in. That strangers are kept out is written down once for as long
// as they keep knocking.
import type { Audit } from '../audit/audit.ts';
import { AppError } from '../base/errors.ts';
import { Siege } from '../base/siege.ts';
import { addressKey, type Throttle, type Try } from '../base/throttle.ts';

/** Wrong tries in a quarter of an hour. */
export const WRONG_TRIES = {
  windowSeconds: 15 * 60,
  perAccount: 10,
  perAddress: 30,
  /** A stolen cookie is no free pass. */
  perDevice: 10,
  /** More than that in the whole house is an attack on everybody, from many addresses: from then on strangers have … */
  inAll: 2_000,
  besieged: { perAccount: 3, perAddress: 10 },
};

export type OpenThrottle = (name: string, limit: number, windowSeconds: number) => Throttle;

export interface AttemptsOptions {
  open: OpenThrottle;
  audit: Audit;
  countSiege: (of: 'account' | 'house') => void;
}

export interface Attempter {
  /** The id of the account, or `nobodysLogin`. */
  account: string;
  /** The IP address of the person, not of a proxy. */
  address: string;
  /** What KnownDevices knows the browser by; undefined for any other. */
  device?: string | undefined;
}

const MOST_KNOWN = 10_000;
const NOBODY = 'login:';

/** Stands for the account of a login that has none. */
export function nobodysLogin(login: string): string {
  return `${NOBODY}${login}`;
}

interface Strangers {
  perAccount: Throttle;
  perAddress: Throttle;
}

export class Attempts {
  readonly #perDevice: Throttle;
  readonly #inPeace: Strangers;
  readonly #besieged: Strangers;
  readonly #siege: Siege;
  readonly #sieges: Throttle;
  /** Those of a moment ago, and when they are over: milliseconds since 1970. */
  readonly #known = new Map<string, number>();
  readonly #audit: Audit;
  readonly #countSiege: AttemptsOptions['countSiege'];

  constructor({ open, audit, countSiege }: AttemptsOptions) {
    const { windowSeconds, perAccount, perAddress, perDevice, inAll, besieged } = WRONG_TRIES;
    // The same counts, measured against other limits.
    const strangers = (limits: { perAccount: number; perAddress: number }) => ({
      perAccount: open('attempts:account', limits.perAccount, windowSeconds),
      perAddress: open('attempts:address', limits.perAddress, windowSeconds),
    });
    this.#inPeace = strangers({ perAccount, perAddress });
    this.#besieged = strangers(besieged);
    this.#perDevice = open('attempts:device', perDevice, windowSeconds);
    this.#siege = new Siege(open('attempts:all', inAll, windowSeconds));
    // The first knock that a process tells of has room.
    this.#sieges = open('attempts:siege', 2, windowSeconds);
    this.#audit = audit;
    this.#countSiege = countSiege;
  }

  /**
   * Makes one try. Throws 429 without trying after too many wrong ones, 503 when that cannot be known. A try that throws told
   * nothing and is not counted. Not inside a transaction.
   */
  async make<T extends Try>(attempter: Attempter, work: () => Promise<T>): Promise<T> {
    const outcome = await this.#counted(attempter, work);
    if (!outcome.isRight) {
      const wasOn = this.#siege.isOn;
      await this.#siege.countWrong();
      if (!wasOn && this.#siege.isOn && (await this.#isNew('the house'))) await this.#noteSiege('house');
    }
    return outcome;
  }

  #counted<T extends Try>({ account, address, device }: Attempter, work: () => Promise<T>): Promise<T> {
    if (device !== undefined) return this.#perDevice.attempt(`${account} ${device}`, work);
    const { perAccount, perAddress } = this.#siege.isOn ? this.#besieged : this.#inPeace;
    return perAddress.attempt(addressKey(address), () => this.#watched(account, perAccount, work));
  }

  /** The same work for an account and for a name of nobody, but for the one row. */
  async #watched<T extends Try>(account: string, perAccount: Throttle, work: () => Promise<T>): Promise<T> {
    try {
      return await perAccount.attempt(account, work);
    } catch (error) {
      if (error instanceof AppError && error.status === 429 && (await this.#isNew(account))) {
        if (!account.startsWith(NOBODY)) await this.#noteSiege('account', account);
      }
      throw error;
    }
  }

  /** Of a siege that this process knows nobody else is asked: a knock on a closed door stays cheap. */
  async #isNew(siege: string): Promise<boolean> {
    const now = Date.now();
    const isKnown = (this.#known.get(siege) ?? 0) > now;
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(siege, now + WRONG_TRIES.windowSeconds * 1000);
    return !isKnown && (await this.#sieges.countWrong(siege)) === 0;
  }

  async #noteSiege(of: 'account' | 'house', accountId?: string): Promise<void> {
    this.#countSiege(of);
    await this.#audit.recordStranger('sign_in.besieged', { accountId }, { of });
  }
}
