// The rows of messages that are on their way to services and to people. Whoever takes some has them for a while: when they are
// killed in the middle, the messages are due again, and nothing is lost. What was delivered is deleted.
import type { Database } from '../base/database.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import { BATCH_ROWS, deleteOldest } from '../base/sweep.ts';

export interface NewMessage {
  kind: string;
  destination: string;
  body: Record<string, unknown>;
  /** Joins the body when it is sent; until then nobody reads it. */
  secret: Record<string, unknown>;
  /** It is of no use afterwards. */
  expiresAt: Date;
}

export interface Message {
  id: string;
  kind: string;
  /** Whom it is for, such as "client web". */
  destination: string;
  /** Without what is sealed of it. */
  body: Record<string, unknown>;
  sealed: string | undefined;
  createdAt: Date;
  /** When it is of no use any more. */
  expiresAt: Date | undefined;
  /** That which is under way included. */
  attempts: number;
}

/** One that has not arrived. */
export interface WaitingMessage extends Message {
  /** Not before; undefined for one that nobody has tried yet, or that is given up. */
  dueAt: Date | undefined;
  lastFault: string | undefined;
  givenUpAt: Date | undefined;
}

export interface Taking {
  now: Date;
  /** Until then nobody else takes them. */
  until: Date;
  limit: number;
  /** Of one destination. */
  limitEach: number;
  /** So many fewer of these. */
  fewer: ReadonlyMap<string, number>;
}

interface MessageRow extends Record<string, unknown> {
  id: string;
  kind: string;
  destination: string;
  body: Record<string, unknown>;
  body_sealed: string | null;
  created_at: Date;
  expires_at: Date | null;
  attempts: number;
}

interface WaitingRow extends MessageRow {
  due_at: Date | null;
  last_fault: string | null;
  given_up_at: Date | null;
}

const COLUMNS =
  'o.id::text, o.kind, o.destination, o.body, o.body_sealed, o.created_at, o.expires_at, o.attempts';
/** More are not counted one by one. */
const COUNT_MAX = 100_000;
const LONG = 1_000;

