// Owns sign-in for a terminal that cannot receive anything: it gets an id to ask with and a link to show; the person who opens the
// link proves with four letters that they see that very terminal, and allows or denies; the terminal reads the outcome once.
// The link cannot ask, and the id opens no page. Rows are in polling-session-store.ts, pages in routes/terminal.ts.
import { randomBytes, randomInt } from 'node:crypto';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { Audit } from '../audit/audit.ts';
import { digest, randomToken } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { tooManyRequests } from '../base/errors.ts';
import { ReadBatches } from '../base/read-batches.ts';
import { addressKey, type Throttle } from '../base/throttle.ts';
import { profileOf } from '../oidc/claims.ts';
import type { MintedTokens } from '../oidc/mint.ts';
import { plainNameIn } from '../oidc/look-alikes.ts';
import { scopesOf } from '../oidc/scopes.ts';
import { allowedOf, isProved, mayPoll, type ClientFinders, type PollingRequest } from './polling-request.ts';
import type { PollingSessionStore, Sight, SignInFacts, WaitingSession } from './polling-session-store.ts';

export const POLLING = {
  /** Seconds between two questions of a terminal. */
  interval: 5,
  /** New sessions of one address. */
  perAddress: 60,
  windowSeconds: 10 * 60,
  /** Living ones of everybody. */
  inAll: 100_000,
  /** With the letters. */
  tries: 3,
};

/** A program that asks at fixed times is on its way, and waits here, for longer at one time than at another. */
const JITTER_MS = 1_500;
/** No vowels, so that no words come out, and no letter that looks like another letter or a digit (RFC 8628 §6.1). */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const SESSION_ID = new RegExp(`^[${ALPHABET}]{4}-[A-Za-z0-9_-]{32}$`);
const HANDLE = /^[0-9a-f]{32}$/;
const COUNTED_FOR_MS = 1_000;
const FULL_RETRY_SECONDS = 60;

export interface NewPollingSession {
  sessionId: string;
  /** Of the browser's link. */
  handle: string;
  userCode: string;
  expiresInSeconds: number;
}

/** In the words of the contract. */
export interface PolledPerson {
  uid: string;
  email: string | null;
  name: string | null;
  photoUrl: string | null;
  tier: string | null;
}

export type PollOutcome =
  | { status: 'unknown' | 'over' | 'pending' | 'denied' }
  | { status: 'early'; retryAfterSeconds: number }
  /** There is an outcome, for whoever has the verifier; `wrong`: this one does not have it. */
  | { status: 'unproved' | 'wrong' }
  | { status: 'completed'; user: PolledPerson; token?: MintedTokens };

export interface Decider {
  account: Account;
  /** Of the session in which they decide. */
  sessionUid: string;
  signIn: SignInFacts;
}

export type PollingEvent = 'created' | 'allowed' | 'denied' | 'guessed' | 'completed';

export interface PollingDependencies extends ClientFinders {
  database: Database;
  store: PollingSessionStore;
  accounts: AccountStore;
  /** Whether the session that is called so has not been ended. */
  isUnderWay: (accountId: string, uid: string) => Promise<boolean>;
  perAddress: Throttle;
  lifeSeconds: number;
  audit: Audit;
  count: (event: PollingEvent) => void;
}

export class PollingSessions {
  readonly #its: PollingDependencies;
  readonly #sights: ReadBatches<Sight>;
  /** What is being looked at for somebody at this moment. */
  readonly #asked = new Map<string, Promise<Sight | undefined>>();
  #living: { readAt: number; count: Promise<number> } | undefined;

  constructor(dependencies: PollingDependencies) {
    this.#its = dependencies;
    const { store } = dependencies;
    this.#sights = new ReadBatches((ids) => store.look(ids, POLLING.interval * 1000 - JITTER_MS));
  }

