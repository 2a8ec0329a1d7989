// Everything that is kept about a person, for the person (LGPD art. 18, GDPR art. 15 and 20): one JSON document, written bit by bit,
// because a history can be long. No secret and no digest of one is in it: it would be of use to thieves alone.
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { IdentityStore } from '../accounts/identity-store.ts';
import type { Passkeys } from '../accounts/passkeys.ts';
import type { SecondFactors } from '../accounts/second-factors.ts';
import type { AuditRow, AuditStore } from '../audit/audit-store.ts';
import type { Presence } from './presence.ts';

export interface OwnDataDependencies {
  accounts: AccountStore;
  identities: IdentityStore;
  presence: Presence;
  auditStore: AuditStore;
  secondFactors: SecondFactors;
  passkeys: Passkeys;
  listPersonalTokens: (accountId: string) => Promise<readonly KeptToken[]>;
}

/** A personal token as far as it is kept in clear. */
export interface KeptToken {
  name: string;
  scope: string;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | undefined;
}

const PAGE = 500;

export class OwnData {
  readonly #its: OwnDataDependencies;

  constructor(dependencies: OwnDataDependencies) {
    this.#its = dependencies;
  }

  /** The document in pieces. What is short is read before this returns, so that a fault is still an answer of its own. */
  async write(account: Account): Promise<AsyncGenerator<string>> {
    const { accounts, identities, passkeys, presence, secondFactors } = this.#its;
    const [digest, factors, ways, keys, sessions, programs, tokens] = await Promise.all([
      accounts.findPasswordDigest(account.id),
      secondFactors.describe(account.id),
      identities.list(account.id),
      passkeys.list(account.id),
      presence.listSessions(account.id),
      presence.listPrograms(account.id),
      this.#its.listPersonalTokens(account.id),
    ]);
    const facts = {
      written_at: new Date(Date.now()),
      account: documentOf(account),
      // That there is one; it is kept as nothing but a digest.
      password: digest !== undefined,
      authenticator_app: factors.appSince ? { added_at: factors.appSince } : null,
      recovery_codes: factors.recoveryCodes,
      identities: ways.map(({ connectorId, subject, email, username, createdAt, lastUsedAt }) => ({
        connector: connectorId,
        subject,
        email: email ?? null,
        username: username ?? null,
        created_at: createdAt,
        last_used_at: lastUsedAt,
      })),
      passkeys: keys.map(({ name, isSynced, createdAt, lastUsedAt }) => ({
        name,
        synced: isSynced,
        created_at: createdAt,
        last_used_at: lastUsedAt ?? null,
      })),
      sessions: sessions.map((session) => ({
        signed_in_at: session.signedInAt ?? null,
        last_seen_at: session.lastSeenAt ?? null,
        expires_at: session.expiresAt,
        address: session.address ?? null,
        agent: session.agent ?? null,
        clients: session.clientIds,
      })),
      programs: programs.map((program) => ({
        client_id: program.clientId,
        name: program.name,
        scopes: program.scopes,
        resources: program.resources,
        grants: program.grants,
        allowed_at: program.allowedAt ?? null,
        last_used_at: program.lastUsedAt ?? null,
      })),
      personal_tokens: tokens.map(({ name, scope, createdAt, expiresAt, lastUsedAt }) => ({
        name,
        scope,
        created_at: createdAt,
        expires_at: expiresAt,
        last_used_at: lastUsedAt ?? null,
      })),
    };
    return this.#pieces(account.id, facts);
  }

  async *#pieces(accountId: string, facts: object): AsyncGenerator<string> {
    // The brace at the end stays open for the history.
    yield `${JSON.stringify(facts, undefined, 2).slice(0, -2)},\n  "history": [`;
    let isFirst = true;
    for (let before: string | undefined; ;) {
      const rows = await this.#its.auditStore.list({
        accountId,
        limit: PAGE,
        ...(before !== undefined && { before }),
      });
      if (rows.length > 0) {
        yield `${isFirst ? '' : ','}\n${rows.map((row) => `    ${JSON.stringify(happeningOf(row))}`).join(',\n')}`;
        isFirst = false;
      }
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) break;
      before = last.id;
    }
    yield '\n  ]\n}\n';
  }
}

function documentOf(account: Account): object {
  return {
    oauth_id: account.id,
    name: account.name,
    username: account.username ?? null,
    email: account.email ?? null,
    email_verified: account.emailVerified,
    picture: account.picture ?? null,
    locale: account.locale ?? null,
    tier: account.tier,
    roles: account.roles,
    permissions: account.permissions,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
  };
}

function happeningOf(row: AuditRow): object {
  // Where an administrator sits is theirs to know.
  const isByAnother = Boolean(row.actorId) && row.actorId !== row.accountId;
  return {
    occurred_at: row.occurredAt,
    event: row.event,
    client_id: row.clientId ?? null,
    ...(isByAnother && { by: 'an administrator' }),
    address: isByAnother ? null : (row.address ?? null),
    agent: isByAnother ? null : (row.agent ?? null),
    details: row.details,
  };
}
