// Whoever holds a passkey shows it: alone, as a second factor, or to prove an account before something is linked to it. A passkey
// is nothing that anybody guesses, so what is refused counts for the sign-in that it was sent in and for the address, never
// for the account: a count of that would only lock its owner out.
import type { Audit } from '../audit/audit.ts';
import type { AccountStore } from './account-store.ts';
import type { Attempts } from './attempts.ts';
import type { KnownDevices } from './known-devices.ts';
import {
  assertionIn,
  handleOf,
  type Assertion,
  type CeremonyFault,
  type PasskeyCeremony,
  type ProofOptions,
} from './passkey-ceremony.ts';
import type { PasskeyStore } from './passkey-store.ts';
import { accountBlocked } from './sign-in.ts';

export interface PasskeySignInOptions {
  accounts: AccountStore;
  store: PasskeyStore;
  ceremony: PasskeyCeremony;
  audit: Audit;
  attempts: Attempts;
  devices: KnownDevices;
}

export interface Asked {
  /** Of which sign-in: an answer is good for no other step. */
  step: string;
  /** Whose passkey it has to be; undefined where the passkey itself says who comes. */
  accountId?: string;
}

interface Shown {
  /** What the browser sent. */
  answer: string;
  /** The IP address of the person, not of a proxy. */
  address: string;
  /** The cookie that the browser keeps for KnownDevices. */
  device?: string | undefined;
}

/** `unknown`: no passkey of anybody, or of somebody else than asked. `copied`: it was used elsewhere since, by its own count. */
export type PasskeyFault = CeremonyFault | 'unknown' | 'copied';

export interface ProvedPasskey {
  accountId: string;
  /** RFC 8176. */
  amr: readonly string[];
}

type Outcome = { isRight: true; proved: ProvedPasskey } | { isRight: false; fault: PasskeyFault };
type KnownPasskey = NonNullable<Awaited<ReturnType<PasskeyStore['find']>>>;

export class PasskeySignIn {
  readonly #its: PasskeySignInOptions;

  constructor(options: PasskeySignInOptions) {
    this.#its = options;
  }

  /** What the browser is asked. Says nothing about anybody, unless it is known who is asked. */
  async ask(asked: Asked): Promise<ProofOptions> {
    const { ceremony, store } = this.#its;
    const { accountId } = asked;
    const known = accountId === undefined ? undefined : await store.list(accountId);
    return ceremony.askToProve(holderOf(asked), known);
  }

  /**
   * Whose passkey it is, or why it counts for nothing. Throws 403 `account_blocked` after a good one only, 429 after too many
   * others. Not inside a transaction. As with a password, nothing is stored once everything of the account has ended.
   */
  async prove(asked: Asked, { answer, address, device }: Shown): Promise<ProvedPasskey | PasskeyFault> {
    const { accounts, attempts, audit, devices } = this.#its;
    const assertion = assertionIn(answer);
    const passkey = assertion && (await this.#its.store.find(assertion.id));
    const owner = passkey && (await accounts.findDeviceOwner(passkey.accountId));
    const attempter = {
      account: `passkey:${holderOf(asked)}`,
      address,
      device: owner && devices.find(device, owner),
    };
    const outcome = await attempts.make(attempter, () => this.#check(asked, assertion, passkey));
    if (!outcome.isRight) return outcome.fault;
    const { accountId } = outcome.proved;
    if ((await accounts.find(accountId))?.blockedAt) {
      const details = { method: 'passkey', reason: 'account_blocked' };
      await audit.record('sign_in.refused', { accountId }, details);
      throw accountBlocked();
    }
    if (owner) await accounts.requireUnchanged(owner);
    return outcome.proved;
  }

  async #check(
    asked: Asked,
    assertion: Assertion | undefined,
    passkey: KnownPasskey | undefined,
  ): Promise<Outcome> {
    const fault = await this.#faultOf(asked, assertion, passkey);
    if (fault !== undefined) {
      const details = { method: 'passkey', reason: `passkey_${fault}` };
      await this.#its.audit.record('sign_in.refused', { accountId: passkey?.accountId }, details);
      return { isRight: false, fault };
    }
    const { accountId, isSyncable } = passkey as KnownPasskey;
    // A key that can be copied is no hardware's; "user" was there, and was made sure of: mfa.
    const amr = [isSyncable ? 'swk' : 'hwk', 'user', 'mfa'];
    return { isRight: true, proved: { accountId, amr } };
  }

  async #faultOf(
    asked: Asked,
    assertion: Assertion | undefined,
    passkey: KnownPasskey | undefined,
  ): Promise<PasskeyFault | undefined> {
    const { ceremony, store } = this.#its;
    if (!assertion) return 'wrong';
    if (!passkey) return 'unknown';
    if (asked.accountId !== undefined && passkey.accountId !== asked.accountId) return 'unknown';
    // WebAuthn §7.2 step 6: where nobody was named beforehand the device has to.
    const handle = assertion.response.userHandle;
    if (handle === undefined ? asked.accountId === undefined : handle !== handleOf(passkey.accountId))
      return 'wrong';
    const use = await ceremony.readProof(holderOf(asked), assertion, passkey);
    if (typeof use === 'string') return use;
    return (await store.use(use, new Date(Date.now()))) ? undefined : 'copied';
  }
}

function holderOf({ step, accountId = '' }: Asked): string {
  return `proof:${step}:${accountId}`;
}