export class OutboxStore {
  readonly #database: Database;
  readonly #sealer: Sealer;
  /** For base/reseal.ts. */
  readonly sealed: SealedColumn;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
    this.sealed = {
      table: 'outbox',
      column: 'body_sealed',
      key: { column: 'id', type: 'bigint' },
      reads: ['kind'],
      sealer,
      contextOf: ({ kind }) => contextOf(kind),
    };
  }

  /** Together with everything else that is changed (base/database.ts, `write`). */
  async insert({ kind, destination, body, secret, expiresAt }: NewMessage): Promise<void> {
    const sealed = this.#sealer.seal(JSON.stringify(secret), contextOf(kind));
    await this.#database.write({
      appends: true,
      text: `insert into outbox (kind, destination, body, body_sealed, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6)`,
      values: [kind, destination, JSON.stringify(body), sealed, new Date(Date.now()), expiresAt],
    });
  }

  /** All of the body, with what is sealed of it. Throws when it was sealed with a key that is no longer listed. */
  open({ kind, body, sealed }: Message): Record<string, unknown> {
    if (sealed === undefined) return body;
    return { ...body, ...(JSON.parse(this.#sealer.open(sealed, contextOf(kind))) as object) };
  }

  /** What is due, a few of each destination: a long queue to one of them leaves room for the others. */
  async take({ now, until, limit, limitEach, fewer }: Taking): Promise<Message[]> {
    const rows = await this.#database.query<MessageRow>(
      `with recursive destinations as (
         (select destination from outbox where given_up_at is null order by destination limit 1)
         union all
         select (select o.destination from outbox o
                  where o.given_up_at is null and o.destination > d.destination order by o.destination limit 1)
           from destinations d where d.destination is not null),
       due as (
         select o.id from destinations d left join unnest($5::text[], $6::int[]) f (destination, count) using (destination)
          cross join lateral (
           select id, due_at from outbox
            where destination = d.destination and due_at <= $1 and given_up_at is null
            order by due_at limit greatest($4 - coalesce(f.count, 0), 0) for update skip locked) o
          order by o.due_at limit $3)
       update outbox o set due_at = $2, attempts = o.attempts + 1 where o.id = any(array(select id from due))
       returning ${COLUMNS}`,
      [now, until, limit, limitEach, [...fewer.keys()], [...fewer.values()]],
    );
    return rows.map(fromRow);
  }

  async delete(id: string): Promise<void> {
    await this.#database.query('delete from outbox where id = $1', [id]);
  }

  /** It was not delivered: `dueAt` is when to try again. */
  async postpone(id: string, dueAt: Date, fault: string): Promise<void> {
    await this.#database.query(
      'update outbox set due_at = $2, last_fault = $3 where id = $1 and given_up_at is null',
      [id, dueAt, fault],
    );
  }

  /** False when it is gone or was given up before. */
  async giveUp(id: string, now: Date, fault: string): Promise<boolean> {
    const rows = await this.#database.query(
      'update outbox set given_up_at = $2, last_fault = $3 where id = $1 and given_up_at is null returning 1',
      [id, now, fault],
    );
    return rows.length > 0;
  }

  /**
   * Those to the same destination that are older, or of no use any more, and that nobody has in hand, a few thousand at once.
   * How many there were.
   */
  async giveUpOthers(
    destination: string,
    { createdBefore, now, fault }: { createdBefore: Date; now: Date; fault: string },
  ): Promise<number> {
    const rows = await this.#database.query(
      `update outbox set given_up_at = $3, last_fault = $4 where id = any(array(
         select id from outbox
          where destination = $1 and due_at <= $3 and given_up_at is null
            and (created_at < $2 or expires_at <= $3)
          order by due_at limit ${BATCH_ROWS} for update skip locked))
       returning 1`,
      [destination, createdBefore, now, fault],
    );
    return rows.length;
  }

  /** Due at once, and as long as a new one, if it is of use for so long. False when there is none. */
  async restart(id: string, now: Date): Promise<boolean> {
    const rows = await this.#database.query(
      `update outbox set created_at = $2, due_at = '-infinity', attempts = 0, given_up_at = null
        where id = $1 returning 1`,
      [id, now],
    );
    return rows.length > 0;
  }

  /** The oldest first; `after` is the last id of the page before. */
  async list(page: {
    isGivenUp: boolean;
    after?: string | undefined;
    limit: number;
  }): Promise<WaitingMessage[]> {
    const rows = await this.#database.query<WaitingRow>(
      `select ${COLUMNS}, nullif(o.due_at, '-infinity') as due_at, o.last_fault, o.given_up_at from outbox o
        where o.id > $1 and (o.given_up_at is not null) = $2 order by o.id limit $3`,
      [page.after ?? '0', page.isGivenUp, page.limit],
    );
    return rows.map((row) => ({
      ...fromRow(row),
      dueAt: row.given_up_at === null ? (row.due_at ?? undefined) : undefined,
      lastFault: row.last_fault ?? undefined,
      givenUpAt: row.given_up_at ?? undefined,
    }));
  }

  /** Whether a thousand messages wait for one destination. */
  async isLong(destination: string): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from outbox where destination = $1 and given_up_at is null
        order by due_at offset ${LONG - 1} limit 1`,
      [destination],
    );
    return row !== undefined;
  }

  async count(): Promise<{ waiting: number; givenUp: number }> {
    const row = await this.#database.find<{ waiting: number; given_up: number }>(
      `select (select count(*) from (select 1 from outbox where given_up_at is null limit ${COUNT_MAX}) w)::int as waiting,
              (select count(*) from (select 1 from outbox where given_up_at is not null limit ${COUNT_MAX}) g)::int as given_up`,
    );
    return { waiting: row?.waiting ?? 0, givenUp: row?.given_up ?? 0 };
  }

  /** For base/sweep.ts: one batch of those that were given up before that time. */
  deleteGivenUp(before: Date): Promise<number> {
    return deleteOldest(this.#database, { table: 'outbox', key: 'id', time: 'given_up_at' }, before);
  }

  /** The same of those that were given up and are of no use to anybody any more. */
  async deleteExpired(now: Date): Promise<number> {
    const rows = await this.#database.query(
      `delete from outbox where id = any(array(
         select id from outbox where given_up_at is not null and expires_at <= $1
          order by expires_at limit ${BATCH_ROWS} for update skip locked))
       returning 1`,
      [now],
    );
    return rows.length;
  }
}

/** Not the row: an envelope names whom it is for, and says the same in another one. */
function contextOf(kind: unknown): string {
  return `outbox:${String(kind)}`;
}

function fromRow(row: MessageRow): Message {
  return {
    id: row.id,
    kind: row.kind,
    destination: row.destination,
    body: row.body,
    sealed: row.body_sealed ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    attempts: row.attempts,
  };
}
