// Rows of signing_keys. The private half is sealed; the states are next → current → previous. Every change of state names
// the state before, so that of many processes one makes it. Times come from the caller's clock.
import type { JWK } from 'oidc-provider';
import type { Database } from '../base/database.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';

export type KeyState = 'next' | 'current' | 'previous';

/** What everybody may know of a key. */
export interface KeyRecord {
  id: string;
  algorithm: string;
  state: KeyState;
  createdAt: Date;
  /** A next key that is to become current, and when. */
  activatesAt: Date | undefined;
  activatedAt: Date | undefined;
  retiredAt: Date | undefined;
}

export interface SigningKey extends KeyRecord {
  /** Private. */
  jwk: JWK;
}

interface KeyRow extends Record<string, unknown> {
  id: string;
  algorithm: string;
  state: KeyState;
  jwk_sealed: string;
  created_at: Date;
  activates_at: Date | null;
  activated_at: Date | null;
  retired_at: Date | null;
}

// Current keys first: of several keys of an algorithm the engine signs with the first.
const ORDER = `order by state = 'current' desc, algorithm = 'ES256' desc, algorithm, state, created_at desc`;

export class KeyStore {
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
  }

  get sealed(): SealedColumn {
    return {
      table: 'signing_keys',
      column: 'jwk_sealed',
      key: { column: 'id', type: 'text' },
      sealer: this.#sealer,
      contextOf: ({ key }) => contextOf(String(key)),
    };
  }

  /** With their private halves, current keys first. */
  async list(): Promise<SigningKey[]> {
    const rows = await this.#database.query<KeyRow>(
      `select id, algorithm, state, jwk_sealed, created_at, activates_at, activated_at, retired_at
         from signing_keys ${ORDER}`,
    );
    return rows.map((row) => ({
      ...fromRow(row),
      jwk: JSON.parse(this.#sealer.open(row.jwk_sealed, contextOf(row.id))) as JWK,
    }));
  }

  /** Opens nothing. */
  async listRecords(): Promise<KeyRecord[]> {
    const rows = await this.#database.query<KeyRow>(
      `select id, algorithm, state, created_at, activates_at, activated_at, retired_at from signing_keys ${ORDER}`,
    );
    return rows.map(fromRow);
  }

  /** False when another process was first with a key of this algorithm in this state. */
  async insert(
    key: Pick<SigningKey, 'id' | 'algorithm' | 'jwk'>,
    state: 'next' | 'current',
    now: Date,
  ): Promise<boolean> {
    const rows = await this.#database.query(
      `insert into signing_keys (id, algorithm, state, jwk_sealed, created_at, updated_at, activated_at)
       values ($1, $2, $3, $4, $5, $5, $6) on conflict do nothing returning 1`,
      [
        key.id,
        key.algorithm,
        state,
        this.#sealer.seal(JSON.stringify(key.jwk), contextOf(key.id)),
        now,
        state === 'current' ? now : null,
      ],
    );
    return rows.length > 0;
  }

  /** False when the key is not the next one any more. */
  async schedule(id: string, activatesAt: Date): Promise<boolean> {
    const rows = await this.#database.query(
      `update signing_keys set activates_at = $2 where id = $1 and state = 'next' returning 1`,
      [id, activatesAt],
    );
    return rows.length > 0;
  }

  /** current → previous. False when the key is not current any more. */
  async retire(id: string, now: Date): Promise<boolean> {
    const rows = await this.#database.query(
      `update signing_keys set state = 'previous', retired_at = $2, updated_at = $2
        where id = $1 and state = 'current' returning 1`,
      [id, now],
    );
    return rows.length > 0;
  }

  /** next → current, behind `retire`. */
  async activate(id: string, now: Date): Promise<boolean> {
    const rows = await this.#database.query(
      `update signing_keys set state = 'current', activates_at = null, activated_at = $2, updated_at = $2
        where id = $1 and state = 'next' returning 1`,
      [id, now],
    );
    return rows.length > 0;
  }

  /** Deletes what was retired before `time`. */
  async deleteRetired(time: Date): Promise<Pick<KeyRecord, 'id' | 'algorithm'>[]> {
    return this.#database.query<{ id: string; algorithm: string }>(
      `delete from signing_keys where state = 'previous' and coalesce(retired_at, updated_at) < $1
       returning id, algorithm`,
      [time],
    );
  }
}

function contextOf(id: string): string {
  return `key:${id}`;
}

function fromRow(row: KeyRow): KeyRecord {
  const { id, algorithm, state } = row;
  return {
    id,
    algorithm,
    state,
    createdAt: row.created_at,
    activatesAt: row.activates_at ?? undefined,
    activatedAt: row.activated_at ?? undefined,
    retiredAt: row.retired_at ?? undefined,
  };
}
