// How the adapter reads tokens of one kind: what several requests ask for at the same moment is read in one statement, each
// token with its grant and its session, which the engine asks for next.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../base/database.ts';
import { ReadBatches } from '../base/read-batches.ts';
import type { EngineRow } from './adapter-rows.ts';
import { SELECT_TOKENS } from './adapter-sql.ts';

/** Payloads are JSON in text until somebody asks: two who read the same row share nothing that they may change. */
interface TokenRow extends Record<string, unknown> {
  id: string;
  payload: string | null;
  payload_sealed: string | null;
  consumed_at: Date | null;
  stage: number;
  grant_payload: string | null;
  session_payload: string | null;
}

export class TokenReads {
  readonly #database: Database;
  readonly #kind: string;
  readonly #batches = new ReadBatches<TokenRow>((ids) => this.#read(ids));

  constructor(database: Database, kind: string) {
    this.#database = database;
    this.#kind = kind;
  }

  async find(idDigest: Buffer): Promise<EngineRow | undefined> {
    const id = idDigest.toString('hex');
    // A transaction reads what it has written itself.
    const row = this.#database.isInTransaction
      ? (await this.#read([id])).get(id)
      : await this.#batches.find(id);
    return (
      row && {
        ...row,
        payload: payloadIn(row.payload),
        grant_payload: payloadIn(row.grant_payload),
        session_payload: payloadIn(row.session_payload),
      }
    );
  }

  async #read(ids: readonly string[]): Promise<Map<string, TokenRow>> {
    const digests = ids.map((id) => Buffer.from(id, 'hex'));
    const rows = await this.#database.query<TokenRow>(SELECT_TOKENS, [digests, this.#kind]);
    return new Map(rows.map((row) => [row.id, row]));
  }
}

function payloadIn(text: string | null): AdapterPayload | null {
  return text === null ? null : (JSON.parse(text) as AdapterPayload);
}
