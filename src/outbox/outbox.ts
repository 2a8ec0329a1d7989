// Owns how messages get to the services and people that they are for, at least once each: taken from the table by whichever
// process is awake first, sent, tried again ever more rarely when that fails, given up after days or when nobody has use for
// them any more. A service that does not answer is left alone for a while and holds up nobody else. What a message says and how
// it is sent is for whoever sends its kind.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { Logger } from '../base/log.ts';
import type { DeleteBatch } from '../base/sweep.ts';
import type { Message, OutboxStore, WaitingMessage } from './outbox-store.ts';

/** 'dropped': there is nobody any more who wants to hear it. A throw means that it did not arrive. */
export type Send = (body: Record<string, unknown>) => Promise<'sent' | 'dropped'>;

/** Thrown by a sender: the destination is well and only does not take this one message. */
export class MessageRefused extends Error {
  /** It never will. */
  readonly isFinal: boolean;

  constructor(message: string, { isFinal }: { isFinal: boolean }) {
    super(message);
    this.isFinal = isFinal;
  }
}

export interface OutboxDependencies {
  database: Database;
  store: OutboxStore;
  audit: Audit;
  log: Logger;
  /** By kind. */
  senders: Readonly<Record<string, Send>>;
  /** How long a message is tried before it is given up. */
  retrySeconds: number;
  count: (kind: string, outcome: 'sent' | 'dropped' | 'failed' | 'given_up') => void;
}

