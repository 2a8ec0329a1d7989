// The first administrator: from ADMIN_EMAIL and ADMIN_PASSWORD, or by a link that works once. Once there is one, no
// link works any more, whoever holds it; two processes that are at it at the same moment make one.
import type { Audit } from '../audit/audit.ts';
import { randomToken } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { gone, type AppError } from '../base/errors.ts';
import type { AccountStore } from './account-store.ts';
import {
  ADMINISTRATOR_PERMISSIONS,
  ADMINISTRATOR_ROLE,
  checkForm,
  newAccountId,
  type Account,
  type AccountForm,
} from './account.ts';
import type { NewPasswords } from './new-passwords.ts';
import type { OneTimeTokenStore } from './one-time-token-store.ts';
import type { RoleStore } from './role-store.ts';

export interface SetupOptions {
  database: Database;
  accounts: AccountStore;
  roles: RoleStore;
  tokens: OneTimeTokenStore;
  passwords: NewPasswords;
  audit: Audit;
}

export type AdministratorForm = AccountForm & { password: string };

const TTL_MS = 24 * 60 * 60 * 1000;

export class Setup {
  readonly #database: Database;
  readonly #accounts: AccountStore;
  readonly #roles: RoleStore;
  readonly #tokens: OneTimeTokenStore;
  readonly #passwords: NewPasswords;
  readonly #audit: Audit;

  constructor({ database, accounts, roles, tokens, passwords, audit }: SetupOptions) {
    this.#database = database;
    this.#accounts = accounts;
    this.#roles = roles;
    this.#tokens = tokens;
    this.#passwords = passwords;
    this.#audit = audit;
  }

  /**
   * At every start. Makes the administrator that the settings name; without one there, answers a new token for the
   * set-up page, and older tokens end. Throws 400 or 409 when the settings name somebody who cannot be made.
   */
  async ensureFirstAdministrator(named?: {
    email: string;
    password: string;
  }): Promise<{ setupToken?: string }> {
    if (await this.#roles.isHeld(ADMINISTRATOR_ROLE)) return {};
    if (named) {
      await this.#create(named, 'settings', () => this.#isFirst());
      return {};
    }
    const setupToken = randomToken();
    await this.#database.transaction(async () => {
      await this.#tokens.deleteAll('setup');
      await this.#tokens.insert(setupToken, 'setup', new Date(Date.now() + TTL_MS));
    });
    return { setupToken };
  }

  /** Throws 410 `setup_link_invalid`: used, superseded, too old, or there is an administrator. */
  async assertToken(token: string): Promise<void> {
    const isGood = await this.#tokens.isGood(token, 'setup', new Date(Date.now()));
    if (!isGood || (await this.#roles.isHeld(ADMINISTRATOR_ROLE))) throw linkInvalid();
  }

  /** Throws 410 as above, 400 or 409 with the field at fault; then the link still works. */
  async completeSetup(token: string, form: AdministratorForm): Promise<Account> {
    // Before the password is hashed: nobody without a link makes us do that.
    await this.assertToken(token);
    const account = await this.#create(form, 'setup', async () => {
      const isUsed = await this.#tokens.use(token, 'setup', new Date(Date.now()));
      return isUsed && this.#isFirst();
    });
    if (!account) throw linkInvalid();
    return account;
  }

  /** Undefined when `isAllowed`, asked under the lock, says so. */
  async #create(
    form: AdministratorForm,
    method: string,
    isAllowed: () => Promise<boolean>,
  ): Promise<Account | undefined> {
    const checked = checkForm(form);
    const owner = { ...checked, roles: [ADMINISTRATOR_ROLE] };
    const passwordDigest = await this.#passwords.digestOf(form.password, owner);
    const id = newAccountId();
    return this.#database.transaction(async () => {
      await this.#roles.ensure(ADMINISTRATOR_ROLE, ADMINISTRATOR_PERMISSIONS);
      await this.#roles.lock(ADMINISTRATOR_ROLE);
      if (!(await isAllowed())) return undefined;
      // Whoever runs the server vouches for the address.
      await this.#accounts.insert({ ...checked, id, emailVerified: true, passwordDigest });
      await this.#roles.setOf(id, [ADMINISTRATOR_ROLE]);
      await this.#tokens.deleteAll('setup');
      await this.#audit.record('account.created', { accountId: id }, { method });
      await this.#audit.record('setup.completed', { accountId: id }, {});
      return this.#accounts.find(id);
    });
  }

  async #isFirst(): Promise<boolean> {
    return !(await this.#roles.isHeld(ADMINISTRATOR_ROLE));
  }
}

function linkInvalid(): AppError {
  return gone(
    'setup_link_invalid',
    'This set-up link is not valid: it was used already, or a newer one was made. If there is an administrator, just sign in.',
  );
}
