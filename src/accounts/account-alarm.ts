// An alarm: by a link in a mail somebody says that what the mail told of was not them. Then everything of the account ends, its
// password is gone, no browser is known any more, ways to sign in that came since the mail go, and the address that the mail went to
// is the account's again: whoever comes back comes through that mailbox (password-reset.ts). The link lets nobody in. Of two
// mailboxes that an account had, the one of before has the last word: an alarm ends all that were mailed after it, so that whoever
// took an account over cannot answer with one of their own.
import type { Audit } from '../audit/audit.ts';
import { randomToken } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { AccountStore } from './account-store.ts';
import { normaliseEmail, type Account } from './account.ts';
import type { AlarmLink, OwnLetter, SendLetter } from './letters.ts';
import { linkExpired, type MailedLinks } from './mailed-links.ts';
import type { FoundLink, OneTimeTokenStore } from './one-time-token-store.ts';

export interface AccountAlarmOptions {
  database: Database;
  accounts: AccountStore;
  tokens: OneTimeTokenStore;
  links: MailedLinks;
  audit: Audit;
  sendLetter: SendLetter;
  issuer: string;
  /** Removes sessions, grants and tokens of an account. */
  endEverything: (accountId: string) => Promise<void>;
  /** Each deletes one kind of ways to sign in, or of second factors, that was added since a time, and tells how many. */
  removeAddedSince: readonly ((accountId: string, since: Date) => Promise<number>)[];
}

const LIFE_SECONDS = 7 * 24 * 3600;
const PURPOSE = ['account_alarm'] as const;
/** A way that was added in the very sign-in that the mail told of is a little older than the mail. */
const SAME_SIGN_IN_MS = 60_000;

export class AccountAlarm {
  readonly #its: AccountAlarmOptions;

  constructor(options: AccountAlarmOptions) {
    this.#its = options;
  }

  /** TellOwner: a letter with an alarm, which is stored together with it; older ones go on working. */
  async tellOwner({ id, email, emailVerified, locale }: Account, letter: OwnLetter): Promise<void> {
    if (!email || !emailVerified) return;
    const alarm = await this.#makeLink(id, email);
    // Without the name: whoever is in the account could choose one at which filters throw the mail away.
    await this.#its.sendLetter({ email, locale }, { ...letter, alarm });
  }

  /** Whether the account would get its address of before. Throws 410 `link_expired`; the link goes on working. */
  async check(token: string): Promise<{ restoresEmail: boolean }> {
    const link = await this.#its.links.check(token, PURPOSE);
    const account = await this.#its.accounts.find(link.accountId ?? '');
    if (!account) throw linkExpired();
    return { restoresEmail: await this.#canRestore(link, account) };
  }

  /** Throws 410 as above. */
  async raise(token: string): Promise<void> {
    const { database, accounts, tokens, links, audit, endEverything, removeAddedSince } = this.#its;
    await database.transaction(async () => {
      const now = new Date(Date.now());
      const link = await links.use(token, PURPOSE);
      const accountId = link.accountId ?? '';
      // First of all: an address that is being confirmed at this moment is confirmed before we look, or never.
      await tokens.endMailedOf(accountId, now);
      await tokens.endAlarmsSince(accountId, link.createdAt, now);
      if (!(await accounts.distrust(accountId, now))) throw linkExpired();
      // And those that were made since then, before we had the account.
      await tokens.endMailedOf(accountId, now);
      const isRestored = await this.#restore(link);
      await endEverything(accountId);
      const since = new Date(link.createdAt.getTime() - SAME_SIGN_IN_MS);
      let removed = 0;
      for (const remove of removeAddedSince) removed += await remove(accountId, since);
      const details = { email_restored: isRestored, ways_removed: removed };
      await audit.record('account.alarm_raised', { accountId }, details);
    });
  }

  async #makeLink(accountId: string, email: string): Promise<AlarmLink> {
    const token = randomToken();
    const now = Date.now();
    await this.#its.tokens.insertMailed(
      token,
      { purpose: 'account_alarm', email: normaliseEmail(email), accountId },
      { createdAt: new Date(now), expiresAt: new Date(now + LIFE_SECONDS * 1000) },
    );
    return { href: `${this.#its.issuer}/account/not-me/open?token=${token}`, lifeSeconds: LIFE_SECONDS };
  }

  /** An address that somebody else has proved by now stays theirs. */
  async #canRestore({ email }: FoundLink, account: Account): Promise<boolean> {
    const isTheirs = account.emailVerified && normaliseEmail(account.email ?? '') === email;
    return !isTheirs && !(await this.#its.accounts.findByEmail(email))?.emailVerified;
  }

  async #restore(link: FoundLink): Promise<boolean> {
    const { accounts, sendLetter } = this.#its;
    const account = await accounts.find(link.accountId ?? '');
    if (!account || !(await this.#canRestore(link, account))) return false;
    await accounts.update(account.id, { email: link.email, emailVerified: true });
    const { email, emailVerified, name, locale } = account;
    // Without an alarm of its own, or the two would go on for ever.
    if (email && emailVerified) await sendLetter({ email, name, locale }, { kind: 'emailRestored' });
    return true;
  }
}
