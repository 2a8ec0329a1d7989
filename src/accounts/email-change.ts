// Another address for an account: whoever is signed in asks, the new mailbox confirms, the old one is told. Until then the
// old address stays what it was. Whether the new one belongs to somebody is only told in that mailbox.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { AppError, invalidRequest } from '../base/errors.ts';
import type { AccountStore } from './account-store.ts';
import { assertField, emailFault, normaliseEmail, type Account } from './account.ts';
import type { SendLetter, TellOwner } from './letters.ts';
import { linkExpired, type MailedLinks } from './mailed-links.ts';
import type { MailedLink, OneTimeTokenStore } from './one-time-token-store.ts';
import type { Asker } from './password-reset.ts';
import { accountExists, sessionOver } from './sign-in.ts';

export interface EmailChangeOptions {
  database: Database;
  accounts: AccountStore;
  tokens: OneTimeTokenStore;
  links: MailedLinks;
  audit: Audit;
  sendLetter: SendLetter;
  tellOwner: TellOwner;
  issuer: string;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
}

/** `sessionUid`: in which it is asked for; undefined when it is no person who asks. */
interface SignedInAsker extends Asker {
  sessionUid?: string;
}

export const EMAIL_CHANGE_SECONDS = 3600;
const PURPOSE = ['email_change'] as const;

export class EmailChange {
  readonly #its: EmailChangeOptions;

  constructor(options: EmailChangeOptions) {
    this.#its = options;
  }

  /**
   * Sends a link to the new address. Throws 400 with the field, 403 `sign_in_again` when the session has ended, 429 when too much
   * was asked from where this comes, 503.
   */
  async request(
    account: Account,
    email: string,
    { address, locale, sessionUid }: SignedInAsker,
  ): Promise<void> {
    assertField('email', emailFault(email));
    const to = normaliseEmail(email);
    if (account.emailVerified && account.email !== undefined && normaliseEmail(account.email) === to) {
      throw invalidRequest('This is your address already.', { field: 'email', reason: 'emailSame' });
    }
    await this.#its.links.countRequest(address);
    await this.#sendLink(account, { email: to, locale: account.locale ?? locale, sessionUid });
  }

  /** The address that the link would confirm. Throws 410 `link_expired`; the link goes on working. */
  async check(token: string): Promise<string> {
    const link = await this.#its.links.check(token, PURPOSE);
    await this.#accountOf(link);
    return link.email;
  }

  /** The account has the address from now on. Throws 410 as above, 403 `account_exists`. */
  async confirm(token: string): Promise<void> {
    const { database, accounts, tokens, links, audit, tellOwner } = this.#its;
    try {
      await database.transaction(async () => {
        const link = await links.use(token, PURPOSE);
        const account = await this.#accountOf(link);
        await accounts.update(account.id, { email: link.email, emailVerified: true });
        await tokens.endMailedOf(account.id, new Date(Date.now()));
        await audit.record('account.email_changed', { accountId: account.id }, {});
        await tellOwner(account, { kind: 'emailChanged' });
      });
    } catch (error) {
      // Somebody else proved it first; whoever reads the mailbox may know.
      if (error instanceof AppError && error.code === 'conflict') throw accountExists();
      throw error;
    }
  }

  /** The same statements whether the address is somebody's or not: time tells nothing of that either. */
  async #sendLink(
    { id }: Account,
    { email, locale, sessionUid }: { email: string; locale: string; sessionUid: string | undefined },
  ): Promise<void> {
    const { database, accounts, tokens, links, audit, sendLetter, issuer, isUnderWay } = this.#its;
    const lifeSeconds = EMAIL_CHANGE_SECONDS;
    await database.transaction(async () => {
      // Of several addresses that were asked for the last one counts.
      await tokens.endMailedOf(id, new Date(Date.now()));
      const token = await links.make({ purpose: 'email_change', email, accountId: id }, lifeSeconds);
      if (token === undefined) return;
      await audit.record('account.email_change_requested', { accountId: id }, {});
      const isTaken = (await accounts.findByEmail(email))?.emailVerified ?? false;
      const link = `${issuer}/account/email/open?token=${token}`;
      // Without the name: the mailbox may be somebody else's, and the name says what its owner likes.
      await sendLetter(
        { email, locale },
        isTaken ? { kind: 'addressTaken' } : { kind: 'emailChange', link, lifeSeconds },
      );
      if (sessionUid === undefined) return;
      // In the end: whoever ends everything in this moment comes before it, or waits and ends the link as well.
      await accounts.findPasswordWay(id, { isLocked: true });
      if (!(await isUnderWay(id, sessionUid))) throw sessionOver();
    });
  }

  async #accountOf({ accountId }: MailedLink): Promise<Account> {
    const account = accountId === undefined ? undefined : await this.#its.accounts.find(accountId);
    if (!account || account.blockedAt) throw linkExpired();
    return account;
  }
}
