// Links that were mailed: made for one mailbox, the newest alone works, three in an hour. Whether there is an account
// behind an address is found out after the page was answered, so neither words nor time tell it.
import { randomToken } from '../base/crypto.ts';
import { gone, type AppError } from '../base/errors.ts';
import { addressKey, tooManyTries, type Throttle } from '../base/throttle.ts';
import type { FoundLink, MailedLink, MailedPurpose, OneTimeTokenStore } from './one-time-token-store.ts';

/** So many times in an hour one address (of the network) may ask for a mail, to whatever mailbox. */
export const MAIL_REQUESTS = { windowSeconds: 60 * 60, perAddress: 30 };
/** So often in an hour a link may be used in vain, a taken name for example: each time costs us a hash. */
export const LINK_TRIES = { windowSeconds: 60 * 60, perLink: 100 };
const MAILS_PER_HOUR = 3;
/** Of all spellings with a tag (RFC 5233) of one mailbox together, for mails that anybody can have sent to anybody. */
export const TAGGED_MAILS = { windowSeconds: 60 * 60, perMailbox: MAILS_PER_HOUR + 1 };
const TO_ANYBODY: ReadonlySet<MailedPurpose> = new Set(['sign_up', 'email_change']);
const HOUR_MS = 60 * 60 * 1000;
/** Ours has 43 characters; whatever is longer was not made here. */
const TOKEN_MAX_LENGTH = 64;

/** What a stranger asks for. */
export type MailRequest =
  | { kind: 'password_reset'; email: string; locale: string }
  | { kind: 'sign_up'; email: string; locale: string; interactionUid: string };

/** Stores a request with the answer to it; it is done afterwards (outbox/mail-requests.ts). Throws 503 when too many wait. */
export type PutOff = (request: MailRequest) => Promise<void>;

export interface MailedLinksOptions {
  tokens: OneTimeTokenStore;
  putOff: PutOff;
  /** A throttle named `mail:address` with the limit above. */
  perAddress: Throttle;
  /** A throttle named `mail:link` with the limit above. */
  perLink: Throttle;
  /** A throttle named `mail:mailbox` with the limit of TAGGED_MAILS. */
  perMailbox: Throttle;
}

export class MailedLinks {
  readonly #tokens: OneTimeTokenStore;
  readonly #putOff: PutOff;
  readonly #perAddress: Throttle;
  readonly #perLink: Throttle;
  readonly #perMailbox: Throttle;

  constructor({ tokens, putOff, perAddress, perLink, perMailbox }: MailedLinksOptions) {
    this.#tokens = tokens;
    this.#putOff = putOff;
    this.#perAddress = perAddress;
    this.#perLink = perLink;
    this.#perMailbox = perMailbox;
  }

  /** Throws 429 when `address`, an IP address, asked for too many mails. */
  async countRequest(address: string): Promise<void> {
    // Counted because it was asked, not because it was wrong.
    await this.#perAddress.attempt(addressKey(address), async () => ({ isRight: false }));
  }

  /** Whatever depends on the mailbox is found out once the caller was answered. Throws as above, and 503. */
  async ask(address: string, request: MailRequest): Promise<void> {
    await this.countRequest(address);
    await this.#putOff(request);
  }

  /**
   * The secret of a new link, with which all older ones of this purpose to this mailbox end; undefined when three were
   * sent within the hour. Only inside a transaction.
   */
  async make(link: MailedLink, lifeSeconds: number): Promise<string | undefined> {
    const { email, purpose } = link;
    await this.#tokens.lockMailbox(email);
    const sent = await this.#tokens.countMailed(email, purpose, new Date(Date.now() - HOUR_MS));
    if (sent >= MAILS_PER_HOUR || (await this.#isFlooded(link))) return undefined;
    return this.makeAlways(link, lifeSeconds);
  }

  /** Whoever writes `ana+1@`, `ana+2@` and so on fills one mailbox. That is so with most providers; where it is not, few notice. */
  async #isFlooded({ email, purpose }: MailedLink): Promise<boolean> {
    const mailbox = email.replace(/\+.*@/, '@');
    if (mailbox === email || !TO_ANYBODY.has(purpose)) return false;
    return (await this.#perMailbox.countWrong(mailbox)) > 0;
  }

  /** As `make`, however many were sent: for whom no stranger can make do it. */
  async makeAlways(link: MailedLink, lifeSeconds: number): Promise<string> {
    const { email, purpose } = link;
    const now = Date.now();
    await this.#tokens.endMailed(email, purpose, new Date(now));
    const token = randomToken();
    const times = { createdAt: new Date(now), expiresAt: new Date(now + lifeSeconds * 1000) };
    await this.#tokens.insertMailed(token, link, times);
    return token;
  }

  /** What a link that still works carries; it goes on working. Throws 410 `link_expired`. */
  async check(token: string, purposes: readonly MailedPurpose[]): Promise<FoundLink> {
    const isOurs = token !== '' && token.length <= TOKEN_MAX_LENGTH;
    const link = isOurs && (await this.#tokens.findMailed(token, purposes, new Date(Date.now())));
    if (!link) throw linkExpired();
    return link;
  }

  /** Before a password is hashed for whoever has this link. Throws 429 after too many tries, 503. Not inside a transaction. */
  async countTry(token: string): Promise<void> {
    const waitSeconds = await this.#perLink.countWrong(token);
    if (waitSeconds > 0) throw tooManyTries(waitSeconds);
  }

  /** Uses the link up: for one caller only, over all processes. Throws 410 `link_expired` for the others. */
  async use(token: string, purposes: readonly MailedPurpose[]): Promise<FoundLink> {
    const link = await this.#tokens.useMailed(token, purposes, new Date(Date.now()));
    if (!link) throw linkExpired();
    return link;
  }
}

export function linkExpired(): AppError {
  return gone(
    'link_expired',
    'This link does not work any more: it was used already, a newer one was sent, or its time is over. Ask for a new one.',
  );
}
