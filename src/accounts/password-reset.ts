// A new password for whoever reads the mailbox of an account (NIST SP 800-63B-4 §4.2). The link is good once and for a
// while; using it ends every session, every token and every other link of the account.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { AccountStore } from './account-store.ts';
import { assertField, emailFault, normaliseEmail, type Account } from './account.ts';
import type { SendLetter, TellOwner } from './letters.ts';
import { linkExpired, type MailedLinks } from './mailed-links.ts';
import type { NewPasswords } from './new-passwords.ts';
import type { MailedLink, OneTimeTokenStore } from './one-time-token-store.ts';
import { isAdministrative } from './permissions.ts';

export interface PasswordResetOptions {
  database: Database;
  accounts: AccountStore;
  tokens: OneTimeTokenStore;
  links: MailedLinks;
  passwords: NewPasswords;
  audit: Audit;
  sendLetter: SendLetter;
  tellOwner: TellOwner;
  issuer: string;
  /** How long a link works. */
  lifeSeconds: number;
  /** Removes sessions, grants and tokens of an account. */
  endEverything: (accountId: string) => Promise<void>;
}

/** Who asks, from where. */
export interface Asker {
  /** An IP address. */
  address: string;
  locale: string;
}

interface SentLink {
  account: Account;
  token: string;
}

const PURPOSE = ['password_reset'] as const;

export class PasswordReset {
  readonly #its: PasswordResetOptions;

  constructor(options: PasswordResetOptions) {
    this.#its = options;
  }

  /**
   * Sends a link if an account has this address and proved it; whoever asks learns nothing of that. Throws 400 for what
   * is no address, 429 when too much was asked from where this comes, 503.
   */
  async request(email: string, { address, locale }: Asker): Promise<void> {
    assertField('email', emailFault(email));
    await this.#its.links.ask(address, { kind: 'password_reset', email: normaliseEmail(email), locale });
  }

  /**
   * The same for whoever runs the server on their own machine: the mail is written at once, and its secret told. Undefined for an
   * address of nobody, and of whoever administers, whose account is worth more than the way to the folder with the mails.
   */
  async requestAtHome(email: string, { address, locale }: Asker): Promise<string | undefined> {
    assertField('email', emailFault(email));
    await this.#its.links.countRequest(address);
    const sent = await this.#send({ email: normaliseEmail(email), locale });
    return sent && !isAdministrative(sent.account) ? sent.token : undefined;
  }

  /** The account that the link is for. Throws 410 `link_expired`; the link goes on working. */
  async check(token: string): Promise<{ account: Account; passwordMinLength: number }> {
    const account = await this.#accountOf(await this.#its.links.check(token, PURPOSE));
    return { account, passwordMinLength: this.#its.passwords.minLengthFor(account.roles) };
  }

  /**
   * Answers the id of the account. Throws 410 as above, and 400 with the field at fault; then the link still works. Not
   * inside a transaction.
   */
  async complete(token: string, password: string): Promise<string> {
    const { database, accounts, tokens, links, passwords, audit, tellOwner, endEverything } = this.#its;
    // Before anything is hashed: nobody without a link makes us do that.
    const { account } = await this.check(token);
    passwords.assertLength(password, account.roles);
    await links.countTry(token);
    const passwordDigest = await passwords.digestOf(password, account);
    await database.transaction(async () => {
      const owner = await this.#accountOf(await links.use(token, PURPOSE));
      const { id } = owner;
      await accounts.update(id, { passwordDigest });
      await endEverything(id);
      await tokens.endMailedOf(id, new Date(Date.now()));
      await audit.record('account.password_changed', { accountId: id }, { method: 'reset' });
      await tellOwner(owner, { kind: 'passwordChanged' });
    });
    return account.id;
  }

  /** What was asked for, once whoever asked was answered. */
  async sendLink(request: { email: string; locale: string }): Promise<void> {
    await this.#send(request);
  }

  async #send({ email, locale }: { email: string; locale: string }): Promise<SentLink | undefined> {
    const { database, accounts, links, audit, sendLetter, issuer, lifeSeconds } = this.#its;
    return database.transaction(async () => {
      const account = (await accounts.findCredentialsByVerifiedEmail(email))?.account;
      if (!account || account.blockedAt) return undefined;
      const token = await links.make(
        { purpose: 'password_reset', email, accountId: account.id },
        lifeSeconds,
      );
      if (token === undefined) return undefined;
      await audit.record('account.password_reset_requested', { accountId: account.id }, {});
      const { name, locale: own } = account;
      const link = `${issuer}/reset-password/open?token=${token}`;
      await sendLetter({ email, name, locale: own ?? locale }, { kind: 'passwordReset', link, lifeSeconds });
      return { account, token };
    });
  }

  /** The link proves a mailbox: it is of no use once the account has another, or is blocked, or gone. */
  async #accountOf({ accountId, email }: MailedLink): Promise<Account> {
    const account = accountId === undefined ? undefined : await this.#its.accounts.find(accountId);
    const isTheirs = account?.emailVerified && normaliseEmail(account.email ?? '') === email;
    if (!account || !isTheirs || account.blockedAt) throw linkExpired();
    return account;
  }
}
