// The passkeys of an account: made in a session of its holder, named, and taken away, but never the last way in. What they
// open is in passkey-sign-in.ts. That the sign-in is a recent one is for the caller to see to.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';
import type { TellOwner } from './letters.ts';
import type { PasskeyCeremony, RegistrationOptions } from './passkey-ceremony.ts';
import type { PasskeyChallengeStore } from './passkey-challenge-store.ts';
import type { Passkey, PasskeyStore } from './passkey-store.ts';
import type { SignInMethods } from './sign-in-methods.ts';

/** More devices than anybody has: each is named to the browser whenever another one is added. */
export const MOST_PASSKEYS = 20;
/** In characters. What is longer is cut: it only has to be told from its owner's others. */
export const PASSKEY_NAME_MAX_LENGTH = 60;

export interface PasskeysOptions {
  database: Database;
  accounts: AccountStore;
  store: PasskeyStore;
  challenges: PasskeyChallengeStore;
  ceremony: PasskeyCeremony;
  methods: SignInMethods;
  /** Whether the session, or the sign-in, that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
  audit: Audit;
  tellOwner: TellOwner;
}

export type AddOutcome = 'added' | 'over' | 'wrong' | 'known' | 'tooMany';

export class Passkeys {
  readonly #its: PasskeysOptions;

  constructor(options: PasskeysOptions) {
    this.#its = options;
  }

  /** Whether browsers make passkeys for our address at all. */
  get arePossible(): boolean {
    return this.#its.ceremony.isPossible;
  }

  /** Oldest first. */
  list(accountId: string): Promise<Passkey[]> {
    return this.#its.store.list(accountId);
  }

  /** What the browser is asked to make. `placeUid`: of the session or the sign-in in which that is. */
  async offer(account: Account, placeUid: string): Promise<RegistrationOptions> {
    const { ceremony, store } = this.#its;
    return ceremony.askToRegister(holderOf(account, placeUid), account, await store.list(account.id));
  }

  /** `known`: it is there already, here or at another account. Not inside a transaction. */
  async add(
    account: Account,
    { placeUid, name, answer }: { placeUid: string; name: string; answer: string },
  ): Promise<AddOutcome> {
    const { database, accounts, store, ceremony, audit, isUnderWay } = this.#its;
    const made = await ceremony.readRegistration(holderOf(account, placeUid), answer);
    if (typeof made === 'string') return made;
    return database.transaction<AddOutcome>(async () => {
      const way = await accounts.findPasswordWay(account.id, { isLocked: true });
      if (!way || way.isBlocked) return 'over';
      // Whoever ended everything a moment ago took away what was added until then: nothing comes after.
      if (!(await isUnderWay(account.id, placeUid))) return 'over';
      if ((await store.count(account.id)) >= MOST_PASSKEYS) return 'tooMany';
      const passkey = { ...made, accountId: account.id, name: cleanName(name) };
      if (!(await store.insertUnlessKnown(passkey, new Date(Date.now())))) return 'known';
      await audit.record('passkey.added', { accountId: account.id }, {});
      await this.#its.tellOwner(account, { kind: 'passkeyAdded' });
      return 'added';
    });
  }

  async rename(account: Account, id: string, name: string): Promise<'renamed' | 'empty' | 'missing'> {
    const clean = cleanName(name);
    if (clean === '') return 'empty';
    return (await this.#its.store.rename(account.id, id, clean)) ? 'renamed' : 'missing';
  }

  /** Not inside a transaction. */
  async remove(account: Account, id: string): Promise<'removed' | 'last' | 'missing'> {
    const { database, methods } = this.#its;
    return database.transaction(async () => {
      const outcome = await methods.removePasskey(account.id, id);
      if (outcome === 'removed') await this.#its.tellOwner(account, { kind: 'passkeyRemoved' });
      return outcome;
    });
  }

  deleteExpired(): Promise<number> {
    return this.#its.challenges.deleteExpired(new Date(Date.now()));
  }
}

/** As it is kept: one line, and no longer than anybody reads. */
export function cleanName(name: string): string {
  const letters = Array.from(name.replaceAll(/\p{C}+/gu, ' ').trim());
  return letters.slice(0, PASSKEY_NAME_MAX_LENGTH).join('');
}

function holderOf({ id }: Account, placeUid: string): string {
  return `registration:${id}:${placeUid}`;
}
