// Who is signed in, kept as secrets that all windows of the editor share: lists, refreshes before the end, signs out, and
// hears what other windows did. One secret for each session. How somebody signs in is in sign-in.ts.
import { randomUUID } from 'node:crypto';
import { refusalOf, retryAfterOf, type Account, type Server, type SignedIn, type Tokens } from './server.ts';
import type { Wait } from './wait.ts';

/** A token that is about to end would end on its way. */
const REFRESH_EARLY_MS = 60_000;
/** Between the tries of a refresh. All of them have to be over in the 30 seconds in which the server gives the same answer again. */
const PAUSES_MS = [1_000, 3_000];
const LONGEST_PAUSE_MS = 5_000;

/** The part of VS Code's SecretStorage that is used; all windows see the same. */
export interface Secrets {
  keys(): PromiseLike<string[]>;
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** What the editor and its extensions see: VS Code's AuthenticationSession. */
export interface Session {
  id: string;
  accessToken: string;
  account: Account;
  /** As they were asked for. */
  scopes: readonly string[];
}

export interface Change {
  added: Session[];
  removed: Session[];
  changed: Session[];
}

interface Kept {
  id: string;
  /** Whose tokens these are: they are shown to nobody else, also when the settings of the extension change. */
  issuer: string;
  clientId: string;
  scopes: readonly string[];
  account: Account;
  tokens: Tokens;
}

export interface SessionsDependencies {
  secrets: Secrets;
  server: Server;
  /** Sets these secrets apart from the extension's others. */
  prefix: string;
  onChange: (change: Change) => void;
  wait: Wait;
}

export class Sessions {
  readonly #its: SessionsDependencies;
  /** What the editor was told last. */
  readonly #told = new Map<string, Session>();
  /** In this window one refresh of a session serves everybody who asks. */
  readonly #refreshing = new Map<string, Promise<Kept | undefined>>();

  constructor(dependencies: SessionsDependencies) {
    this.#its = dependencies;
  }

