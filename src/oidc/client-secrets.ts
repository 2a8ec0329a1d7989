// Owns the comparison of client secrets, and how often one may be guessed: wrong ones count for a client at an address and
// for the address, on every node. Machines ask all day, so what is right costs no look at any store: from where a
// client has proved itself it goes on at once; from anywhere else its tries go one after another until the first is right.
// A service that was forgotten at a change of secrets sends the same wrong one again and again: that is no guess, and
// counts once, so that its neighbours behind the same address are not shut out with it.
import { createHmac, randomBytes } from 'node:crypto';
import { isSameText } from '../base/crypto.ts';
import { addressKey, tooManyTries, type Throttle } from '../base/throttle.ts';

/** Different wrong secrets in a quarter of an hour. */
export const WRONG_SECRETS = { windowSeconds: 15 * 60, perClient: 10, perAddress: 30 };

export interface SecretGuess {
  clientId: string;
  secret: string;
  /** Where the request comes from, not a proxy. */
  address: string;
}

export interface Registered {
  /** As it is remembered. */
  secret: string | undefined;
  /** As it is stored now: asked before a secret is wrong. */
  findFresh: () => Promise<string | undefined>;
}

/** What this process knows of a client at an address, or of an address. */
interface Standing {
  isProven: boolean;
  /** Milliseconds since 1970. */
  closedUntil: number;
  /** Marks of the wrong secrets that were counted. */
  wrong?: Set<string>;
  /** Somebody's try is under way. */
  underWay?: Promise<void>;
}

/** Half of the clients and addresses that are kept in mind. Who is forgotten has to be right once more. */
const HALF_OF_STANDINGS = 5_000;

export class ClientSecrets {
  readonly #perClient: Throttle;
  readonly #perAddress: Throttle;
  /** Marks are worth nothing outside of this process. */
  readonly #markKey = randomBytes(32);
  #young = new Map<string, Standing>();
  #old = new Map<string, Standing>();

  constructor({ perClient, perAddress }: { perClient: Throttle; perAddress: Throttle }) {
    this.#perClient = perClient;
    this.#perAddress = perAddress;
  }

  /** The quick way, for a client that has proved itself from there before. False only means: ask `isRight`. */
  isRightAgain(guess: SecretGuess, secret: string): boolean {
    const standing = this.#find(keyOf(guess));
    return standing !== undefined && passes(standing, guess.secret, secret);
  }

  /**
   * Throws 429 without comparing after too many wrong ones from there, 503 when a wrong one cannot be counted. Two nodes that
   * do not know of each other's wrong ones yet let one more each through.
   */
  async isRight(guess: SecretGuess, registered: Registered): Promise<boolean> {
    const standing = this.#at(keyOf(guess));
    for (;;) {
      this.#refuseIfClosed(standing, guess);
      if (passes(standing, guess.secret, registered.secret)) return true;
      if (!standing.underWay) break;
      await standing.underWay;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    standing.underWay = promise;
    try {
      return await this.#compare(standing, guess, registered);
    } finally {
      delete standing.underWay;
      resolve();
    }
  }

  async #compare(
    standing: Standing,
    guess: SecretGuess,
    { secret, findFresh }: Registered,
  ): Promise<boolean> {
    if (isSame(guess.secret, secret) || isSame(guess.secret, await findFresh())) {
      standing.isProven = true;
      return true;
    }
    const mark = createHmac('sha256', this.#markKey).update(guess.secret).digest('base64url');
    standing.wrong ??= new Set();
    if (standing.wrong.has(mark)) return false;
    await this.#count(standing, guess);
    // So many without being closed: those of the windows before.
    if (standing.wrong.size >= WRONG_SECRETS.perClient) standing.wrong.clear();
    standing.wrong.add(mark);
    return false;
  }

  async #count(standing: Standing, guess: SecretGuess): Promise<void> {
    const address = addressKey(guess.address);
    const [client, all] = await Promise.all([
      this.#perClient.countWrong(keyOf(guess)),
      this.#perAddress.countWrong(address),
    ]);
    if (client > 0) standing.closedUntil = Date.now() + client * 1000;
    if (all > 0) this.#at(address).closedUntil = Date.now() + all * 1000;
  }

  /** A client that has proved itself from there has nothing to do with what others guess behind the same address. */
  #refuseIfClosed(standing: Standing, { address }: SecretGuess): void {
    const ofAddress = standing.isProven ? undefined : this.#find(addressKey(address));
    const until = Math.max(standing.closedUntil, ofAddress?.closedUntil ?? 0);
    if (until > Date.now()) throw tooManyTries(Math.ceil((until - Date.now()) / 1000));
  }

  #at(key: string): Standing {
    const known = this.#find(key);
    if (known) return known;
    const standing = { isProven: false, closedUntil: 0 };
    this.#keep(key, standing);
    return standing;
  }

  #find(key: string): Standing | undefined {
    const young = this.#young.get(key);
    if (young) return young;
    const old = this.#old.get(key);
    if (old) this.#keep(key, old);
    return old;
  }

  #keep(key: string, standing: Standing): void {
    if (this.#young.size >= HALF_OF_STANDINGS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, standing);
  }
}

/** An address has no space in it: a client and its address are never taken for another client. */
function keyOf({ clientId, address }: SecretGuess): string {
  return `${addressKey(address)} ${clientId}`;
}

/**
 * One comparison without a look at any store, between two moments in which nothing else runs: a single wrong secret, and
 * whoever comes next from there has to wait for the outcome.
 */
function passes(standing: Standing, guess: string, secret: string | undefined): boolean {
  if (!standing.isProven || standing.closedUntil > Date.now()) return false;
  standing.isProven = isSame(guess, secret);
  return standing.isProven;
}

function isSame(guess: string, secret: string | undefined): boolean {
  return secret !== undefined && isSameText(guess, secret);
}
