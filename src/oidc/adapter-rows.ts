// A thing of the engine as a row and back: which statement stores it, what of it is sealed, and what whoever came second is
// told. When something is read or written is the adapter's (adapter.ts).
import { errors, type AdapterPayload } from 'oidc-provider';
import { AGENT_LENGTH, type Origin } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import type { Change } from '../base/unit-of-work.ts';
import {
  INSERT_SESSION,
  INSERT_TOKEN,
  TABLES,
  UPDATE_GRANT,
  UPDATE_SESSION,
  UPDATE_TOKEN,
  UPDATE_TRANSIENT,
  UPSERT_GRANT,
  UPSERT_TRANSIENT,
  type Table,
} from './adapter-sql.ts';

export interface EngineRow extends Record<string, unknown> {
  payload: AdapterPayload | null;
  payload_sealed?: string | null;
  consumed_at?: Date | null;
  stage?: number;
  /** Read along with a token. */
  grant_payload?: AdapterPayload | null;
  session_payload?: AdapterPayload | null;
}

/** Kinds whose payload has to hold a live id or user code. */
const SEALED = new Set(['DeviceCode', 'Interaction', 'PushedAuthorizationRequest']);

/** The rows of one of the engine's models. */
export class EngineRows {
  readonly kind: string;
  readonly table: Table;
  readonly #sealer: Sealer;
  readonly #originOf: () => Origin;

  /** `originOf`: where the request under way comes from. */
  constructor(kind: string, sealer: Sealer, originOf: () => Origin) {
    const table = TABLES[kind];
    if (!table) throw new Error(`the engine keeps something that has no table: ${kind}`);
    this.kind = kind;
    this.table = table;
    this.#sealer = sealer;
    this.#originOf = originOf;
  }

  open(row: EngineRow, idDigest: Buffer): AdapterPayload {
    const payload = row.payload_sealed
      ? (JSON.parse(this.#sealer.open(row.payload_sealed, contextOf(this.kind, idDigest))) as AdapterPayload)
      : { ...row.payload };
    if (row.consumed_at) payload.consumed = Math.floor(row.consumed_at.getTime() / 1000);
    return payload;
  }

  /** `readStage`: of the row that this request has read; then it may only be updated, never brought back to life. */
  changeOf(id: string, payload: AdapterPayload, expiresAt: Date, readStage: number | undefined): Change {
    const wasRead = readStage !== undefined;
    const { jti: _, ...kept } = payload;
    const idDigest = digest(id);
    const body = JSON.stringify(SEALED.has(this.kind) ? payload : kept);
    switch (this.table) {
      case 'sessions':
        return {
          text: wasRead ? UPDATE_SESSION : INSERT_SESSION,
          values: [
            idDigest,
            payload.uid,
            payload.accountId ?? null,
            body,
            expiresAt,
            ...this.#presenceIn(payload),
          ],
          // What somebody signed in does here must not outlive the session that they did it in.
          ...(wasRead &&
            payload.accountId && {
              lost: () => new errors.SessionNotFound('the session has ended meanwhile'),
            }),
        };
      case 'grants':
        return {
          text: wasRead ? UPDATE_GRANT : UPSERT_GRANT,
          values: [idDigest, payload.accountId ?? null, payload.clientId ?? null, body, expiresAt],
          ...(wasRead && { lost: () => new errors.InvalidGrant('the grant was revoked meanwhile') }),
        };
      case 'transients':
        return {
          text: wasRead ? UPDATE_TRANSIENT : UPSERT_TRANSIENT,
          values: [idDigest, this.kind, this.#seal(body, idDigest), expiresAt, whoSignsIn(payload)],
          ...(wasRead && { lost: () => new errors.SessionNotFound('this sign-in has ended already') }),
        };
      default:
        return {
          text: wasRead ? UPDATE_TOKEN : INSERT_TOKEN,
          values: [
            idDigest,
            this.kind,
            payload.grantId ? digest(payload.grantId) : null,
            payload.accountId ?? null,
            payload.clientId ?? null,
            payload.expiresWithSession ? payload.sessionUid : null,
            payload.userCode ? digest(payload.userCode) : null,
            stageOf(payload),
            SEALED.has(this.kind) ? null : body,
            SEALED.has(this.kind) ? this.#seal(body, idDigest) : null,
            expiresAt,
            ...(wasRead ? [readStage] : []),
          ],
          appends: !wasRead,
          // Two browsers approve one user code: the first one wins.
          ...(wasRead && { lost: () => new errors.InvalidGrant('somebody else was faster') }),
        };
    }
  }

  /** Of a browser that somebody is signed in to; of a visitor nothing is kept. */
  #presenceIn({ accountId }: AdapterPayload): unknown[] {
    if (!accountId) return [null, null, null];
    const { address, agent } = this.#originOf();
    return [address ?? null, agent?.slice(0, AGENT_LENGTH) ?? null, new Date(Date.now())];
  }

  #seal(body: string, idDigest: Buffer): string {
    return this.#sealer.seal(body, contextOf(this.kind, idDigest));
  }
}

/** Somebody else was faster to use what works once. */
export class AlreadyUsed extends errors.InvalidGrant {
  constructor() {
    super('already used');
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

/** Of a sign-in that succeeded and has not become a session yet, or waits for a second proof (http/sign-in-end.ts). */
function whoSignsIn(payload: AdapterPayload): string | null {
  const { login, waiting } = (payload['result'] ?? {}) as Record<string, { accountId?: string } | undefined>;
  return login?.accountId ?? waiting?.accountId ?? null;
}

function contextOf(kind: string, idDigest: Buffer): string {
  return `${kind}:${idDigest.toString('base64url')}`;
}

/** In the words of whoever is asked: the token endpoint, or the page of an authorization request. */
export function alreadyUsed(kind: string): Error {
  return kind === 'PushedAuthorizationRequest'
    ? new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    : new AlreadyUsed();
}

/** Device codes only move forward: waiting, being looked at by one person, answered. */
function stageOf(payload: AdapterPayload): number {
  if (payload.accountId ?? payload.error) return 2;
  return payload.inFlight ? 1 : 0;
}
