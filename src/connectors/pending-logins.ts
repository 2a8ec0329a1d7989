// Owns the way to an upstream and back: whom we sent where, and that only the same holder (a sign-in, or somebody who is
// signed in, in one browser) continues, once. The upstream's fixed callback does not get the interaction's cookie, so it only
// learns here where to send the browser back to (`peek`); there, behind the cookie, the way is ended (`finish`).
import { digest, randomToken } from '../base/crypto.ts';
import { gone, invalidRequest, upstreamFailed, type AppError } from '../base/errors.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import type { Connector, Memory, Profile } from './connector.ts';
import type { PendingLoginStore } from './pending-login-store.ts';

/** What the upstream's redirect carries; straight from the query, so anything at all. */
export interface Callback {
  state?: unknown;
  code?: unknown;
  error?: unknown;
  iss?: unknown;
}

export type Arrival = { outcome: 'vouched'; profile: Profile } | { outcome: 'declined' };

interface PendingLogin {
  /** Whoever may continue: an interaction, or one of the other holders. The name is that of the first kind. */
  interactionUid: string;
  returnTo?: string | undefined;
  memory: Memory;
}

/** How long a person may take at the upstream. */
const TTL_MS = 10 * 60 * 1000;
/** Ours has 43 characters; whatever is longer was not made here. */
const STATE_MAX_LENGTH = 64;

export class PendingLogins {
  readonly #store: PendingLoginStore;
  readonly #sealer: Sealer;

  constructor(store: PendingLoginStore, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer.for('pending-logins');
  }

  get sealed(): SealedColumn {
    return {
      table: 'pending_logins',
      column: 'payload_sealed',
      key: { column: 'state_digest', type: 'bytea' },
      reads: ['connector_id'],
      sealer: this.#sealer,
      contextOf: ({ key, connector_id: id }) => contextOf(String(id), key as Buffer),
    };
  }

  /**
   * Where to send the browser. `holder`: the interaction, or a text that only the rightful one can name again; then `returnTo` is
   * the path of ours where it does.
   */
  async start(connector: Connector, holder: string, returnTo?: string): Promise<string> {
    const state = randomToken();
    const { redirectTo, memory } = await connector.start(state);
    const pending: PendingLogin = { interactionUid: holder, returnTo, memory };
    const sealed = this.#sealer.seal(JSON.stringify(pending), contextOf(connector.id, digest(state)));
    await this.#store.insert(state, connector.id, sealed, new Date(Date.now() + TTL_MS));
    return redirectTo;
  }

  /** Whom the state belongs to; nothing is used up. Throws 410. */
  async peek(
    connectorId: string,
    callback: Callback,
  ): Promise<{ holder: string; returnTo: string | undefined }> {
    const state = stateOf(callback);
    const sealed = await this.#store.findPayload(state, connectorId, new Date(Date.now()));
    const { interactionUid: holder, returnTo } = this.#open(sealed, connectorId, state);
    return { holder, returnTo };
  }

  /**
   * Ends the way of this holder. The state is used up whatever comes of it, and nothing else in the callback
   * is believed before it was found. Throws 410 when it belongs to another holder or was used already.
   */
  async finish(connector: Connector, holder: string, callback: Callback): Promise<Arrival> {
    const state = stateOf(callback);
    const sealed = await this.#store.takePayload(state, connector.id, new Date(Date.now()));
    const pending = this.#open(sealed, connector.id, state);
    if (pending.interactionUid !== holder) throw notThisSignIn();
    const { code, error, iss } = callback;
    if (error === 'access_denied') return { outcome: 'declined' };
    if (error !== undefined)
      throw upstreamFailed(connector.label, new Error(`answered ${JSON.stringify(error).slice(0, 200)}`));
    if (typeof code !== 'string' || code === '') throw invalidRequest('The answer carries no code.');
    if (iss !== undefined && typeof iss !== 'string')
      throw invalidRequest('The answer names several issuers.');
    return { outcome: 'vouched', profile: await connector.finish(code, pending.memory, { iss }) };
  }

  deleteExpired(): Promise<number> {
    return this.#store.deleteExpired(new Date(Date.now()));
  }

  #open(sealed: string | undefined, connectorId: string, state: string): PendingLogin {
    if (sealed === undefined) throw notThisSignIn();
    return JSON.parse(this.#sealer.open(sealed, contextOf(connectorId, digest(state)))) as PendingLogin;
  }
}

function stateOf({ state }: Callback): string {
  if (typeof state !== 'string' || state === '' || state.length > STATE_MAX_LENGTH) throw notThisSignIn();
  return state;
}

function contextOf(connectorId: string, stateDigest: Buffer): string {
  return `pending-login:${connectorId}:${stateDigest.toString('base64url')}`;
}

export function notThisSignIn(): AppError {
  return gone(
    'session_not_found',
    'This sign-in cannot be continued: it was started elsewhere, used already, or it took too long. Start again.',
  );
}