  /** Throws 400 for what a client may not ask, 429 past the limits. */
  async create(request: PollingRequest, address: string): Promise<NewPollingSession> {
    const { perAddress } = this.#its;
    const made = await perAddress.attempt(addressKey(address), async () => {
      await this.#refuseWhenFull();
      // Counted because it was made, not because it was wrong.
      return { session: await this.#make(request, address), isRight: false };
    });
    return made.session;
  }

  /** What a terminal hears. `verifier`: it asks for what only whoever began the session can have (RFC 7636). */
  async poll(sessionId: string, verifier?: string): Promise<PollOutcome> {
    const sight = await this.#look(sessionId);
    switch (sight?.stage) {
      case undefined:
        return { status: 'unknown' };
      case 'waiting':
        return { status: 'pending' };
      case 'early':
        return {
          status: 'early',
          retryAfterSeconds: Math.max(1, Math.ceil((sight.askAgainAtMs - Date.now()) / 1000)),
        };
      case 'denied':
        return { status: (await this.#its.store.close(sessionId, 'denied')) ? 'denied' : 'over' };
      case 'allowed':
        return this.#take(sessionId, verifier);
      default:
        return { status: 'over' };
    }
  }

  /** Whether there is nothing to hear yet but that; a poll like any other, and where it is false nothing has happened. */
  async isWaiting(sessionId: string): Promise<boolean> {
    return (await this.#look(sessionId))?.stage === 'waiting';
  }

  /** By what stands in the link. */
  async find(handle: string): Promise<WaitingSession | 'over' | undefined> {
    return HANDLE.test(handle) ? this.#its.store.findByHandle(handle) : undefined;
  }

  /**
   * One try with the letters as they were typed. `empty`: these are not four letters, and it is no try; `guessed`: it was the last
   * one; `over`: there is nothing to allow any more. Not inside a transaction.
   */
  async allow(
    handle: string,
    typed: string,
    { account, sessionUid, signIn }: Decider,
  ): Promise<'allowed' | 'empty' | 'wrong' | 'guessed' | 'over'> {
    const { database, store, accounts, isUnderWay } = this.#its;
    const letters = typed.toUpperCase().replaceAll(/[^A-Z]/g, '');
    if (letters.length !== 4) return 'empty';
    const subject = { accountId: account.id };
    return database.transaction(async () => {
      const way = await accounts.findPasswordWay(account.id, { isLocked: true });
      // Whoever ended everything a moment ago ended what was there until then: nothing comes after.
      if (!way || way.isBlocked || !(await isUnderWay(account.id, sessionUid))) return 'over';
      const waiting = await store.findByHandle(handle);
      if (!waiting || waiting === 'over') return 'over';
      const { clientId, scope } = waiting;
      const tried = await store.allow(handle, letters, {
        accountId: account.id,
        signIn,
        tries: POLLING.tries,
      });
      if (tried === 'allowed') await this.#note('allowed', { ...subject, clientId }, scope);
      if (tried === 'over') await this.#note('guessed', { ...subject, clientId }, scope);
      return tried === 'over' ? 'guessed' : (tried ?? 'over');
    });
  }

  /** False when there was nothing to deny any more. */
  async deny(handle: string, { account }: Decider): Promise<boolean> {
    const { database, store } = this.#its;
    return database.transaction(async () => {
      const waiting = await store.findByHandle(handle);
      if (!waiting || waiting === 'over' || !(await store.deny(handle))) return false;
      await this.#note('denied', { accountId: account.id, clientId: waiting.clientId }, waiting.scope);
      return true;
    });
  }

  async #look(sessionId: string): Promise<Sight | undefined> {
    if (!SESSION_ID.test(sessionId)) return undefined;
    const id = digest(sessionId).toString('hex');
    const underWay = this.#asked.get(id);
    if (!underWay) {
      const sight = this.#sights.find(id);
      this.#asked.set(id, sight);
      return sight.finally(() => this.#asked.delete(id));
    }
    // Who asks in the same moment shares the answer; but only one of them is in time.
    const shared = await underWay;
    return shared?.stage === 'waiting'
      ? { stage: 'early', askAgainAtMs: Date.now() + POLLING.interval * 1000 - JITTER_MS }
      : shared;
  }

  async #make(request: PollingRequest, address: string): Promise<NewPollingSession> {
    const { store, audit, count, lifeSeconds } = this.#its;
    const { codeChallenge, deviceName = '' } = request;
    const { client, scope } = await allowedOf(request, this.#its);
    const userCode = Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    const sessionId = `${userCode}-${randomToken(24)}`;
    const handle = randomBytes(16).toString('hex');
    const createdAt = new Date(Date.now());
    await store.insert({
      sessionId,
      handle,
      letters: userCode,
      clientId: client.id,
      scope,
      codeChallenge,
      deviceName: plainNameIn(deviceName) || undefined,
      address,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + lifeSeconds * 1000),
    });
    await audit.recordStranger('polling_session.created', { clientId: client.id }, { scope });
    count('created');
    return { sessionId, handle, userCode, expiresInSeconds: lifeSeconds };
  }

  /** Counted once in a second: a flood does not make it dearer. */
  async #refuseWhenFull(): Promise<void> {
    const now = performance.now();
    if (!this.#living || now - this.#living.readAt > COUNTED_FOR_MS) {
      this.#living = { readAt: now, count: this.#its.store.countLiving(POLLING.inAll) };
    }
    if ((await this.#living.count) >= POLLING.inAll) {
      throw tooManyRequests(FULL_RETRY_SECONDS, 'Too many terminals are waiting. Try again in a minute.');
    }
  }

  /** Everything at the moment of reading: whoever was blocked, deleted or signed out everywhere meanwhile gives nothing. */
  async #take(sessionId: string, verifier: string | undefined): Promise<PollOutcome> {
    const { database, store, accounts, mint, getProvider } = this.#its;
    return database.transaction(async () => {
      const allowed = await store.findAllowed(sessionId);
      if (!allowed) return { status: 'over' };
      const { accountId, clientId, codeChallenge, scope, signIn } = allowed;
      if (codeChallenge !== undefined && verifier === undefined) return { status: 'unproved' };
      if (!isProved(codeChallenge, verifier)) return { status: 'wrong' };
      // Before the row itself: whoever ends everything takes the two in this order as well.
      const way = await accounts.findPasswordWay(accountId, { isLocked: true });
      if (!(await store.close(sessionId, 'allowed')) || !way || way.isBlocked) return { status: 'over' };
      const client = await this.#its.findClient(clientId);
      const account = await accounts.find(accountId);
      if (!account || !client || !mayPoll(client)) return { status: 'over' };
      await this.#note('completed', { accountId, clientId }, scope);
      const user = personOf(account, scope);
      if (codeChallenge === undefined) return { status: 'completed', user };
      const engineClient = await getProvider().Client.find(clientId);
      if (!engineClient) return { status: 'over' };
      const token = await mint.mint({ accountId, client: engineClient, scope, by: 'polling', ...signIn });
      return { status: 'completed', user, token };
    });
  }

  async #note(
    event: Exclude<PollingEvent, 'created'>,
    subject: { accountId: string; clientId: string },
    scope: string,
  ): Promise<void> {
    await this.#its.audit.record(`polling_session.${event}`, subject, { scope });
    this.#its.count(event);
  }
}

function personOf(account: Account, scope: string): PolledPerson {
  const { uid, email, name, picture, tier } = profileOf(account, scopesOf(scope));
  return {
    uid,
    email: email ?? null,
    name: name ?? null,
    photoUrl: picture ?? null,
    tier: tier ?? null,
  };
}
