// Rows of clients. The secret is sealed under the client's own id, so that a row copied onto another does not open.
// Every request of a program asks for its client, so what was read is remembered until the news says that it has changed.
import type { Database } from '../base/database.ts';
import type { News, Standing } from '../base/news.ts';
import { Remembered } from '../base/remembered.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import { parseSnapshot, SNAPSHOT } from '../base/snapshot.ts';
import type { Client, ClientMetadata } from './client.ts';

interface ClientRow extends Record<string, unknown> {
  id: string;
  name: string;
  secret_sealed: string | null;
  is_first_party: boolean;
  is_built_in: boolean;
  is_self_registered: boolean;
  logo_digest: string | null;
  metadata: ClientMetadata;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `id, name, secret_sealed, is_first_party, is_built_in, is_self_registered, metadata, created_at,
  updated_at, (select digest from client_logos where client_id = id) as logo_digest`;

const SWEEP_BATCH = 500;
/** More than anybody looks through. */
const TILES_MAX = 100;
const LIMITS = { maxEntries: 1_000, maxBytes: 8 * 1024 * 1024, lifeMs: 60_000 };

export class ClientStore {
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #known: Remembered<Client>;

  constructor(database: Database, sealer: Sealer, news: News) {
    this.#database = database;
    this.#sealer = sealer;
    this.#known = new Remembered(news, LIMITS);
  }

  get sealed(): SealedColumn {
    return {
      table: 'clients',
      column: 'secret_sealed',
      key: { column: 'id', type: 'text' },
      sealer: this.#sealer,
      contextOf: ({ key }) => contextOf(String(key)),
    };
  }

  async find(id: string): Promise<Client | undefined> {
    // A transaction sees what nobody else may see yet.
    if (this.#database.isInTransaction) return (await this.#read(id))?.client;
    const known = this.#known.get(id);
    if (known) return known;
    const readAt = performance.now();
    const read = await this.#read(id);
    if (read) this.#known.set(id, read.client, { standing: read.standing, readAt, bytes: read.bytes });
    return read?.client;
  }

  /** As it is now, whatever is remembered. */
  async findFresh(id: string): Promise<Client | undefined> {
    this.#known.delete(id);
    return this.find(id);
  }

  /** Keeps the row as it is until the transaction under way ends. */
  async hold(id: string): Promise<void> {
    await this.#database.query('select 1 from clients where id = $1 for share', [id]);
  }

  async #read(id: string): Promise<{ client: Client; standing: Standing; bytes: number } | undefined> {
    const row = await this.#database.find<ClientRow & { snapshot: string }>(
      `select ${COLUMNS}, ${SNAPSHOT} from clients where id = $1`,
      [id],
    );
    if (!row) return undefined;
    const standing = { snapshot: parseSnapshot(row.snapshot), subjects: [`client ${id}`] };
    return { client: this.#fromRow(row), standing, bytes: 2 * JSON.stringify(row).length };
  }

  /** In the order of their ids; `after` is the last id of the page before. */
  async list(page: { after?: string; limit: number }): Promise<Client[]> {
    const rows = await this.#database.query<ClientRow>(
      `select ${COLUMNS} from clients where id > $1 order by id limit $2`,
      [page.after ?? '', page.limit],
    );
    return rows.map((row) => this.#fromRow(row));
  }

  /** Those that a person can open from the front desk, by name: the services of this house, and what the person connected. */
  async listStartable(accountId: string): Promise<Client[]> {
    const rows = await this.#database.query<ClientRow>(
      `select ${COLUMNS} from clients c
        where (metadata->>'initiate_login_uri') is not null
          and (is_first_party or exists (
            select 1 from grants g where g.account_id = $1 and g.client_id = c.id and g.expires_at > $2))
        order by name, id limit ${TILES_MAX}`,
      [accountId, new Date(Date.now())],
    );
    return rows.map((row) => this.#fromRow(row));
  }