/** On their way at the same time, from this process, and of those to one destination. */
const AT_ONCE = 16;
const AT_ONCE_EACH = 4;
/** Longer than any attempt takes: whoever has taken a message and says nothing for so long is dead. */
const HELD_MS = 60_000;
/** After the first failed attempt of a message; twice as long after each that follows, up to an hour. */
const RETRY_MS = 5_000;
const RETRY_MAX_MS = 60 * 60 * 1000;
/** For one that is of no use later: it makes the most of the time it has. */
const RETRY_MAX_EXPIRING_MS = 5 * 60 * 1000;
/** The same for a destination, whichever of its messages failed; it ends with the first that arrives. */
const PAUSE_MS = 2_000;
const PAUSE_MAX_MS = 5 * 60 * 1000;
const MAX_PAUSES = 10_000;
/** How long one that was given up can still be seen, and tried again by hand. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const FAULT_MAX = 300;

export class Outbox {
  readonly #its: OutboxDependencies;
  readonly #sending = new Map<Promise<void>, string>();
  readonly #pauses = new Map<string, { failures: number; until: number }>();
  #looking: Promise<void> | undefined;
  #isAsked = false;
  #isClosed = false;

  constructor(dependencies: OutboxDependencies) {
    this.#its = dependencies;
  }

  /** There may be something to send. Never throws. */
  wake(): void {
    this.#isAsked = true;
    if (this.#isClosed) return;
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#its.log.warn({ err: error }, 'the outbox could not be read'))
      .finally(() => {
        this.#looking = undefined;
        // Asked while the last look was ending.
        if (this.#isAsked) this.wake();
      });
  }

  /** Sends what is due; resolves when nothing is on its way any more. Never throws. */
  async work(): Promise<void> {
    this.wake();
    await this.#rest();
  }

  /** Takes no more; resolves when what is on its way has ended. What it does not see the end of is sent by others. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#rest();
  }

  list(page: { isGivenUp: boolean; after?: string | undefined; limit: number }): Promise<WaitingMessage[]> {
    return this.#its.store.list(page);
  }

  /** Tries it from the beginning, on whichever node is awake. False when there is no such message. */
  restart(id: string): Promise<boolean> {
    return this.#its.store.restart(id, new Date(Date.now()));
  }

  /** For base/sweep.ts. */
  readonly sweeping: readonly DeleteBatch[] = [
    () => this.#its.store.deleteGivenUp(new Date(Date.now() - KEPT_MS)),
    () => this.#its.store.deleteExpired(new Date(Date.now())),
  ];

  /** A look that is under way may still begin to send. */
  async #rest(): Promise<void> {
    while (this.#looking || this.#sending.size > 0) {
      await Promise.all([this.#looking, ...this.#sending.keys()]);
    }
  }

  async #look(): Promise<void> {
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false;
      const limit = AT_ONCE - this.#sending.size;
      // Whoever is on the way now wakes us in the end.
      if (limit <= 0) return;
      const now = Date.now();
      const messages = await this.#its.store.take({
        now: new Date(now),
        until: new Date(now + HELD_MS),
        limit,
        limitEach: AT_ONCE_EACH,
        fewer: this.#busy(now),
      });
      for (const message of messages) this.#start(message);
    }
  }

  #start(message: Message): void {
    const sending = this.#deliver(message)
      // It is due again in a minute.
      .catch((error: unknown) =>
        this.#its.log.warn({ err: error, message: message.id }, 'what became of a message was not stored'),
      )
      .finally(() => {
        this.#sending.delete(sending);
        this.wake();
      });
    this.#sending.set(sending, message.destination);
  }

  async #deliver(message: Message): Promise<void> {
    const { store, senders, count } = this.#its;
    const send = senders[message.kind];
    // Of a later version, which runs beside this one.
    if (!send) return store.postpone(message.id, new Date(Date.now() + HELD_MS), 'no sender');
    if (message.expiresAt && message.expiresAt.getTime() <= Date.now())
      return this.#giveUp(message, 'its time was over before it arrived');
    let outcome: 'sent' | 'dropped';
    try {
      outcome = await send(store.open(message));
    } catch (error) {
      return this.#fail(message, error as Error);
    }
    this.#pauses.delete(message.destination);
    await store.delete(message.id);
    count(message.kind, outcome);
  }

  async #fail(message: Message, error: Error): Promise<void> {
    const { count, log, store } = this.#its;
    const { id, kind, destination, attempts, expiresAt } = message;
    const fault = error.message.slice(0, FAULT_MAX);
    const refused = error instanceof MessageRefused ? error : undefined;
    if (!refused) this.#pause(destination);
    const most = expiresAt ? RETRY_MAX_EXPIRING_MS : RETRY_MAX_MS;
    const dueAt = Date.now() + grown(RETRY_MS, attempts, most);
    if (refused?.isFinal || dueAt > this.#lastMoment(message)) return this.#giveUp(message, fault);
    count(kind, 'failed');
    const facts = { message: id, kind, destination, attempts, fault };
    log.info(facts, 'a message did not arrive; it is tried again');
    return store.postpone(id, new Date(dueAt), fault);
  }

  /** Milliseconds since 1970. */
  #lastMoment({ createdAt, expiresAt }: Message): number {
    const endsAt = createdAt.getTime() + this.#its.retrySeconds * 1000;
    return Math.min(endsAt, expiresAt?.getTime() ?? endsAt);
  }

  async #giveUp({ id, kind, destination, attempts }: Message, fault: string): Promise<void> {
    const { audit, count, database, log, retrySeconds, store } = this.#its;
    const now = Date.now();
    count(kind, 'given_up');
    // So many that nobody came to try the others: they are as old, and their destination as silent.
    const others = await store.giveUpOthers(destination, {
      createdBefore: new Date(now - retrySeconds * 1000),
      now: new Date(now),
      fault,
    });
    const facts = { message: id, kind, destination, attempts, fault };
    log.warn({ ...facts, others }, 'a message did not arrive and is given up');
    await database.transaction(async () => {
      if (await store.giveUp(id, new Date(now), fault))
        // Whoever names mailboxes that are none would fill the audit.
        await audit.recordStranger(
          'message.given_up',
          {},
          { message: id, kind, destination, attempts, reason: fault },
        );
    });
  }

  /** Messages that fail together are one failure. */
  #pause(destination: string): void {
    const now = Date.now();
    const { failures, until } = this.#pauses.get(destination) ?? { failures: 0, until: 0 };
    if (until > now) return;
    if (this.#pauses.size >= MAX_PAUSES) this.#pauses.clear();
    this.#pauses.set(destination, {
      failures: failures + 1,
      until: now + grown(PAUSE_MS, failures + 1, PAUSE_MAX_MS),
    });
  }

  /** How many are on their way to each destination; none besides go to one that failed a moment ago. */
  #busy(now: number): Map<string, number> {
    const busy = new Map<string, number>();
    for (const destination of this.#sending.values()) busy.set(destination, (busy.get(destination) ?? 0) + 1);
    for (const [destination, { until }] of this.#pauses) if (until > now) busy.set(destination, AT_ONCE_EACH);
    return busy;
  }
}

/** Twice as long each time, up to `most`; a quarter more or less, so that what failed together does not come back together. */
function grown(firstMs: number, times: number, most: number): number {
  return Math.min(firstMs * 2 ** Math.min(times - 1, 30), most) * (0.75 + Math.random() / 2);
}
