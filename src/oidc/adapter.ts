// Where the engine keeps its things. Every id is stored as its digest; what the engine must get back in clear
// (an interaction, a device code) is sealed (adapter-rows.ts). Writes join the unit of work of the request, so that all of
// them happen or none; single use is a compare-and-set that replaces the answer of whoever came second.
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Origin } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { Sealer } from '../base/seal.ts';
import type { UnitOfWork } from '../base/unit-of-work.ts';
import { alreadyUsed, EngineRows, type EngineRow } from './adapter-rows.ts';
import { DELETE_TOKENS_OF_GRANT, NOTE_LARGE_GRANT, SELECT } from './adapter-sql.ts';
import { ClientAdapter } from './client-adapter.ts';
import type { ClientStore } from './client-store.ts';
import { TokenReads } from './token-reads.ts';

/** What a unit of work remembers of a row. */
interface Note {
  /** Undefined: gone, by this very request. */
  payload: AdapterPayload | undefined;
  /** Read from the table by this request: then it may only be updated, never brought back to life. */
  wasRead: boolean;
  stage: number;
}

export interface AdapterDependencies {
  database: Database;
  sealer: Sealer;
  clientStore: ClientStore;
  issuer: string;
  /** Where the request under way comes from. */
  originOf: () => Origin;
}

/** The engine asks once for each of its models. */
export function createAdapterFactory(dependencies: AdapterDependencies): (model: string) => Adapter {
  return (model) =>
    model === 'Client'
      ? new ClientAdapter(dependencies.clientStore, dependencies.issuer)
      : new EngineAdapter(model, dependencies);
}

class EngineAdapter implements Adapter {
  readonly #rows: EngineRows;
  readonly #database: Database;
  readonly #tokens: TokenReads;

  constructor(kind: string, { database, sealer, originOf }: AdapterDependencies) {
    this.#rows = new EngineRows(kind, sealer, originOf);
    this.#database = database;
    this.#tokens = new TokenReads(database, kind);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    if (note) return note.payload && { ...note.payload };
    const row = await this.#read(id);
    if (!row) return undefined;
    const payload = { ...this.#rows.open(row, digest(id)), jti: id };
    this.#remember(key, { payload, wasRead: true, stage: row.stage ?? 0 });
    this.#rememberCompany(row, payload);
    return payload;
  }

  #read(id: string): Promise<EngineRow | undefined> {
    const { kind, table } = this.#rows;
    if (table === 'tokens') return this.#tokens.find(digest(id));
    const values = table === 'transients' ? [digest(id), kind] : [digest(id)];
    return this.#database.find<EngineRow>(SELECT[table], values);
  }

  /** The engine asks for the grant and the session of a token next: it finds them here, read at the same moment. */
  #rememberCompany(
    { grant_payload: grant, session_payload: session }: EngineRow,
    token: AdapterPayload,
  ): void {
    const notes = this.#database.unit?.notes;
    const add = (key: string, payload: AdapterPayload | null | undefined) => {
      if (payload && !notes?.has(key)) notes?.set(key, { payload, wasRead: true, stage: 0 } satisfies Note);
    };
    add(`Grant:${token.grantId}`, grant && { ...grant, jti: token.grantId });
    add(`Session:of ${token.sessionUid}`, session);
  }

  /** Sessions only; without the session's own id, which the engine does not need there. */
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    for (const note of this.#notes()) if (note.payload?.uid === uid) return { ...note.payload };
    const row = await this.#database.find<EngineRow>(
      'select payload from sessions where uid = $1 order by expires_at desc limit 1',
      [uid],
    );
    return row?.payload ?? undefined;
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database.find<EngineRow & { id_digest: Buffer }>(
      `select id_digest, payload, payload_sealed, consumed_at, stage from tokens
        where user_code_digest = $1 and kind = 'DeviceCode'`,
      [digest(userCode)],
    );
    if (!row) return undefined;
    const payload = this.#rows.open(row, row.id_digest);
    this.#remember(this.#keyOf(payload.jti as string), { payload, wasRead: true, stage: row.stage ?? 0 });
    return payload;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    const expiresAt = new Date(Date.now() + expiresInSeconds * 1000);
    if (this.#rows.kind === 'Session' && !note) this.#guardNewSessionId(payload);
    const change = this.#rows.changeOf(id, payload, expiresAt, note?.wasRead ? note.stage : undefined);
    // A signed-in session that changes hands, or a grant that shrinks, can end tokens.
    if (this.#rows.table === 'sessions' || this.#rows.table === 'grants') change.isAnnounced = true;
    await this.#database.write({ ...change, key });
    this.#remember(key, { payload, wasRead: note?.wasRead ?? false, stage: note?.stage ?? 0 });
  }

  async consume(id: string): Promise<void> {
    await this.#database.write({
      key: `${this.#keyOf(id)}:consumed`,
      text: `update ${this.#rows.table} set consumed_at = $2
              where id_digest = $1 and consumed_at is null returning 1`,
      values: [digest(id), new Date(Date.now())],
      lost: () => alreadyUsed(this.#rows.kind),
    });
  }

  async destroy(id: string): Promise<void> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    await this.#database.write({
      key,
      text: `delete from ${this.#rows.table} where id_digest = $1 returning 1`,
      values: [digest(id)],
      isAnnounced: true,
    });
    this.#remember(key, { payload: undefined, wasRead: note?.wasRead ?? false, stage: 0 });
    const uid = note?.payload?.uid;
    if (note?.wasRead && uid) this.#database.unit?.notes.set(`session-left:${uid}`, key);
  }

  /** The engine asks once for each kind of token; one statement answers for all of them. */
  async revokeByGrantId(grantId: string): Promise<void> {
    const unit = this.#database.unit;
    for (const key of unit?.keys() ?? []) {
      if ((unit?.notes.get(key) as Note | undefined)?.payload?.grantId === grantId) unit?.remove(key);
    }
    await this.#database.write({
      key: `remains-of:${grantId}`,
      text: NOTE_LARGE_GRANT,
      values: [digest(grantId)],
    });
    await this.#database.write({
      key: `tokens-of:${grantId}`,
      text: DELETE_TOKENS_OF_GRANT,
      values: [digest(grantId)],
      isAnnounced: true,
    });
  }

  /**
   * A session whose id changes (after every sign-in) is a deletion and an insertion. When the deletion hits
   * nothing, the person signed out meanwhile, and the new id must not bring the session back.
   */
  #guardNewSessionId(payload: AdapterPayload): void {
    const unit = this.#database.unit;
    const left = unit?.notes.get(`session-left:${payload.uid}`) as string | undefined;
    const change = left === undefined ? undefined : unit?.find(left);
    if (change) change.lost = () => new errors.SessionNotFound('the session has ended meanwhile');
  }

  #keyOf(id: string): string {
    return `${this.#rows.kind}:${id}`;
  }

  #noteOf(key: string): Note | undefined {
    return this.#database.unit?.notes.get(key) as Note | undefined;
  }

  #remember(key: string, note: Note): void {
    const unit: UnitOfWork | undefined = this.#database.unit;
    unit?.notes.set(key, note);
  }

  *#notes(): Iterable<Note> {
    for (const [key, note] of this.#database.unit?.notes ?? []) {
      if (key.startsWith(`${this.#rows.kind}:`)) yield note as Note;
    }
  }
}
