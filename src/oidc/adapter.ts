// Where the engine keeps its things. Every id is stored as its digest; what the engine must get back in clear
// (an interaction, a device code) is sealed. Writes join the unit of work of the request, so that all of them
// happen or none; single use is a compare-and-set that replaces the answer of whoever came second.
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { SealedColumn } from '../base/reseal.ts';
import type { Sealer } from '../base/seal.ts';
import type { Change, UnitOfWork } from '../base/unit-of-work.ts';
import {
  DELETE_TOKENS_OF_GRANT,
  NOTE_LARGE_GRANT,
  INSERT_SESSION,
  INSERT_TOKEN,
  SELECT,
  TABLES,
  UPDATE_GRANT,
  UPDATE_SESSION,
  UPDATE_TOKEN,
  UPDATE_TRANSIENT,
  UPSERT_GRANT,
  UPSERT_TRANSIENT,
  type Table,
} from './adapter-sql.ts';
import { ClientAdapter } from './client-adapter.ts';
import type { ClientStore } from './client-store.ts';

interface Stored extends Record<string, unknown> {
  payload: AdapterPayload | null;
  payload_sealed?: string | null;
  consumed_at?: Date | null;
  stage?: number;
  /** Read along with a token. */
  grant_payload?: AdapterPayload | null;
  session_payload?: AdapterPayload | null;
}

/** What a unit of work remembers of a row. */
interface Note {
  /** Undefined: gone, by this very request. */
  payload: AdapterPayload | undefined;
  /** Read from the table by this request: then it may only be updated, never brought back to life. */
  wasRead: boolean;
  stage: number;
}

/** Somebody else was faster to use what works once. */
export class AlreadyUsed extends errors.InvalidGrant {
  constructor() {
    super('already used');
  }
}

/** Kinds whose payload has to hold a live id or user code. */
const SEALED = new Set(['DeviceCode', 'Interaction', 'PushedAuthorizationRequest']);

export interface AdapterDependencies {
  database: Database;
  sealer: Sealer;
  clientStore: ClientStore;
  issuer: string;
}

/** The engine asks once for each of its models. */
export function createAdapterFactory(dependencies: AdapterDependencies): (model: string) => Adapter {
  return (model) =>
    model === 'Client'
      ? new ClientAdapter(dependencies.clientStore, dependencies.issuer)
      : new EngineAdapter(model, dependencies);
}

class EngineAdapter implements Adapter {
  readonly #kind: string;
  readonly #table: Table;
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(kind: string, { database, sealer }: AdapterDependencies) {
    const table = TABLES[kind];
    if (!table) throw new Error(`the engine keeps something that has no table: ${kind}`);
    this.#kind = kind;
    this.#table = table;
    this.#database = database;
    this.#sealer = sealer;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    if (note) return note.payload && { ...note.payload };
    const row = await this.#database.find<Stored>(SELECT[this.#table], this.#identify(id));
    if (!row) return undefined;
    const payload = { ...this.#open(row, digest(id)), jti: id };
    this.#remember(key, { payload, wasRead: true, stage: row.stage ?? 0 });
    this.#rememberCompany(row, payload);
    return payload;
  }

  /** The engine asks for the grant and the session of a token next: it finds them here, read at the same moment. */
  #rememberCompany({ grant_payload: grant, session_payload: session }: Stored, token: AdapterPayload): void {
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
    const row = await this.#database.find<Stored>(
      'select payload from sessions where uid = $1 order by expires_at desc limit 1',
      [uid],
    );
    return row?.payload ?? undefined;
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database.find<Stored & { id_digest: Buffer }>(
      `select id_digest, payload, payload_sealed, consumed_at, stage from tokens
        where user_code_digest = $1 and kind = 'DeviceCode'`,
      [digest(userCode)],
    );
    if (!row) return undefined;
    const payload = this.#open(row, row.id_digest);
    this.#remember(this.#keyOf(payload.jti as string), { payload, wasRead: true, stage: row.stage ?? 0 });
    return payload;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    const expiresAt = new Date(Date.now() + expiresInSeconds * 1000);
    const stage = stageOf(payload);
    if (this.#kind === 'Session' && !note) this.#guardNewSessionId(payload);
    const change = this.#changeOf(id, payload, expiresAt, note, stage);
    // A signed-in session that changes hands, or a grant that shrinks, can end tokens.
    if (this.#table === 'sessions' || this.#table === 'grants') change.isAnnounced = true;
    await this.#database.write({ ...change, key });
    this.#remember(key, { payload, wasRead: note?.wasRead ?? false, stage: note?.stage ?? 0 });
  }

  async consume(id: string): Promise<void> {
    await this.#database.write({
      key: `${this.#keyOf(id)}:consumed`,
      text: `update ${this.#table} set consumed_at = $2
              where id_digest = $1 and consumed_at is null returning 1`,
      values: [digest(id), new Date(Date.now())],
      lost: () => alreadyUsed(this.#kind),
    });
  }

