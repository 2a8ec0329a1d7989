// What administrators do with accounts; the one function behind the command, the API and the page of each. Whether
// the caller may is decided there. Ending what an account holds in the engine is the engine's business: it is
// handed in, and runs in the same transaction.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { conflict, invalidRequest, notFound, type AppError } from '../base/errors.ts';
import { emailTaken, type AccountFields, type AccountStore } from './account-store.ts';
import {
  ADMINISTRATOR_PERMISSIONS,
  ADMINISTRATOR_ROLE,
  assertField,
  checkForm,
  isAccountId,
  nameFault,
  newAccountId,
  usernameFault,
  type Account,
  type AccountForm,
} from './account.ts';
import type { NewPasswords } from './new-passwords.ts';
import type { RoleStore } from './role-store.ts';

export interface AdministrationOptions<Session> {
  database: Database;
  accounts: AccountStore;
  roles: RoleStore;
  passwords: NewPasswords;
  audit: Audit;
  /** Removes sessions, grants and tokens of an account. */
  endEverything: (accountId: string) => Promise<void>;
  listSessions: (accountId: string) => Promise<Session[]>;
}

export interface NewAccountForm extends AccountForm {
  roles?: readonly string[] | undefined;
  tier?: string | undefined;
  /** True when somebody vouches for the address: its holder may sign in with it. */
  emailVerified?: boolean | undefined;
}

export interface AccountChanges {
  name?: string | undefined;
  username?: string | undefined;
  /** Somebody vouches for the address; it cannot be taken back. */
  emailVerified?: true | undefined;
  tier?: string | undefined;
  /** A language tag (BCP 47), or none any more. */
  locale?: string | null | undefined;
  /** Takes it away. */
  picture?: null | undefined;
  /** All of them: what is not named here is taken away. */
  roles?: readonly string[] | undefined;
  /** Ends every session and token. */
  password?: string | undefined;
}

const PAGE_MAX = 200;
/** BCP 47, as far as its form goes. */
const LOCALE = /^[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}$/i;
const TIER = /^[a-z0-9._-]{1,64}$/i;

export class Administration<Session = unknown> {
  readonly #database: Database;
  readonly #accounts: AccountStore;
  readonly #roles: RoleStore;
  readonly #passwords: NewPasswords;
  readonly #audit: Audit;
  readonly #endEverything: (accountId: string) => Promise<void>;
  readonly #listSessions: (accountId: string) => Promise<Session[]>;

  constructor(options: AdministrationOptions<Session>) {
    this.#database = options.database;
    this.#accounts = options.accounts;
    this.#roles = options.roles;
    this.#passwords = options.passwords;
    this.#audit = options.audit;
    this.#endEverything = options.endEverything;
    this.#listSessions = options.listSessions;
  }

  /** Throws 400 or 409 with the field at fault. `method` is for the audit: by which door. */
  async create(form: NewAccountForm, method = 'administration'): Promise<Account> {
    const { roles = [], tier, emailVerified = false } = form;
    const checked = checkForm(form);
    assertTier(tier);
    const { password } = checked;
    const passwordDigest = password && (await this.#passwords.digestOf(password, { ...checked, roles }));
    const id = newAccountId();
    return this.#database.transaction(async () => {
      await this.#assertRoles(roles);
      if (await this.#accounts.findByEmail(checked.email)) throw emailTaken();
      await this.#accounts.insert({ ...checked, id, emailVerified, tier, passwordDigest });
      await this.#roles.setOf(id, roles);
      await this.#audit.record('account.created', { accountId: id }, { method });
      return this.get(id);
    });
  }

  /** Newest first. `next` is what `before` has to be for the next page. */
  async list(
    page: { before?: string | undefined; limit?: number } = {},
  ): Promise<{ accounts: Account[]; next?: string }> {
    const { before } = page;
    if (before !== undefined && !isAccountId(before)) throw invalidRequest('There is no such page.');
    const limit = Math.min(Math.max(1, page.limit ?? 50), PAGE_MAX);
    const rows = await this.#accounts.list({ before, limit: limit + 1 });
    const accounts = rows.slice(0, limit);
    const last = accounts.at(-1);
    return rows.length > limit && last ? { accounts, next: last.id } : { accounts };
  }

  /** By id, e-mail address or username. Throws 404. */
  async get(who: string): Promise<Account> {
    const account = await this.#find(who);
    if (!account) {
      throw notFound(`There is no such account: "${who}". List them with: npx portaria users list`);
    }
    return account;
  }

