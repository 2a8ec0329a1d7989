// Rows of signing_keys. The private half is sealed; the states are next → current → previous.
import type { JWK } from 'oidc-provider';
import type { Database } from '../base/database.ts';
import type { Sealer } from '../base/seal.ts';

export interface SigningKey {
  id: string;
  algorithm: string;
  state: 'next' | 'current' | 'previous';
  /** Private. */
  jwk: JWK;
  createdAt: Date;
}

interface KeyRow extends Record<string, unknown> {
  id: string;
  algorithm: string;
  state: SigningKey['state'];
  jwk_sealed: string;
  created_at: Date;
}

export class KeyStore {
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
  }

  /** Current keys first. */
  async list(): Promise<SigningKey[]> {
    const rows = await this.#database.query<KeyRow>(
      `select id, algorithm, state, jwk_sealed, created_at from signing_keys
        order by state = 'current' desc, algorithm = 'ES256' desc, algorithm, created_at desc`,
    );
    return rows.map((row) => ({
      id: row.id,
      algorithm: row.algorithm,
      state: row.state,
      jwk: JSON.parse(this.#sealer.open(row.jwk_sealed, `key:${row.id}`)) as JWK,
      createdAt: row.created_at,
    }));
  }

  /** False when another process was first with a current key of this algorithm. */
  async insertCurrent(key: Pick<SigningKey, 'id' | 'algorithm' | 'jwk'>): Promise<boolean> {
    const rows = await this.#database.query(
      `insert into signing_keys (id, algorithm, state, jwk_sealed) values ($1, $2, 'current', $3)
       on conflict (algorithm) where state = 'current' do nothing returning 1`,
      [key.id, key.algorithm, this.#sealer.seal(JSON.stringify(key.jwk), `key:${key.id}`)],
    );
    return rows.length > 0;
  }
}
