// What accounts are made of, built over one database as services.ts builds it; with cheap password hashes. Two of
// them over two databases of one test are two processes.
import { AuditStore, type AuditRow } from '../../src/audit/audit-store.ts';
import { Audit } from '../../src/audit/audit.ts';
import type { Database } from '../../src/base/database.ts';
import { PasswordHasher } from '../../src/base/password.ts';
import type { Redis } from '../../src/base/redis.ts';
import { Throttle } from '../../src/base/throttle.ts';
import { AccountStore } from '../../src/accounts/account-store.ts';
import { newAccountId, type Account } from '../../src/accounts/account.ts';
import { Attempts } from '../../src/accounts/attempts.ts';
import { IdentityStore } from '../../src/accounts/identity-store.ts';
import { NewPasswords } from '../../src/accounts/new-passwords.ts';
import { OneTimeTokenStore } from '../../src/accounts/one-time-token-store.ts';
import { RoleStore } from '../../src/accounts/role-store.ts';

export interface AccountParts {
  database: Database;
  accounts: AccountStore;
  roles: RoleStore;
  identities: IdentityStore;
  tokens: OneTimeTokenStore;
  audit: Audit;
  hasher: PasswordHasher;
  passwords: NewPasswords;
}

export const CHEAP = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

export function buildAccountParts(
  database: Database,
  hasher = new PasswordHasher({ parameters: CHEAP }),
): AccountParts {
  return {
    database,
    accounts: new AccountStore(database),
    roles: new RoleStore(database),
    identities: new IdentityStore(database),
    tokens: new OneTimeTokenStore(database),
    audit: new Audit(new AuditStore(database)),
    hasher,
    passwords: new NewPasswords({ hasher, minLength: 12, issuer: 'https://login.example.com' }),
  };
}

/** The gate ahead of passwords and codes, as one node has it. */
export function buildAttempts(database: Database, redis?: Redis): Attempts {
  return new Attempts({
    open: (name, limit, windowSeconds) => new Throttle({ database, redis, name, limit, windowSeconds }),
    audit: new Audit(new AuditStore(database)),
    countSiege: () => {},
  });
}

/** An account as administrators would make it, with a verified address unless told otherwise. */
export async function makeAccount(
  { accounts, hasher }: AccountParts,
  { password, ...fields }: { email?: string; username?: string; password?: string; emailVerified?: boolean },
): Promise<Account> {
  const id = newAccountId();
  const passwordDigest = password && (await hasher.hash(password));
  await accounts.insert({
    id,
    name: 'Ana',
    emailVerified: fields.email !== undefined,
    passwordDigest,
    ...fields,
  });
  return (await accounts.find(id)) as Account;
}

/** Newest first: what the audit knows, in short. */
export async function auditOf(
  database: Database,
): Promise<Pick<AuditRow, 'event' | 'accountId' | 'details'>[]> {
  const rows = await new AuditStore(database).list({ limit: 200 });
  return rows.map(({ event, accountId, details }) => ({ event, accountId: accountId ?? undefined, details }));
}

/** Everything that tests of accounts leave behind. */
export async function forgetAccounts(database: Database): Promise<void> {
  for (const table of ['accounts', 'roles', 'one_time_tokens', 'audit_events', 'throttles']) {
    await database.query(`delete from ${table}`);
  }
}