  /** Changes what is given. Throws 400 or 409 with the field at fault. Not inside a transaction. */
  async update(who: string, { password, ...changes }: AccountChanges): Promise<Account> {
    const { roles } = changes;
    const fields = namesOf({ ...changes, password });
    const before = await this.get(who);
    const { id } = before;
    const checked = checkChanges(changes);
    const passwordDigest = password === undefined ? undefined : await this.#hash(password, before, changes);
    return this.#database.transaction(async () => {
      const account = await this.#getHeld(id);
      if (changes.emailVerified && account.email === undefined) throw noAddress();
      if (roles) {
        await this.#assertRoles(roles);
        if (!roles.includes(ADMINISTRATOR_ROLE)) await this.#keepAnAdministrator(account);
        await this.#roles.setOf(id, roles);
      }
      await this.#accounts.update(id, { ...checked, passwordDigest });
      if (passwordDigest) await this.#endEverything(id);
      await this.#audit.record('account.updated', { accountId: id }, { fields });
      return this.get(id);
    });
  }

  /** Nothing that the account holds works any more. Blocking twice changes nothing. */
  async block(id: string): Promise<Account> {
    return this.#database.transaction(async () => {
      const account = await this.#getHeld(id);
      await this.#keepAnAdministrator(account);
      if (await this.#accounts.block(account.id)) {
        await this.#endEverything(account.id);
        await this.#audit.record('account.blocked', { accountId: account.id }, {});
      }
      return this.get(account.id);
    });
  }

  async unblock(id: string): Promise<Account> {
    return this.#database.transaction(async () => {
      const account = await this.get(id);
      if (await this.#accounts.unblock(account.id)) {
        await this.#audit.record('account.unblocked', { accountId: account.id }, {});
      }
      return this.get(account.id);
    });
  }

  /** For good: the id is never used again. */
  async delete(id: string): Promise<void> {
    await this.#database.transaction(async () => {
      const account = await this.#getHeld(id);
      await this.#keepAnAdministrator(account);
      await this.#endEverything(account.id);
      if (await this.#accounts.delete(account.id)) {
        await this.#audit.record('account.deleted', { accountId: account.id }, {});
      }
    });
  }

  async listSessions(id: string): Promise<Session[]> {
    return this.#listSessions((await this.get(id)).id);
  }

  /** Everywhere: browsers, programs and services. */
  async signOut(id: string): Promise<void> {
    await this.#database.transaction(async () => {
      const account = await this.#getHeld(id);
      await this.#endEverything(account.id);
      await this.#audit.record('account.signed_out', { accountId: account.id }, {});
    });
  }

  /**
   * Whoever is about to give this person a token, or a role, waits here, and then finds that everything has ended; or has given it, and
   * it is seen. Throws 404.
   */
  async #getHeld(who: string): Promise<Account> {
    const { id } = await this.get(who);
    await this.#accounts.findPasswordWay(id, { isLocked: true });
    return this.get(id);
  }

  /** Throws 400 for a password that this account may not have once it is changed. */
  #hash(password: string, account: Account, { username, roles }: AccountChanges): Promise<string> {
    const owner = { ...account, username: username ?? account.username, roles: roles ?? account.roles };
    return this.#passwords.digestOf(password, owner);
  }

  /** An id is never taken for the username that somebody chose to look like one. */
  #find(who: string): Promise<Account | undefined> {
    const id = who.toLowerCase();
    if (isAccountId(id)) return this.#accounts.find(id);
    return who.includes('@') ? this.#accounts.findByEmail(who) : this.#accounts.findByUsername(who);
  }

  async #assertRoles(roles: readonly string[]): Promise<void> {
    if (roles.includes(ADMINISTRATOR_ROLE)) {
      await this.#roles.ensure(ADMINISTRATOR_ROLE, ADMINISTRATOR_PERMISSIONS);
    }
    const missing = await this.#roles.findMissing(roles);
    if (missing.length > 0)
      throw invalidRequest(`There is no role ${missing.join(', ')}.`, { field: 'roles' });
  }

  /** Two administrators who remove each other at the same moment must not both succeed. */
  async #keepAnAdministrator(account: Account): Promise<void> {
    if (!account.roles.includes(ADMINISTRATOR_ROLE)) return;
    await this.#roles.lock(ADMINISTRATOR_ROLE);
    if (await this.#roles.isHeldBesides(ADMINISTRATOR_ROLE, account.id)) return;
    throw conflict('This is the only administrator. Make somebody else one first.');
  }
}

/** As they are stored. Throws 400 with the field at fault. */
function checkChanges(changes: AccountChanges): AccountFields {
  const { name, username, emailVerified, tier, locale, picture } = changes;
  if (name !== undefined) assertField('name', nameFault(name));
  if (username !== undefined) assertField('username', usernameFault(username));
  assertTier(tier);
  assertLocale(locale);
  return { name: name?.trim(), username, emailVerified, tier, locale, picture };
}

function namesOf(changes: AccountChanges): string[] {
  return Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field]));
}

function noAddress(): AppError {
  return invalidRequest('This account has no e-mail address that could be verified.', { field: 'email' });
}

function assertTier(tier: string | undefined): void {
  if (tier === undefined || TIER.test(tier)) return;
  throw invalidRequest('A tier has up to 64 letters, digits, dots, hyphens and underscores.', {
    field: 'tier',
  });
}

function assertLocale(locale: string | null | undefined): void {
  if (locale === undefined || locale === null || LOCALE.test(locale)) return;
  throw invalidRequest('A language is a tag such as en or pt-BR.', { field: 'locale' });
}
