// Owns the only pool of PostgreSQL connections and says what its errors mean: what we cannot know is 503,
// what no column can hold is 400. `transaction` is for work that must read and decide under a lock;
// `write` is for everything else, and joins whatever unit of work (unit-of-work.ts) is under way.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { AppError, invalidRequest, unavailable } from './errors.ts';
import { AppendBatches } from './append-batches.ts';
import { compose, UnitOfWork, type Change } from './unit-of-work.ts';

export type Row = Record<string, unknown>;

export interface DatabaseOptions {
  connection: pg.PoolConfig;
  maxConnections: number;
  /** Tells that the server went away, so that whoever runs it can bring it back. */
  onFault?: (error: Error) => void;
}

/** Nobody waits longer than this for a connection, and no statement of a request runs longer. */
const CONNECT_TIMEOUT_MS = 1_500;
const STATEMENT_TIMEOUT_MS = 1_500;
/** For what an administrator ends: a million rows and more. */
const PATIENCE_MS = 60_000;
const POOL_TIMEOUTS: pg.PoolConfig = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  query_timeout: STATEMENT_TIMEOUT_MS + 300,
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: 5_000,
  idleTimeoutMillis: 30_000,
};

interface Transaction {
  client: pg.PoolClient;
}

export class Database {
  readonly #pool: pg.Pool;
  readonly #connection: pg.PoolConfig;
  #isClosing = false;
  #catchUp = async () => {};
  readonly #transactions = new AsyncLocalStorage<Transaction>();
  readonly #units = new AsyncLocalStorage<UnitOfWork>();
  readonly #names = new Map<string, string>();
  readonly #appends = new AppendBatches((statement) => this.query(statement.text, statement.values));

