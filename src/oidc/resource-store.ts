// Rows of resources.
import type { Database } from '../base/database.ts';
import type { TokenFormat } from './access-token-format.ts';
import type { SigningAlgorithm } from './keys.ts';
import type { Resource } from './resource.ts';

interface ResourceRow extends Record<string, unknown> {
  identifier: string;
  name: string;
  client_id: string | null;
  scope: string;
  token_format: TokenFormat;
  signing_alg: SigningAlgorithm;
  access_token_ttl_seconds: number | null;
  accepted_since_at: Date;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `identifier, name, client_id, scope, token_format, signing_alg, access_token_ttl_seconds, accepted_since_at,
  created_at, updated_at`;

export class ResourceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(identifier: string): Promise<Resource | undefined> {
    const row = await this.#database.find<ResourceRow>(
      `select ${COLUMNS} from resources where identifier = $1`,
      [identifier],
    );
    return row && fromRow(row);
  }

  /** In the order of their identifiers; `after` is the last one of the page before. */
  async list(page: { after?: string | undefined; limit: number }): Promise<Resource[]> {
    const rows = await this.#database.query<ResourceRow>(
      `select ${COLUMNS} from resources where identifier > $1 order by identifier limit $2`,
      [page.after ?? '', page.limit],
    );
    return rows.map(fromRow);
  }

  /** Of these names, those that are a scope of some resource. */
  async findScopes(names: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ wanted: string }>(
      `select wanted from unnest($1::text[]) wanted
        where exists (select 1 from resources where wanted = any(string_to_array(scope, ' ')))`,
      [names],
    );
    return rows.map(({ wanted }) => wanted);
  }

  /** False when the identifier is taken. */
  async insert(resource: Resource): Promise<boolean> {
    const rows = await this.#database.query(
      `insert into resources (identifier, name, client_id, scope, token_format, signing_alg, access_token_ttl_seconds,
              accepted_since_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (identifier) do nothing returning 1`,
      valuesOf(resource),
    );
    return rows.length > 0;
  }

  /** False when it is gone. */
  async update(resource: Resource): Promise<boolean> {
    const rows = await this.#database.query(
      `update resources set name = $2, client_id = $3, scope = $4, token_format = $5, signing_alg = $6,
              access_token_ttl_seconds = $7, accepted_since_at = $8, updated_at = now()
        where identifier = $1 returning 1`,
      valuesOf(resource),
    );
    return rows.length > 0;
  }

  /** What resources have of their own, when any does. */
  async findLongestAccessTokenSeconds(): Promise<number | undefined> {
    const row = await this.#database.find<{ longest: number | null }>(
      'select max(access_token_ttl_seconds) as longest from resources',
    );
    return row?.longest ?? undefined;
  }

  async delete(identifier: string): Promise<void> {
    await this.#database.query('delete from resources where identifier = $1', [identifier]);
  }
}

function valuesOf(resource: Resource): unknown[] {
  const { identifier, name, clientId, scope, tokenFormat, signingAlgorithm } = resource;
  const { accessTokenTtlSeconds, acceptedSince } = resource;
  return [
    identifier,
    name,
    clientId ?? null,
    scope,
    tokenFormat,
    signingAlgorithm,
    accessTokenTtlSeconds ?? null,
    acceptedSince,
  ];
}

function fromRow(row: ResourceRow): Resource {
  return {
    identifier: row.identifier,
    name: row.name,
    clientId: row.client_id ?? undefined,
    scope: row.scope,
    tokenFormat: row.token_format,
    signingAlgorithm: row.signing_alg,
    accessTokenTtlSeconds: row.access_token_ttl_seconds ?? undefined,
    acceptedSince: row.accepted_since_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