  async destroy(id: string): Promise<void> {
    const key = this.#keyOf(id);
    const note = this.#noteOf(key);
    await this.#database.write({
      key,
      text: `delete from ${this.#table} where id_digest = $1 returning 1`,
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

  #changeOf(
    id: string,
    payload: AdapterPayload,
    expiresAt: Date,
    note: Note | undefined,
    stage: number,
  ): Change {
    const { jti: _, ...kept } = payload;
    const idDigest = digest(id);
    const body = JSON.stringify(SEALED.has(this.#kind) ? payload : kept);
    switch (this.#table) {
      case 'sessions':
        return {
          text: note?.wasRead ? UPDATE_SESSION : INSERT_SESSION,
          values: [idDigest, payload.uid, payload.accountId ?? null, body, expiresAt],
          // What somebody signed in does here must not outlive the session that they did it in.
          ...(note?.wasRead &&
            payload.accountId && {
              lost: () => new errors.SessionNotFound('the session has ended meanwhile'),
            }),
        };
      case 'grants':
        return {
          text: note?.wasRead ? UPDATE_GRANT : UPSERT_GRANT,
          values: [idDigest, payload.accountId ?? null, payload.clientId ?? null, body, expiresAt],
          ...(note?.wasRead && { lost: () => new errors.InvalidGrant('the grant was revoked meanwhile') }),
        };
      case 'transients':
        return {
          text: note?.wasRead ? UPDATE_TRANSIENT : UPSERT_TRANSIENT,
          values: [idDigest, this.#kind, this.#seal(body, idDigest), expiresAt],
          ...(note?.wasRead && { lost: () => new errors.SessionNotFound('this sign-in has ended already') }),
        };
      default:
        return {
          text: note?.wasRead ? UPDATE_TOKEN : INSERT_TOKEN,
          values: [
            idDigest,
            this.#kind,
            payload.grantId ? digest(payload.grantId) : null,
            payload.accountId ?? null,
            payload.clientId ?? null,
            payload.expiresWithSession ? payload.sessionUid : null,
            payload.userCode ? digest(payload.userCode) : null,
            stage,
            SEALED.has(this.#kind) ? null : body,
            SEALED.has(this.#kind) ? this.#seal(body, idDigest) : null,
            expiresAt,
            ...(note?.wasRead ? [note.stage] : []),
          ],
          appends: note?.wasRead !== true,
          // Two browsers approve one user code: the first one wins.
          ...(note?.wasRead && { lost: () => new errors.InvalidGrant('somebody else was faster') }),
        };
    }
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

  #identify(id: string): unknown[] {
    return this.#table === 'tokens' || this.#table === 'transients' ? [digest(id), this.#kind] : [digest(id)];
  }

  #open(row: Stored, idDigest: Buffer): AdapterPayload {
    const payload = row.payload_sealed
      ? (JSON.parse(this.#sealer.open(row.payload_sealed, contextOf(this.#kind, idDigest))) as AdapterPayload)
      : { ...row.payload };
    if (row.consumed_at) payload.consumed = Math.floor(row.consumed_at.getTime() / 1000);
    return payload;
  }

  #seal(body: string, idDigest: Buffer): string {
    return this.#sealer.seal(body, contextOf(this.#kind, idDigest));
  }

  #keyOf(id: string): string {
    return `${this.#kind}:${id}`;
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
      if (key.startsWith(`${this.#kind}:`)) yield note as Note;
    }
  }
}

/** What is sealed in the engine's tables. */
export function engineSealedColumns(sealer: Sealer): SealedColumn[] {
  return ['tokens', 'transients'].map((table) => ({
    table,
    column: 'payload_sealed',
    key: { column: 'id_digest', type: 'bytea' },
    reads: ['kind'],
    sealer,
    contextOf: ({ key, kind }) => contextOf(String(kind), key as Buffer),
  }));
}

function contextOf(kind: string, idDigest: Buffer): string {
  return `${kind}:${idDigest.toString('base64url')}`;
}

/** In the words of whoever is asked: the token endpoint, or the page of an authorization request. */
function alreadyUsed(kind: string): Error {
  return kind === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    : new AlreadyUsed();
}

/** Device codes only move forward: waiting, being looked at by one person, answered. */
function stageOf(payload: AdapterPayload): number {
  if (payload.accountId ?? payload.error) return 2;
  return payload.inFlight ? 1 : 0;
}
