// The only place that says whose account an upstream's person is, and that makes an account out of one. A person is
// known by connector and subject, never by an address: a verified address that belongs to somebody ends in a refusal,
// since whoever proves an address elsewhere has not proved to be its account's holder here. How they do: linking.ts.
import { randomBytes } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { AppError, forbidden } from '../base/errors.ts';
import type { Profile } from '../connectors/connector.ts';
import type { AccountStore } from './account-store.ts';
import {
  domainOf,
  emailFault,
  newAccountId,
  normaliseEmail,
  usernameFault,
  type Account,
} from './account.ts';
import type { IdentityStore } from './identity-store.ts';
import type { OneTimeTokenStore } from './one-time-token-store.ts';

/** Who may become a new account, by any way of signing in. */
export interface SignUpRules {
  policy: 'open' | 'invite' | 'closed';
  /** Domains of verified addresses; empty: any. */
  domains: readonly string[];
  /** Members of one of them; empty: anybody. For those who come from GitHub. */
  githubOrgs: readonly string[];
}

export interface SignInOptions {
  database: Database;
  accounts: AccountStore;
  identities: IdentityStore;
  tokens: OneTimeTokenStore;
  audit: Audit;
  signUp: SignUpRules;
}

const NAME_MAX_LENGTH = 200;
const GITHUB = 'github';

export class SignIn {
  readonly #database: Database;
  readonly #accounts: AccountStore;
  readonly #identities: IdentityStore;
  readonly #tokens: OneTimeTokenStore;
  readonly #audit: Audit;
  readonly #signUp: SignUpRules;

  constructor({ database, accounts, identities, tokens, audit, signUp }: SignInOptions) {
    this.#database = database;
    this.#accounts = accounts;
    this.#identities = identities;
    this.#tokens = tokens;
    this.#audit = audit;
    this.#signUp = signUp;
  }

  /**
   * The account of whom a connector vouches for, made now if there is none. Throws 403: `account_blocked`,
   * `sign_up_closed`, `no_verified_email`, `account_exists`. `sign_in.succeeded` is recorded with the session, not here.
   */
  async withIdentity(connectorId: string, profile: Profile): Promise<Account> {
    const known = await this.#findKnown(connectorId, profile);
    if (known) return known;
    // Whoever has an account is not new here, whatever the rules for newcomers.
    if (await this.#isTaken(profile)) {
      // Perhaps their own, made in another tab since we looked.
      const meanwhile = await this.#findKnown(connectorId, profile);
      if (meanwhile) return meanwhile;
      throw await this.#refused(connectorId, accountExists());
    }
    const refusal = this.#refusalOf(connectorId, profile, await this.#isInvited(profile));
    if (refusal) throw await this.#refused(connectorId, refusal);
    return this.#create(connectorId, profile);
  }

  async #findKnown(connectorId: string, { subject }: Profile): Promise<Account | undefined> {
    const ownerId = await this.#identities.findAccountId(connectorId, subject);
    // As with a password: first how the account is, then that the identity is still its own.
    if (ownerId) await this.#accounts.requireUnchanged(await this.#accounts.findDeviceOwner(ownerId));
    const accountId = ownerId && (await this.#identities.findUsed(connectorId, subject));
    const account = accountId && (await this.#accounts.find(accountId));
    if (!account) return undefined;
    if (account.blockedAt) throw await this.#refused(connectorId, accountBlocked(), account.id);
    return account;
  }

  async #isTaken(profile: Profile): Promise<boolean> {
    const email = verifiedEmailOf(profile);
    return email !== undefined && (await this.#accounts.findCredentialsByVerifiedEmail(email)) !== undefined;
  }

  /** An invitation to an address is also good for whoever has it confirmed elsewhere: both read the same mailbox. */
  async #isInvited(profile: Profile): Promise<boolean> {
    const email = verifiedEmailOf(profile);
    if (this.#signUp.policy !== 'invite' || email === undefined) return false;
    return this.#tokens.isMailed(email, 'invitation', new Date(Date.now()));
  }

  #refusalOf(connectorId: string, profile: Profile, isInvited: boolean): AppError | undefined {
    const { policy, domains, githubOrgs } = this.#signUp;
    if (policy !== 'open' && !isInvited) return signUpClosed();
    if (domains.length > 0) {
      const email = verifiedEmailOf(profile);
      if (!email) return noVerifiedEmail();
      if (!includesText(domains, domainOf(email))) return signUpClosed();
    }
    const isStranger = !profile.organizations?.some((organization) => includesText(githubOrgs, organization));
    return connectorId === GITHUB && githubOrgs.length > 0 && isStranger ? signUpClosed() : undefined;
  }

