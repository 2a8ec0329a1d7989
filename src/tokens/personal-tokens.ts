// Owns the tokens that people make for themselves, to paste into a program: access tokens of the engine under an id of ours,
// each on a grant of its own. They live and die as every token of their owner does. That the sign-in in which one is made is
// recent and sure enough is for the caller to see to.
import type { Provider } from 'oidc-provider';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { SendLetter, TellOwner } from '../accounts/letters.ts';
import { cleanName } from '../accounts/passkeys.ts';
import type { Audit } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { invalidRequest, notFound } from '../base/errors.ts';
import { PERSONAL_TOKEN_CLIENT_ID } from '../oidc/client.ts';
import { PERSONAL_SCOPES } from '../oidc/scopes.ts';
import type { PersonalToken, PersonalTokenStore } from './personal-token-store.ts';
import { makePrefixedToken } from './prefixed-token.ts';
import { fingerprintOf } from './service-token-store.ts';
import { saveAs } from './service-tokens.ts';

/** More than anybody looks after. */
export const MOST_PERSONAL_TOKENS = 50;
/** For how many days one may live: there is none without an end. */
export const PERSONAL_TOKEN_DAYS = [7, 30, 90, 365] as const;

export interface PersonalTokenInput {
  /** Of the session in which it is made. */
  sessionUid: string;
  name: string;
  scopes: readonly string[];
  days: number;
}

export interface NewPersonalToken {
  /** In clear, this once. */
  token: string;
  name: string;
  scopes: readonly string[];
  expiresAt: Date;
}

export type PersonalTokenFault = 'nameEmpty' | 'noScope' | 'tooMany' | 'over';

export interface PersonalTokensDependencies {
  database: Database;
  store: PersonalTokenStore;
  accounts: AccountStore;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
  /** The engine of now. */
  getProvider: () => Provider;
  audit: Audit;
  tellOwner: TellOwner;
  sendLetter: SendLetter;
  issuer: string;
}

const DAY_SECONDS = 86_400;
/** One that lives no longer than that ends before anybody has forgotten it: nobody is told. */
const WARNED_BEFORE_SECONDS = 7 * DAY_SECONDS;
const WARNED_AT_ONCE = 100;

export class PersonalTokens {
  readonly #its: PersonalTokensDependencies;

  constructor(dependencies: PersonalTokensDependencies) {
    this.#its = dependencies;
  }

  /** `over`: the session has ended meanwhile. Throws 400 for what no form of ours offers. Not inside a transaction. */
  async make(account: Account, input: PersonalTokenInput): Promise<NewPersonalToken | PersonalTokenFault> {
    const { database, accounts, store, audit, isUnderWay, tellOwner } = this.#its;
    const name = cleanName(input.name);
    const scopes = PERSONAL_SCOPES.filter((scope) => input.scopes.includes(scope));
    if (input.scopes.some((scope) => !PERSONAL_SCOPES.some((known) => known === scope))) {
      throw invalidRequest(`A personal token may have: ${PERSONAL_SCOPES.join(' ')}.`, { field: 'scope' });
    }
    if (!PERSONAL_TOKEN_DAYS.some((days) => days === input.days)) {
      throw invalidRequest(`A personal token lives ${PERSONAL_TOKEN_DAYS.join(', ')} days.`, {
        field: 'days',
      });
    }
    if (name === '') return 'nameEmpty';
    if (scopes.length === 0) return 'noScope';
    const token = makePrefixedToken('ptr_pat_');
    return database.transaction(async () => {
      const way = await accounts.findPasswordWay(account.id, { isLocked: true });
      if (!way || way.isBlocked) return 'over';
      // Whoever ended everything a moment ago ended what was there until then: nothing comes after.
      if (!(await isUnderWay(account.id, input.sessionUid))) return 'over';
      if ((await store.count(account.id)) >= MOST_PERSONAL_TOKENS) return 'tooMany';
      const seconds = input.days * DAY_SECONDS;
      const expiresAt = new Date(Date.now() + seconds * 1000);
      await this.#save(account.id, token, scopes.join(' '), seconds);
      const isWarned = seconds > WARNED_BEFORE_SECONDS;
      const warnAt = new Date(expiresAt.getTime() - WARNED_BEFORE_SECONDS * 1000);
      await store.name(token, name, isWarned ? warnAt : undefined);
      await audit.record(
        'personal_token.created',
        { accountId: account.id },
        {
          fingerprint: fingerprintOf(digest(token)),
          scope: scopes.join(' '),
          expires_at: expiresAt.toISOString(),
        },
      );
      await tellOwner(account, { kind: 'personalTokenMade' });
      return { token, name, scopes, expiresAt };
    });
  }

  /** Living ones, the newest first. */
  list(accountId: string): Promise<PersonalToken[]> {
    return this.#its.store.list(accountId);
  }

  /** Throws 404 when the person has no such token. */
  async revoke(accountId: string, fingerprint: string): Promise<void> {
    const { database, store, audit } = this.#its;
    await database.transaction(async () => {
      if (!(await store.delete(accountId, fingerprint))) {
        throw notFound('This token has ended already. Load the list again.');
      }
      await audit.record('personal_token.revoked', { accountId }, { fingerprint });
    });
  }

  /** Tells the owners of tokens that end within a week, each of them once. */
  async warnOfEnds(): Promise<void> {
    while ((await this.#its.database.transaction(() => this.#warnSome())) === WARNED_AT_ONCE);
  }

  async #warnSome(): Promise<number> {
    const { accounts, issuer, sendLetter, store } = this.#its;
    const { taken, living } = await store.takeEnding(new Date(Date.now()), WARNED_AT_ONCE);
    for (const { accountId, name: tokenName, expiresAt } of living) {
      const account = await accounts.find(accountId);
      if (!account?.email || !account.emailVerified || account.blockedAt) continue;
      const { email, name, locale } = account;
      const link = `${issuer}/account/tokens`;
      await sendLetter(
        { email, name, locale },
        { kind: 'personalTokenExpiring', name: tokenName, expiresAt, link },
      );
    }
    return taken;
  }

  async #save(accountId: string, token: string, scope: string, seconds: number): Promise<void> {
    const provider = this.#its.getProvider();
    const client = await provider.Client.find(PERSONAL_TOKEN_CLIENT_ID);
    if (!client) throw new Error('the built-in client of personal tokens is missing');
    const grant = new provider.Grant({ accountId, clientId: client.clientId });
    grant.addOIDCScope(scope);
    grant.exp = Math.floor(Date.now() / 1000) + seconds;
    const grantId = await grant.save();
    const model = new provider.AccessToken({ accountId, client, grantId, scope } as never);
    await saveAs(token, model, seconds);
  }
}
