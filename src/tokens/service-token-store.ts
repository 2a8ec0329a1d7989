// The rows of service tokens among the engine's tokens, for people who look after them: what they are called, and how one
// is ended without having it. The engine's adapter makes the rows; these statements name and find them.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';

export interface ServiceToken {
  /** The first 48 bits of the token's digest, in hexadecimal: a name for it that gives nothing away. */
  fingerprint: string;
  name: string;
  lastFour: string;
  scope: string;
  createdAt: Date;
  expiresAt: Date;
}

export interface ServiceTokenPage {
  tokens: ServiceToken[];
  /** What `after` has to be for the next page. */
  next?: Buffer;
}

interface Row extends Record<string, unknown> {
  id_digest: Buffer;
  name: string;
  last_four: string;
  scope: string | null;
  issued_at: number;
  expires_at: Date;
}

const FINGERPRINT_BYTES = 6;
const FINGERPRINT = /^[0-9a-f]{12}$/;

export function fingerprintOf(idDigest: Buffer): string {
  return idDigest.subarray(0, FINGERPRINT_BYTES).toString('hex');
}

/** What a digest of that fingerprint begins with; undefined for what is no fingerprint. */
export function beginningOf(fingerprint: string): Buffer | undefined {
  return FINGERPRINT.test(fingerprint) ? Buffer.from(fingerprint, 'hex') : undefined;
}

/** Of a statement: what is compared with `beginningOf`. */
export const BEGINNING = `substring(id_digest for ${FINGERPRINT_BYTES})`;

export class ServiceTokenStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a stored token one that is listed. */
  async name(token: string, name: string): Promise<void> {
    await this.#database.write({
      text: 'update tokens set name = $2, last_four = $3 where id_digest = $1',
      values: [digest(token), name, token.slice(-4)],
    });
  }

  /** Living ones, whose end is nearest first. `after` is the `next` of the page before. */
  async list(
    clientId: string,
    page: { after?: Buffer | undefined; limit: number },
  ): Promise<ServiceTokenPage> {
    const rows = await this.#database.query<Row>(
      `select id_digest, name, last_four, payload->>'scope' as scope, (payload->>'iat')::float8 as issued_at, expires_at
         from tokens
        where client_id = $1 and name is not null and expires_at > $2
          and ($3::bytea is null
               or (expires_at, id_digest) > ((select expires_at from tokens where id_digest = $3), $3))
        order by expires_at, id_digest limit $4`,
      [clientId, new Date(Date.now()), page.after ?? null, page.limit],
    );
    const tokens = rows.map(fromRow);
    const last = rows.at(-1);
    return rows.length === page.limit && last ? { tokens, next: last.id_digest } : { tokens };
  }

  /** False when the client has no such token. */
  async delete(clientId: string, fingerprint: string): Promise<boolean> {
    const beginning = beginningOf(fingerprint);
    if (!beginning) return false;
    const row = await this.#database.find(
      `delete from tokens where client_id = $1 and name is not null and ${BEGINNING} = $2 returning 1`,
      [clientId, beginning],
    );
    return row !== undefined;
  }
}

function fromRow(row: Row): ServiceToken {
  return {
    fingerprint: fingerprintOf(row.id_digest),
    name: row.name,
    lastFour: row.last_four,
    scope: row.scope ?? '',
    createdAt: new Date(row.issued_at * 1000),
    expiresAt: row.expires_at,
  };
}
