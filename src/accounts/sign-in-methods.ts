// The ways in to one account: which there are, and how one is added or taken away. A subject at a connector belongs to one
// account, and the last way in stays: somebody without one would be locked out of their own account.
import type { Audit } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { Profile } from '../connectors/connector.ts';
import type { AccountStore } from './account-store.ts';
import { normaliseEmail } from './account.ts';
import type { IdentityStore, UsedIdentity } from './identity-store.ts';
import type { Passkey, PasskeyStore } from './passkey-store.ts';

/** What is kept of a profile when it is linked. */
export type LinkedProfile = Pick<Profile, 'subject' | 'email' | 'username'>;

export interface Method extends UsedIdentity {
  key: string;
  /** Without it there would be no way in any more. */
  isLast: boolean;
}

export interface Methods {
  hasPassword: boolean;
  /** Oldest first, as the passkeys. */
  identities: Method[];
  passkeys: (Passkey & Pick<Method, 'isLast'>)[];
}

export interface SignInMethodsOptions {
  database: Database;
  accounts: AccountStore;
  identities: IdentityStore;
  passkeys: PasskeyStore;
  audit: Audit;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
  /** Those of this installation: an identity at any other connector lets nobody in. */
  connectorIds: () => readonly string[];
}

export class SignInMethods {
  readonly #its: SignInMethodsOptions;

  constructor(options: SignInMethodsOptions) {
    this.#its = options;
  }

  async list(accountId: string): Promise<Methods> {
    const { accounts, identities, passkeys, connectorIds } = this.#its;
    const [way, linked, kept] = await Promise.all([
      accounts.findPasswordWay(accountId),
      identities.list(accountId),
      passkeys.list(accountId),
    ]);
    const hasPassword = way?.hasPassword ?? false;
    const living = connectorIds();
    const isOpen = ({ connectorId }: UsedIdentity) => living.includes(connectorId);
    const hasOther = (it: UsedIdentity) => linked.some((other) => other !== it && isOpen(other));
    return {
      hasPassword,
      identities: linked.map((identity) => ({
        ...identity,
        key: identityKey(identity.connectorId, identity.subject),
        isLast: !hasPassword && kept.length === 0 && !hasOther(identity),
      })),
      passkeys: kept.map((passkey) => ({
        ...passkey,
        isLast: !hasPassword && kept.length === 1 && !linked.some(isOpen),
      })),
    };
  }

  /**
   * 'taken': the subject belongs to another account. 'over': the session that is named by its uid has been ended; whoever ended
   * everything a moment ago took away what was linked until then, and nothing comes after. Joins the transaction under way.
   */
  async link(
    accountId: string,
    connectorId: string,
    { subject, email, username }: LinkedProfile,
    sessionUid?: string,
  ): Promise<'linked' | 'already' | 'taken' | 'over'> {
    const { database, accounts, identities, audit, isUnderWay } = this.#its;
    const identity = { connectorId, subject, accountId, email: email && normaliseEmail(email), username };
    return database.transaction(async () => {
      if (sessionUid !== undefined) {
        await accounts.findPasswordWay(accountId, { isLocked: true });
        if (!(await isUnderWay(accountId, sessionUid))) return 'over';
      }
      if (await identities.insertUnlessTaken(identity)) {
        await audit.record('identity.linked', { accountId }, { connector: connectorId });
        return 'linked';
      }
      const owner = await identities.findAccountId(connectorId, subject);
      return owner === accountId ? 'already' : 'taken';
    });
  }

  /** `key` as in `list`. */
  async unlink(accountId: string, key: string): Promise<'unlinked' | 'last' | 'missing'> {
    const { database, accounts, identities, passkeys, audit, connectorIds } = this.#its;
    return database.transaction(async () => {
      // Whoever else takes a way away from this account waits here, and then sees what is left.
      const way = await accounts.findPasswordWay(accountId, { isLocked: true });
      const linked = way ? await identities.list(accountId) : [];
      const identity = linked.find((it) => identityKey(it.connectorId, it.subject) === key);
      if (!way || !identity) return 'missing';
      const hasOtherWay = way.hasPassword || (await passkeys.count(accountId)) > 0;
      const ways = { hasOtherWay, connectorIds: connectorIds() };
      if (!(await identities.deleteUnlessLast(identity, ways))) return 'last';
      await audit.record('identity.unlinked', { accountId }, { connector: identity.connectorId });
      return 'unlinked';
    });
  }

  /** The same for a passkey. */
  async removePasskey(accountId: string, id: string): Promise<'removed' | 'last' | 'missing'> {
    const { database, accounts, identities, passkeys, audit, connectorIds } = this.#its;
    return database.transaction(async () => {
      // As above.
      const way = await accounts.findPasswordWay(accountId, { isLocked: true });
      const kept = way ? await passkeys.list(accountId) : [];
      if (!way || !kept.some((passkey) => passkey.id === id)) return 'missing';
      const living = connectorIds();
      const isOpen = ({ connectorId }: UsedIdentity) => living.includes(connectorId);
      const hasOtherWay =
        way.hasPassword || kept.length > 1 || (await identities.list(accountId)).some(isOpen);
      if (!hasOtherWay) return 'last';
      await passkeys.delete(accountId, id);
      await audit.record('passkey.removed', { accountId }, {});
      return 'removed';
    });
  }
}

/** Names an identity in forms, where its subject has no business. */
export function identityKey(connectorId: string, subject: string): string {
  return digest(JSON.stringify([connectorId, subject])).toString('base64url');
}