  /** Sessions with exactly these scopes; without any, all. A session that the server has ended is not among them. */
  async list(scopes?: readonly string[], accountId?: string): Promise<Session[]> {
    const kept = (await this.#readAll()).filter(
      (one) =>
        (scopes === undefined || isSame(one.scopes, scopes)) &&
        (accountId === undefined || one.account.id === accountId),
    );
    const fresh = await Promise.all(kept.map((one) => this.#fresh(one)));
    return fresh.flatMap((one) => (one ? [this.#show(one)] : []));
  }

  /** Takes the place of an earlier sign-in of the same person for the same scopes, which ends. */
  async add({ tokens, account }: SignedIn, scopes: readonly string[]): Promise<Session> {
    const { issuer, clientId } = this.#its.server;
    const earlier = (await this.#readAll()).filter(
      (one) => one.account.id === account.id && isSame(one.scopes, scopes),
    );
    const kept: Kept = { id: randomUUID(), issuer, clientId, scopes, account, tokens };
    const session = await this.#write(kept);
    await Promise.all(earlier.map((one) => this.#end(one).catch(() => undefined)));
    return session;
  }

  /** Forgets a session here, whatever happens, then ends it at the server. Throws when the server did not hear of it. */
  async remove(id: string): Promise<void> {
    const kept = await this.#read(id);
    if (kept) await this.#end(kept);
  }

  /** Another window has stored or deleted this secret. */
  async heard(key: string): Promise<void> {
    const { prefix } = this.#its;
    if (!key.startsWith(prefix)) return;
    const id = key.slice(prefix.length);
    const kept = await this.#read(id);
    if (kept) this.#tell(kept);
    else this.#tellRemoved(id);
  }

  async #fresh(kept: Kept): Promise<Kept | undefined> {
    if (kept.tokens.expiresAt - REFRESH_EARLY_MS > Date.now()) return kept;
    let refreshing = this.#refreshing.get(kept.id);
    if (!refreshing) {
      refreshing = this.#refresh(kept.id).finally(() => this.#refreshing.delete(kept.id));
      this.#refreshing.set(kept.id, refreshing);
    }
    return refreshing;
  }

  /** Nothing when the session is over. As it was when the server cannot be asked: nobody is signed out for that. */
  async #refresh(id: string, tries = 0): Promise<Kept | undefined> {
    // Read again at once before it is sent: a token that another window has used counts as stolen after 30 seconds.
    const kept = await this.#read(id);
    if (!kept || kept.tokens.expiresAt - REFRESH_EARLY_MS > Date.now()) return kept;
    const { refreshToken } = kept.tokens;
    if (refreshToken === undefined) {
      if (kept.tokens.expiresAt > Date.now()) return kept;
      await this.#forget(id);
      return undefined;
    }
    const { server, wait } = this.#its;
    let tokens: Tokens;
    try {
      tokens = await server.refresh(refreshToken);
    } catch (error) {
      const refusal = refusalOf(error);
      const pause = Math.max(PAUSES_MS[tries] ?? Infinity, retryAfterOf(error) ?? 0);
      if (!refusal && pause <= LONGEST_PAUSE_MS) {
        await wait(pause);
        return this.#refresh(id, tries + 1);
      }
      const now = await this.#read(id);
      if (refusal?.error !== 'invalid_grant' || now?.tokens.refreshToken !== refreshToken) return now;
      await this.#forget(id);
      return undefined;
    }
    // Another window was first and has what we have, or newer; or somebody signed out meanwhile, and the server has ended this too.
    const now = await this.#read(id);
    if (now?.tokens.refreshToken !== refreshToken) return now;
    const next = { ...kept, tokens };
    await this.#write(next);
    return next;
  }

  async #end(kept: Kept): Promise<void> {
    await this.#forget(kept.id);
    await this.#its.server.revoke(kept.tokens.refreshToken ?? kept.tokens.accessToken);
  }

  async #forget(id: string): Promise<void> {
    await this.#its.secrets.delete(this.#its.prefix + id);
    this.#tellRemoved(id);
  }

  async #write(kept: Kept): Promise<Session> {
    // Told first: the secret's own news then find nothing new.
    const session = this.#tell(kept);
    await this.#its.secrets.store(this.#its.prefix + kept.id, JSON.stringify(kept));
    return session;
  }

  async #readAll(): Promise<Kept[]> {
    const { secrets, prefix } = this.#its;
    const ids = (await secrets.keys())
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
    const found = await Promise.all(ids.map((id) => this.#read(id)));
    return found.filter((one) => one !== undefined);
  }

  async #read(id: string): Promise<Kept | undefined> {
    const { secrets, prefix, server } = this.#its;
    const text = await secrets.get(prefix + id);
    if (text === undefined) return undefined;
    const kept = parse(text);
    return kept?.issuer === server.issuer && kept.clientId === server.clientId ? kept : undefined;
  }

  /** Gives it as the editor sees it, and tells the editor when it is news. */
  #tell(kept: Kept): Session {
    const before = this.#told.get(kept.id);
    const session = this.#show(kept);
    if (before?.accessToken === session.accessToken) return session;
    const change: Change = { added: [], removed: [], changed: [] };
    (before ? change.changed : change.added).push(session);
    this.#its.onChange(change);
    return session;
  }

  /** For an editor that has asked: no news. */
  #show({ id, account, scopes, tokens: { accessToken } }: Kept): Session {
    const session: Session = { id, accessToken, account, scopes };
    this.#told.set(id, session);
    return session;
  }

  #tellRemoved(id: string): void {
    const session = this.#told.get(id);
    if (!session) return;
    this.#told.delete(id);
    this.#its.onChange({ added: [], removed: [session], changed: [] });
  }
}

/** Nothing for what another version, or a fault, has left there: it would stand in the way of every other sign-in. */
function parse(text: string): Kept | undefined {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    return kept?.tokens && kept.account && Array.isArray(kept.scopes) ? (kept as Kept) : undefined;
  } catch {
    return undefined;
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return new Set(some).size === new Set(others).size && some.every((scope) => others.includes(scope));
}