  constructor({ connection, maxConnections, onFault }: DatabaseOptions) {
    this.#connection = connection;
    this.#pool = new pg.Pool({ ...POOL_TIMEOUTS, max: maxConnections, ...connection });
    this.#pool.on('error', (error) => {
      if (!this.#isClosing) onFault?.(error);
    });
  }

  /** Runs one statement at once; inside `transaction` on its connection. Texts are constants: each is prepared once. */
  async query<R extends Row = Row>(text: string, values: unknown[] = []): Promise<R[]> {
    const client = this.#transactions.getStore()?.client ?? this.#pool;
    try {
      const result = await client.query<R>({ text, values, name: this.#nameOf(text) });
      return result.rows;
    } catch (error) {
      throw translated(error);
    }
  }

  /** As `query`, for the rare statement that ends more at once than a request may wait for. Only inside `transaction`. */
  async queryPatiently(text: string, values: unknown[] = []): Promise<void> {
    const client = this.#transactions.getStore()?.client;
    if (!client) throw new Error('a long statement needs a transaction');
    await client.query(`set local statement_timeout = ${PATIENCE_MS}`);
    await client.query({ text, values, query_timeout: PATIENCE_MS + 300 } as pg.QueryConfig);
    await client.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
  }

  /** The first row, or undefined. */
  async find<R extends Row = Row>(text: string, values: unknown[] = []): Promise<R | undefined> {
    return (await this.query<R>(text, values))[0];
  }

  /**
   * Changes something, together with everything else that this request changes: gathered in a unit of work,
   * at once in a transaction or where neither is under way.
   */
  async write(change: Change): Promise<void> {
    const unit = this.#transactions.getStore() ? undefined : this.#units.getStore();
    if (unit) {
      unit.add(change);
      return;
    }
    const rows = await this.query(change.text, change.values);
    if (change.lost && rows.length === 0) throw change.lost();
    if (change.isAnnounced && !this.isInTransaction) await this.#catchUp();
  }

  get isInTransaction(): boolean {
    return this.#transactions.getStore() !== undefined;
  }

  /**
   * `catchUp` is awaited after every transaction, and after every change that the database announces, before its caller goes
   * on: what this process ends or changes, it knows of itself when it answers. Must not throw.
   */
  onAnnounced(catchUp: () => Promise<void>): void {
    this.#catchUp = catchUp;
  }

  /** A connection of its own, outside the pool; whoever asked for it ends it. */
  async openConnection(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.#connection, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    await client.connect();
    return client;
  }

  /** The unit of work under way, for readers that must see what was gathered but not sent yet. */
  get unit(): UnitOfWork | undefined {
    return this.#units.getStore();
  }

  /**
   * Runs `work`, then sends what it gathered as one statement: all of it or none.
   * `shouldKeep` false, or a fault, drops everything; a refusal (4xx) keeps what belongs to it, such as the audit of
   * it or the end of a grant. Throws what a lost compare-and-set says.
   */
  async gather<T>(work: () => Promise<T>, shouldKeep: () => boolean = () => true): Promise<T> {
    if (this.#units.getStore()) return work();
    const unit = new UnitOfWork();
    let result: T;
    try {
      result = await this.#units.run(unit, work);
    } catch (error) {
      if (isRefusal(error)) await this.#send(unit);
      throw error;
    }
    if (shouldKeep()) await this.#send(unit);
    return result;
  }

  /**
   * A unit of work of its own, whatever else is under way: what `work` gathers is stored when this returns, and when
   * `work` throws, a refusal too, nothing of it is.
   */
  async apart<T>(work: () => Promise<T>): Promise<T> {
    const unit = new UnitOfWork();
    const result = await this.#units.run(unit, work);
    await this.#send(unit);
    return result;
  }

  async #send(unit: UnitOfWork): Promise<void> {
    if (unit.isEmpty) return;
    if (unit.onlyAppends && !this.isInTransaction) {
      await this.#appends.send(unit.changes);
    } else {
      const statement = compose(unit.changes);
      try {
        await this.query(statement.text, statement.values);
      } catch (error) {
        throw unit.lossOf(error) ?? error;
      }
    }
    if (unit.isAnnounced) await this.#catchUp();
  }

  /** One transaction on one connection; a throw rolls back. Never hash a password or call an upstream inside. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#transactions.getStore()) return work();
    const result = await this.#transact(work);
    await this.#catchUp();
    return result;
  }

  async #transact<T>(work: () => Promise<T>): Promise<T> {
    const client = await this.#connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await this.#transactions.run({ client }, work);
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((fault: Error) => (broken = fault));
      throw translated(error);
    } finally {
      client.release(broken);
    }
  }

  /** Runs `work` unless another process is at the same; true when it ran. Not one transaction: the lock is the connection's. */
  async tryLocked(group: number, lock: number, work: () => Promise<void>): Promise<boolean> {
    const client = await this.#connect();
    let broken: Error | undefined;
    try {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1, $2) as got', [
        group,
        lock,
      ]);
      if (!rows[0]?.got) return false;
      await work();
      return true;
    } finally {
      await client
        .query('select pg_advisory_unlock($1, $2)', [group, lock])
        .catch((fault: Error) => (broken = fault));
      client.release(broken);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw translated(error);
    }
  }

  /** Answers within the timeouts above or throws 503. */
  async ping(): Promise<void> {
    await this.query('select 1');
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#pool.end();
  }

  #nameOf(text: string): string | undefined {
    let name = this.#names.get(text);
    if (!name && this.#names.size < 500) {
      name = `s${this.#names.size}`;
      this.#names.set(text, name);
    }
    return name;
  }
}

/** Ours or the engine's: an answer below 500. */
function isRefusal(error: unknown): boolean {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' && status < 500;
}

/** True when a unique index refused a row; `constraint` narrows it to one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const fault = error as { code?: string; constraint?: string } | undefined;
  return fault?.code === '23505' && (constraint === undefined || fault.constraint === constraint);
}

// SQLSTATE classes after which we do not know, as opposed to a statement that is wrong: connection, resources,
// operator intervention, system error, serialization; and the statement timeout (57014).
const UNKNOWN_OUTCOME = /^(08|40|53|55|57|58|25P0[23]|3D000|XX)/;
// What no text column can hold: NUL, a broken surrogate, a number out of range, a malformed uuid.
const UNSTORABLE = /^(22P05|22021|22P02|22003)$/;

function translated(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (!(error instanceof pg.DatabaseError)) return isOfDriver(error) ? unavailable(error) : error;
  if (UNSTORABLE.test(error.code ?? '')) {
    return invalidRequest('The request has a character or a value that cannot be stored.', { cause: error });
  }
  return UNKNOWN_OUTCOME.test(error.code ?? '') ? unavailable(error) : error;
}

/** Faults of sockets and of the pool; not programming mistakes, and not the refusals that stores throw. */
function isOfDriver(error: unknown): boolean {
  if (!isNativeError(error)) return false;
  if ('syscall' in error) return true;
  return (
    /timeout|terminated|not queryable|closed|ended|connection/i.test(error.message) && !('status' in error)
  );
}
