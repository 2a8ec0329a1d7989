// How a stranger with a mailbox becomes an account with a password. The address comes first and a link goes to it; name and
// password are chosen behind the link. So nobody makes an account for an address that they cannot read, nobody's password
// waits for the wrong person, and the pages before the link say the same whether there is an account or not.
// An invitation is the same link, sent by an administrator.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { AppError, invalidRequest } from '../base/errors.ts';
import { emailTaken, type AccountStore } from './account-store.ts';
import {
  assertField,
  checkForm,
  domainOf,
  emailFault,
  newAccountId,
  normaliseEmail,
  type Account,
} from './account.ts';
import type { SendLetter } from './letters.ts';
import type { MailedLinks } from './mailed-links.ts';
import type { NewPasswords } from './new-passwords.ts';
import type { MailedLink, MailedPurpose, OneTimeTokenStore } from './one-time-token-store.ts';
import type { Asker } from './password-reset.ts';
import { accountExists, includesText, signUpClosed, type SignUpRules } from './sign-in.ts';

export interface SignUpOptions {
  database: Database;
  accounts: AccountStore;
  tokens: OneTimeTokenStore;
  links: MailedLinks;
  passwords: NewPasswords;
  audit: Audit;
  sendLetter: SendLetter;
  issuer: string;
  rules: SignUpRules;
}

interface SignUpRequest {
  email: string;
  interactionUid: string;
  locale: string;
}

export interface SignUpForm {
  name: string;
  username?: string | undefined;
  password: string;
  /** The language that the person reads our pages in. */
  locale: string;
}

/** How long the link to a page works that a stranger asked for. */
export const SIGN_UP_SECONDS = 24 * 3600;
/** After the account was made, how long the browser that began may still be signed in by it. */
export const HAND_OVER_SECONDS = 5 * 60;
const PURPOSES: readonly MailedPurpose[] = ['sign_up', 'invitation'];

export class SignUp {
  readonly #its: SignUpOptions;

  constructor(options: SignUpOptions) {
    this.#its = options;
  }

  /** Whether strangers may ask for an account. */
  get isOpen(): boolean {
    return this.#its.rules.policy === 'open';
  }

  /**
   * Sends a link to the address, or, where it has an account, a mail that says so; whoever asks learns nothing of that.
   * Throws 403 `sign_up_closed`, 400 with the field, 429 when too much was asked from where this comes, 503.
   */
  async request(email: string, interactionUid: string, { address, locale }: Asker): Promise<void> {
    if (!this.isOpen) throw signUpClosed();
    this.#assertAddress(email);
    const to = normaliseEmail(email);
    await this.#its.links.ask(address, { kind: 'sign_up', email: to, interactionUid, locale });
  }

  /**
   * Sends an invitation and gives back its link, for an administrator who takes it there in another way. Throws 403
   * `sign_up_closed` where nobody may become an account, 400 or 409 with the field.
   */
  async invite(
    email: string,
    { lifeSeconds, locale }: { lifeSeconds: number; locale?: string | undefined },
  ): Promise<{ link: string; expiresAt: Date }> {
    const { database, accounts, links, audit, sendLetter, rules } = this.#its;
    if (rules.policy === 'closed') throw signUpClosed();
    this.#assertAddress(email);
    const to = normaliseEmail(email);
    const expiresAt = new Date(Date.now() + lifeSeconds * 1000);
    const link = await database.transaction(async () => {
      if ((await accounts.findByEmail(to))?.emailVerified) throw emailTaken();
      await audit.record('account.invited', {}, { expires_at: expiresAt.toISOString() });
      const token = await links.makeAlways({ purpose: 'invitation', email: to }, lifeSeconds);
      const made = this.#linkOf(token);
      await sendLetter({ email: to, locale }, { kind: 'invitation', link: made, lifeSeconds });
      return made;
    });
    return { link, expiresAt };
  }

  /** What a link that works carries. Throws 410 `link_expired`, 403 `sign_up_closed`, 403 `account_exists`. */
  async check(token: string): Promise<MailedLink> {
    const link = await this.#its.links.check(token, PURPOSES);
    this.#assertPolicy(link.purpose);
    if ((await this.#its.accounts.findByEmail(link.email))?.emailVerified) throw accountExists();
    return link;
  }

  /** Makes the account. Throws as `check`, and 400 or 409 with the field; then the link still works. */
  async complete(token: string, form: SignUpForm): Promise<Account> {
    const { database, accounts, tokens, links, passwords, audit } = this.#its;
    // Before anything is hashed: nobody without a link makes us do that.
    const { email } = await this.check(token);
    const checked = checkForm({ ...form, email });
    passwords.assertLength(form.password);
    await links.countTry(token);
    const passwordDigest = await passwords.digestOf(form.password, checked);
    const id = newAccountId();
    try {
      return await database.transaction(async () => {
        const { purpose } = await links.use(token, PURPOSES);
        await accounts.insert({ ...checked, id, locale: form.locale, emailVerified: true, passwordDigest });
        await tokens.nameAccount(token, id);
        for (const other of PURPOSES) await tokens.endMailed(email, other, new Date(Date.now()));
        await audit.record('account.created', { accountId: id }, { method: purpose });
        return (await accounts.find(id)) as Account;
      });
    } catch (error) {
      // Made in another way in the meantime, by whoever reads this mailbox: that may be told here.
      if (error instanceof AppError && error.code === 'conflict' && error.field === 'email')
        throw accountExists();
      throw error;
    }
  }

  /** The account that was just made with this link, for the sign-in it was begun in: once, and only for a while. */
  takeOver(token: string, interactionUid: string): Promise<string | undefined> {
    return this.#its.tokens.takeOver(token, interactionUid, new Date(Date.now() - HAND_OVER_SECONDS * 1000));
  }

  /** What was asked for, once whoever asked was answered. */
  async sendLink({ email, interactionUid, locale }: SignUpRequest): Promise<void> {
    const { database, accounts, links, sendLetter, issuer } = this.#its;
    const lifeSeconds = SIGN_UP_SECONDS;
    await database.transaction(async () => {
      // Made for both, so that both count alike; behind it whoever has an account hears the same as in the mail.
      const token = await links.make({ purpose: 'sign_up', email, interactionUid }, lifeSeconds);
      if (token === undefined) return;
      const known = await accounts.findByEmail(email);
      if (known?.emailVerified) {
        const to = { email, name: known.name, locale: known.locale ?? locale };
        await sendLetter(to, { kind: 'accountExists', link: `${issuer}/reset-password` });
      } else {
        await sendLetter({ email, locale }, { kind: 'signUp', link: this.#linkOf(token), lifeSeconds });
      }
    });
  }

  #linkOf(token: string): string {
    return `${this.#its.issuer}/sign-up/open?token=${token}`;
  }

  /** The settings of now, not of when the link was sent. */
  #assertPolicy(purpose: MailedPurpose): void {
    const { policy } = this.#its.rules;
    if (policy === 'closed' || (policy === 'invite' && purpose !== 'invitation')) throw signUpClosed();
  }

  #assertAddress(email: string): void {
    assertField('email', emailFault(email));
    const { domains } = this.#its.rules;
    if (domains.length === 0 || includesText(domains, domainOf(email))) return;
    throw invalidRequest('New accounts are only open to addresses of certain domains (SIGN_UP_DOMAINS).', {
      field: 'email',
      reason: 'emailDomain',
    });
  }
}
