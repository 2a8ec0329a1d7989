// Owns how this process hears what others have ended or changed: one connection that listens to what the database announces
// (migrations/007_news.ts), asked several times a second whether it still hears. From that it answers one question for
// everything that is remembered anywhere: is what was read then still true? When in doubt it is not.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from './log.ts';
import { parseSnapshot, sees, seesAllOf, SNAPSHOT, type Snapshot } from './snapshot.ts';

/** What was read, as far as the truth of it can change. */
export interface Standing {
  /** What the reading statement saw (column SNAPSHOT). */
  snapshot: Snapshot;
  /** What it stands on: "account 0198…", "client web". */
  subjects: readonly string[];
}

export interface NewsOptions {
  /** Opens a connection of its own, outside any pool. */
  connect: () => Promise<pg.Client>;
  log: Logger;
  /** How long something that was announced may be on its way before nothing is believed to come through. */
  echoMs?: number;
}

/** What was true so long ago may count as true: whatever ends has ended everywhere within a second. */
export const NEWS_LIFE_MS = 900;
const HEARTBEAT_MS = 250;
/** No answer for so long: the connection is dead, whatever the operating system says. */
const SILENCE_MS = 600;
const RETRY_MS = 200;
/** Long enough for a machine that is busy with other things. */
const ECHO_MS = 5_000;
/** What has ended is kept for this long at least: longer than anything is remembered anywhere (the copies in Redis: a minute). */
const ENDED_LIFE_MS = 90_000;
const MAX_ENDED = 20_000;

interface Ended {
  transaction: number;
  heardAt: number;
}

/** Stands for every subject. */
const ALL = 'all';
/** News of nothing, which only says that news comes through. */
const ECHO = 'echo';

/** The start of the process ends with its message. */
export class NewsError extends Error {
  override readonly name = 'NewsError';
}

export class News {
  readonly #options: NewsOptions;
  readonly #ended = new Map<string, Ended>();
  /** The transaction of the last piece of news. */
  #latest = 0;
  readonly #hearers = new Map<string, ((subject: string) => void)[]>();
  #client: pg.Client | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #isClosed = true;
  #isAway = false;
  /** What this one sees may have gone unheard, or be forgotten again; the rest is in `#ended`. Undefined while nothing is heard. */
  #heardFrom: Snapshot | undefined;
  /** What `#heardFrom` will be next. */
  #mark: { snapshot: Snapshot; askedAt: number } | undefined;
  readonly #echoes = new Map<string, () => void>();
  #aliveAt = Number.NEGATIVE_INFINITY;
  /** Grows with every piece of news: whoever saw this one need not look again. */
  version = 0;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it hears. From then on it comes back by itself after every fault, until `close`. Throws NewsError where
   * nothing can be heard.
   */
  async start(): Promise<void> {
    this.#isClosed = false;
    await this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#heartbeat);
    const client = this.#client;
    this.#client = undefined;
    this.#aliveAt = Number.NEGATIVE_INFINITY;
    await client?.end().catch(() => {});
  }

  /** `act` is called for every subject of this kind, and with '' whenever news may have been missed. Must not throw. */
  hear(kind: string, act: (subject: string) => void): void {
    this.#hearers.set(kind, [...(this.#hearers.get(kind) ?? []), act]);
  }

  /** True while everything that committed up to a moment ago has been heard. */
  get isFresh(): boolean {
    return performance.now() - this.#aliveAt < NEWS_LIFE_MS;
  }

  /** Everything that committed before this moment (of performance.now) has been heard. */
  get heardUntil(): number {
    return this.#aliveAt;
  }