  async #create(connectorId: string, profile: Profile): Promise<Account> {
    for (const username of usernamesFor(profile)) {
      try {
        return await this.#insert(connectorId, profile, username);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
        // The same person at the same moment, in another tab and perhaps another process: one of us was first.
        const known = await this.#findKnown(connectorId, profile);
        if (known) return known;
        if (error.field === 'email') throw await this.#refused(connectorId, accountExists());
        if (error.field !== 'username') throw error;
      }
    }
    throw new Error('an account without a username cannot have one that is taken');
  }

  #insert(connectorId: string, profile: Profile, username: string | undefined): Promise<Account> {
    const id = newAccountId();
    const email = verifiedEmailOf(profile);
    return this.#database.transaction(async () => {
      await this.#accounts.insert({
        id,
        username,
        name: profile.name.slice(0, NAME_MAX_LENGTH),
        email,
        emailVerified: email !== undefined,
        picture: profile.picture,
        locale: profile.locale,
      });
      await this.#identities.insert({
        connectorId,
        subject: profile.subject,
        accountId: id,
        email,
        username: profile.username,
      });
      await this.#audit.record('account.created', { accountId: id }, { method: connectorId });
      await this.#audit.record('identity.linked', { accountId: id }, { connector: connectorId });
      return (await this.#accounts.find(id)) as Account;
    });
  }

  /** Records a refusal and gives it back, to be thrown. */
  async #refused(method: string, refusal: AppError, accountId?: string): Promise<AppError> {
    await this.#audit.record('sign_in.refused', { accountId }, { method, reason: refusal.code });
    return refusal;
  }
}

/** An address that the upstream confirmed and that is one by our rules. */
export function verifiedEmailOf({ email, emailVerified }: Profile): string | undefined {
  return email && emailVerified && !emailFault(email) ? normaliseEmail(email) : undefined;
}

/** The upstream's name for the person, or one like it, or none. */
function usernamesFor({ username }: Profile): (string | undefined)[] {
  if (!username || usernameFault(username)) return [undefined];
  const similar = `${username}-${randomBytes(2).toString('hex')}`;
  return usernameFault(similar) ? [username, undefined] : [username, similar, undefined];
}

export function includesText(list: readonly string[], text: string): boolean {
  return list.some((item) => item.toLowerCase() === text.toLowerCase());
}

export function accountBlocked(): AppError {
  return forbidden('account_blocked', 'This account is blocked. Ask an administrator to open it again.');
}

export function signUpClosed(): AppError {
  return forbidden(
    'sign_up_closed',
    'There is no account here that belongs to this sign-in, and new ones are not open to everyone. Ask an administrator.',
  );
}

function noVerifiedEmail(): AppError {
  return forbidden(
    'no_verified_email',
    'The service that you signed in with did not give us an e-mail address that it has confirmed. Confirm it there and try again.',
  );
}

export function accountExists(): AppError {
  return forbidden(
    'account_exists',
    'There is already an account with your e-mail address. Sign in the way you did before; further ways to sign in are added on the account page.',
  );
}

/** For whoever is not signed in any more, or not surely enough. */
export function sessionOver(): AppError {
  return forbidden('sign_in_again', 'Sign in and send the form once more. Nothing was changed.');
}