  /** Where those are sent back to that may collect passwords: few clients may. */
  async listPasswordLoginUris(): Promise<string[]> {
    const rows = await this.#database.query<{ uris: string[] }>(
      `select metadata->'redirect_uris' as uris from clients where metadata->>'password_login' = 'true'`,
    );
    return rows.flatMap(({ uris }) => uris);
  }

  /** Of all that did not register themselves. */
  async listGivenNames(): Promise<string[]> {
    const rows = await this.#database.query<{ name: string; names: Record<string, string> | null }>(
      `select name, metadata->'names' as names from clients where not is_self_registered`,
    );
    return rows.flatMap(({ name, names }) => [name, ...Object.values(names ?? {})]);
  }

  /** False when the id is taken. */
  async insert(client: Client): Promise<boolean> {
    const rows = await this.#database.query(
      `insert into clients (id, name, secret_sealed, is_first_party, is_built_in, metadata, is_self_registered)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning 1`,
      [...this.#valuesOf(client), client.isSelfRegistered],
    );
    return rows.length > 0;
  }

  async update(client: Client): Promise<void> {
    await this.#database.query(
      `update clients set name = $2, secret_sealed = $3, is_first_party = $4, is_built_in = $5, metadata = $6,
              updated_at = now() where id = $1`,
      this.#valuesOf(client),
    );
  }

  /** Brings a built-in client to what this version says it is; writes nothing when it is so already. */
  async putBuiltIn(client: Client): Promise<void> {
    await this.#database.query(
      `insert into clients (id, name, secret_sealed, is_first_party, is_built_in, metadata)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update
          set name = excluded.name, is_first_party = excluded.is_first_party, is_built_in = excluded.is_built_in,
              metadata = excluded.metadata, updated_at = now()
        where (clients.name, clients.is_first_party, clients.metadata)
              is distinct from (excluded.name, excluded.is_first_party, excluded.metadata)`,
      this.#valuesOf(client),
    );
  }

  /** What clients have of their own, when any does. */
  async findLongestAccessTokenSeconds(): Promise<number | undefined> {
    const row = await this.#database.find<{ longest: number | null }>(
      `select max((metadata->>'access_token_ttl_seconds')::float8) as longest from clients
        where (metadata->>'access_token_ttl_seconds') is not null`,
    );
    return row?.longest ?? undefined;
  }

  async delete(id: string): Promise<void> {
    await this.#database.query('delete from clients where id = $1', [id]);
  }

  /**
   * Those that registered themselves before that time and have no token and no grant, unless somebody has made them ours.
   * A few hundred at once. Their ids.
   */
  async deleteUnused(before: Date): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(
      `delete from clients where id in
         (select c.id from clients c
           where c.is_self_registered and not c.is_first_party and c.created_at < $1
             and not exists (select 1 from tokens t where t.client_id = c.id)
             and not exists (select 1 from grants g where g.client_id = c.id)
           limit ${SWEEP_BATCH} for update skip locked)
       returning id`,
      [before],
    );
    return rows.map(({ id }) => id);
  }

  #valuesOf(client: Client): unknown[] {
    const sealed =
      client.secret === undefined ? null : this.#sealer.seal(client.secret, contextOf(client.id));
    const metadata = JSON.stringify(client.metadata);
    return [client.id, client.name, sealed, client.isFirstParty, client.isBuiltIn, metadata];
  }

  #fromRow(row: ClientRow): Client {
    return {
      id: row.id,
      name: row.name,
      secret:
        row.secret_sealed === null ? undefined : this.#sealer.open(row.secret_sealed, contextOf(row.id)),
      isFirstParty: row.is_first_party,
      isBuiltIn: row.is_built_in,
      isSelfRegistered: row.is_self_registered,
      logoDigest: row.logo_digest ?? undefined,
      metadata: row.metadata,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }
}

function contextOf(id: string): string {
  return `client:${id}`;
}