  /** Whether what was read, whenever that was, still holds, as far as everything that committed up to a moment ago tells. */
  vouchesFor(standing: Standing): boolean {
    if (!this.isFresh || this.#heardFrom === undefined) return false;
    return seesAllOf(standing.snapshot, this.#heardFrom) && !this.contradicts(standing);
  }

  /** Whether something that it stands on is known to have ended or changed since it was read. */
  contradicts(standing: Standing): boolean {
    const { snapshot } = standing;
    // Commits come in their order: who saw the last one saw all.
    if (this.#ended.size === 0 || sees(snapshot, this.#latest)) return false;
    const isUnseen = (subject: string) => {
      const ended = this.#ended.get(subject);
      return ended !== undefined && !sees(snapshot, ended.transaction);
    };
    return isUnseen(ALL) || standing.subjects.some(isUnseen);
  }

  /**
   * Resolves when this process has heard what committed before the call, or when it does not hear at all and therefore
   * trusts nothing for long. Never throws.
   */
  async caughtUp(): Promise<void> {
    if (this.#client) await this.#beatNext(this.#client);
  }

  async #connect(): Promise<void> {
    const client = await this.#options.connect();
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('the connection ended')));
    client.on('notification', ({ payload = '' }) => this.#receive(payload));
    try {
      await client.query('listen portaria');
      const { rows } = await client.query<{ snapshot: string }>(`select ${SNAPSHOT}`);
      await this.#hearEcho();
      this.#heardFrom = parseSnapshot(rows[0]?.snapshot ?? '');
      this.#mark = undefined;
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    if (this.#isClosed) return client.end();
    this.#client = client;
    this.version += 1;
    if (this.#isAway) this.#options.log.info('news of what has ended is heard again');
    this.#isAway = false;
    for (const act of [...this.#hearers.values()].flat()) act('');
    await this.#beatNext(client);
    this.#beatAgain(client);
  }

  /**
   * A pooler that gives each statement to another connection answers every beat and passes no news on. So somebody else says
   * something, while nothing is asked here, and it has to be heard.
   */
  async #hearEcho(): Promise<void> {
    const name = randomUUID();
    const { promise: heard, resolve } = Promise.withResolvers<boolean>();
    const limit = setTimeout(() => resolve(false), this.#options.echoMs ?? ECHO_MS);
    this.#echoes.set(name, () => resolve(true));
    const other = await this.#options.connect();
    try {
      await other.query('select announce($1, $2)', [ECHO, name]);
      if (await heard) return;
    } finally {
      clearTimeout(limit);
      this.#echoes.delete(name);
      await other.end().catch(() => {});
    }
    throw new NewsError(
      'The database answers, but what it announces (LISTEN, NOTIFY) does not come through. Let DATABASE_URL lead to PostgreSQL itself, or to a pooler in session mode.',
    );
  }

  #beatAgain(client: pg.Client): void {
    this.#heartbeat = setTimeout(() => {
      void this.#beatNext(client).then(() => {
        if (this.#client === client) this.#beatAgain(client);
      });
    }, HEARTBEAT_MS).unref();
  }

  /** After the one that is under way, which may have been answered too early; whoever waits meanwhile shares the next. */
  #beatNext(client: pg.Client): Promise<void> {
    this.#queued ??= this.#beating.then(() => {
      this.#queued = undefined;
      this.#beating = this.#beat(client);
      return this.#beating;
    });
    return this.#queued;
  }

  /** PostgreSQL sends what was announced before it answers. */
  async #beat(client: pg.Client): Promise<void> {
    const askedAt = performance.now();
    let silence: NodeJS.Timeout | undefined;
    try {
      const { rows } = await Promise.race([
        client.query<{ snapshot: string }>({ name: 'beat', text: `select ${SNAPSHOT}` }),
        new Promise<never>((_, reject) => {
          silence = setTimeout(() => reject(new Error('no sign of life')), SILENCE_MS);
        }),
      ]);
      if (this.#client !== client) return;
      this.#aliveAt = Math.max(this.#aliveAt, askedAt);
      this.#forgetOld(parseSnapshot(rows[0]?.snapshot ?? ''), askedAt);
    } catch (error) {
      this.#lose(client, error as Error);
    } finally {
      clearTimeout(silence);
    }
  }

  /**
   * What was heard before a beat was asked is seen by its snapshot. So it can be forgotten once nothing is vouched for that
   * does not see as much: a copy from before, wherever it was kept and however it came back, is none any more.
   */
  #forgetOld(snapshot: Snapshot, askedAt: number): void {
    const mark = (this.#mark ??= { snapshot, askedAt });
    if (askedAt - mark.askedAt < ENDED_LIFE_MS) return;
    this.#heardFrom = mark.snapshot;
    this.#mark = { snapshot, askedAt };
    for (const [subject, { heardAt }] of this.#ended) {
      if (heardAt >= mark.askedAt) break;
      this.#ended.delete(subject);
    }
  }

  #lose(client: pg.Client, error: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#aliveAt = Number.NEGATIVE_INFINITY;
    this.#heardFrom = undefined;
    this.version += 1;
    clearTimeout(this.#heartbeat);
    void client.end().catch(() => {});
    if (this.#isClosed) return;
    if (!this.#isAway)
      this.#options.log.warn({ reason: error.message }, 'news of what has ended is not heard');
    this.#isAway = true;
    this.#retry();
  }

  #retry(): void {
    if (this.#isClosed) return;
    this.#heartbeat = setTimeout(() => {
      this.#connect().catch(() => this.#retry());
    }, RETRY_MS).unref();
  }

  #receive(payload: string): void {
    const [, kind, transaction, subject = ''] = /^(\w+) (\d+) (.*)$/s.exec(payload) ?? [];
    // Somebody else has a word on this channel.
    if (kind === undefined) return;
    if (kind === ECHO) return this.#echoes.get(subject)?.();
    this.version += 1;
    if (kind === ALL) {
      this.#remember(ALL, Number(transaction));
      for (const act of [...this.#hearers.values()].flat()) act('');
    } else {
      this.#remember(`${kind} ${subject}`, Number(transaction));
      for (const act of this.#hearers.get(kind) ?? []) act(subject);
    }
  }

  /** News comes in the order of the commits: who saw the last one of a subject saw those before. */
  #remember(subject: string, transaction: number): void {
    const heardAt = performance.now();
    this.#latest = transaction;
    // Deleted first, so that the map stays in the order of what was heard.
    this.#ended.delete(subject);
    this.#ended.set(subject, { transaction, heardAt });
    if (this.#ended.size <= MAX_ENDED) return;
    // Too much to keep it apart: from now on only what is read from now on is vouched for.
    this.#ended.clear();
    this.#ended.set(ALL, { transaction, heardAt });
  }
}
