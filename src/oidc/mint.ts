// Owns tokens for a person that are made outside an authorization request: who they are was proved elsewhere (polling/, JSON
// login), and what they get are the engine's own models on a grant of their own. So they die, refresh, are introspected and
// listed like all others, and outlive the browser. Whether the person may have them is for the caller to know.
import type { Client, Provider } from 'oidc-provider';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { forbidden, invalidScope } from '../base/errors.ts';
import { grantScopes } from './consent.ts';
import type { PASSWORD_LOGIN } from './grants/own-door.ts';
import type { Lifetimes } from './lifetimes.ts';
import type { CountTokenEvent } from './listeners.ts';
import { ownScopesOf, scopesOf } from './scopes.ts';

/** What the tokens come from: kept with them, in the audit and in the metrics. */
export type MintedBy = typeof PASSWORD_LOGIN | 'polling';

export interface MintInput {
  accountId: string;
  client: Client;
  /** What was asked for; what the client is not registered for is left out. */
  scope: string;
  by: MintedBy;
  /** How and when the person signed in; seconds since 1970. */
  authTime: number;
  amr?: readonly string[] | undefined;
  acr?: string | undefined;
}

/** RFC 6749 §5.1. */
export interface MintedTokens {
  access_token: string;
  /** For a client that has the grant. */
  refresh_token?: string;
  token_type: 'Bearer';
  /** Seconds. */
  expires_in: number;
  scope: string;
}

export interface MintDependencies {
  database: Database;
  accounts: AccountStore;
  audit: Audit;
  count: CountTokenEvent;
  /** The engine of now. */
  getProvider: () => Provider;
  ttl: Lifetimes;
  /** All but so many of what a person allowed a client. */
  endOldestGrantsOf: (accountId: string, clientId: string, kept: number) => Promise<void>;
}

/**
 * Of one client for one person. A person with so many machines there is not, but there are programs that sign in again and again, and
 * never out.
 */
export const MOST_SIGN_INS = 200;
/** Whoever administers signs in at the front desk itself. */
const NEVER = 'admin';

export class Mint {
  readonly #its: MintDependencies;

  constructor(dependencies: MintDependencies) {
    this.#its = dependencies;
  }

  /**
   * Which of the scopes asked for the client gets this way; those of resources it asks the engine for. Throws 400 `invalid_scope` when
   * nothing is left, 403 for a client whose tokens are bound to a key.
   */
  scopeFor(client: Client, wanted: string): string {
    const { clientId } = client;
    if (client['dpopBoundAccessTokens'] === true) {
      throw forbidden(
        'unauthorized_client',
        `Every token of "${clientId}" is bound to a key, and there is none here. Use the authorization code grant.`,
      );
    }
    const registered = ownScopesOf(client.scope);
    const scopes = [...scopesOf(wanted)].filter((scope) => registered.has(scope) && scope !== NEVER);
    if (scopes.length > 0) return scopes.join(' ');
    throw invalidScope(`The client "${clientId}" may have none of these scopes in this way.`);
  }

  /**
   * Everything joins the transaction or the unit of work under way. Throws as `scopeFor`, and, at the latest when that is stored,
   * 403 `sign_in_again` when the account is blocked or gone. Whoever ends everything of the account comes before this and is not undone, or after it and ends this too.
   */
  async mint(input: MintInput): Promise<MintedTokens> {
    const { accountId, client, by } = input;
    const { database, accounts, audit, count, endOldestGrantsOf } = this.#its;
    const scope = this.scopeFor(client, input.scope);
    const tokens = await database.gather(async () => {
      await accounts.requireUnblocked(accountId);
      await endOldestGrantsOf(accountId, client.clientId, MOST_SIGN_INS - 1);
      const issued = await this.#issue({ ...input, scope });
      await audit.record('token.issued', { accountId, clientId: client.clientId }, { grant_type: by, scope });
      return issued;
    });
    count('issued', by);
    return tokens;
  }

  async #issue({ accountId, client, scope, by, authTime, amr, acr }: MintInput): Promise<MintedTokens> {
    const { getProvider, ttl } = this.#its;
    const provider = getProvider();
    const grant = await grantScopes(provider, {
      grantId: undefined,
      accountId,
      client,
      scopes: [...scopesOf(scope)],
      resources: [],
      ttl,
    });
    const shared = { accountId, client, grantId: grant.jti, gty: by, scope };
    const signedIn = { authTime, ...(amr && { amr: [...amr] }), ...(acr !== undefined && { acr }) };
    const access = new provider.AccessToken(shared);
    // For the claims of a JWT (jwt-access-tokens.ts).
    Object.assign(access, { signedIn });
    const refresh =
      client.grantTypeAllowed('refresh_token') &&
      (await new provider.RefreshToken({ ...shared, ...signedIn }).save());
    return {
      access_token: await access.save(),
      ...(refresh && { refresh_token: refresh }),
      token_type: 'Bearer',
      expires_in: access.expiration,
      scope,
    };
  }
}
