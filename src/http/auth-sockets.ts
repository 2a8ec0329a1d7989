// JSON login over WebSockets: each message goes the way of a POST to /api/auth, through the same application and the same line, so no
// rule is written twice. What there is besides: a socket belongs to whoever signed in on it, and closes when that sign-in ends,
// on whatever node that happens.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { News } from '../base/news.ts';
import type { Bearers } from '../tokens/bearer.ts';
import { AUTH_PATH } from './auth-messages.ts';
import type { Handler } from './short-way.ts';
import { CLOSE, type Visitor } from './socket-visitor.ts';
import { WebSocketDoor, type WebSocketDoorOptions } from './web-sockets.ts';

export const AUTH_SOCKET_PATH = `${AUTH_PATH}/ws`;

export interface AuthSocketsOptions extends Pick<
  WebSocketDoorOptions,
  'addressOf' | 'mayOpen' | 'isDraining' | 'observe'
> {
  bearers: Bearers;
  news: News;
  /** Those of some grants (hexadecimal digests of their ids) that have not ended. */
  findLivingGrants: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
}

interface Outcome {
  action?: string;
  ok?: boolean;
  access_token?: string;
}

export class AuthSockets {
  readonly #its: AuthSocketsOptions;
  readonly #door: WebSocketDoor;
  /** By the grant of who signed in there. */
  readonly #byGrant = new Map<string, Set<Visitor>>();
  readonly #grants = new Map<Visitor, string>();
  /** Their sign-in ended while a message of theirs was answered. */
  readonly #ended = new Set<Visitor>();
  #arrive: Handler = () => {};
  /** News may have been missed, and nobody could say what has ended meanwhile. */
  #isUnsure = false;

  constructor(options: AuthSocketsOptions) {
    this.#its = options;
    const { addressOf, mayOpen, isDraining, observe, news } = options;
    this.#door = new WebSocketDoor({
      path: AUTH_SOCKET_PATH,
      addressOf,
      mayOpen,
      isDraining,
      observe,
      answer: (visitor, message) => this.#answer(visitor, message),
      forget: (visitor) => this.#unbind(visitor),
    });
    news.hear('grant', (grant) => {
      if (grant !== '') return this.#end(grant);
      void this.#lookForEnded();
    });
  }

  get size(): number {
    return this.#door.size;
  }

  /** For `createServer`: every other request that would upgrade is answered as if it would not. */
  isFor(request: IncomingMessage): boolean {
    return this.#door.isFor(request);
  }

  /** Its requests are answered as those that arrive there. */
  attach(server: Server): void {
    this.#arrive = (request, response) => server.emit('request', request, response);
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      void this.#door.open(request, stream, head);
    });
  }

  /** From time to time. */
  async sweep(): Promise<void> {
    this.#door.sweep();
    if (this.#isUnsure) await this.#lookForEnded();
  }

  /** All of them, for good: whoever is there asks another process. */
  close(): void {
    this.#door.closeAll();
  }

  async #answer(visitor: Visitor, message: string): Promise<string> {
    const text = await this.#ask(visitor, message);
    const { payload = {} } = JSON.parse(text) as { payload?: Outcome };
    if (payload.ok && payload.access_token !== undefined) await this.#bind(visitor, payload.access_token);
    const isOver = this.#ended.delete(visitor);
    if (!isOver) return text;
    this.#unbind(visitor);
    // Whoever has ended it themselves may sign in again on the same socket.
    if (!(payload.ok && payload.action === 'logout')) {
      setImmediate(() => visitor.close(CLOSE.signedOut, 'signed out'));
    }
    return text;
  }

  async #ask({ peer, headers, closed }: Visitor, message: string): Promise<string> {
    const { inject } = await import('light-my-request');
    const answer = await inject(
      (request, response) => {
        // Gives its place in the line to the next, like anybody who hangs up.
        const hangUp = () => response.destroy();
        closed.addEventListener('abort', hangUp, { once: true });
        response.once('close', () => closed.removeEventListener('abort', hangUp));
        this.#arrive(request, response);
      },
      {
        method: 'POST',
        url: AUTH_PATH,
        remoteAddress: peer,
        headers: { 'user-agent': undefined, ...headers, 'content-type': 'application/json' },
        payload: message,
      },
    );
    return answer.payload;
  }

  /** The sign-in that this token stands on is the visitor's from now on. */
  async #bind(visitor: Visitor, accessToken: string): Promise<void> {
    this.#unbind(visitor);
    const { bearers, news } = this.#its;
    const token = await bearers.find(accessToken);
    const grant = token?.subjects.find((subject) => subject.startsWith('grant '))?.slice('grant '.length);
    // It has ended before anybody here could hear of it.
    if (!token || grant === undefined || news.contradicts(token)) return void this.#ended.add(visitor);
    visitor.isSignedIn = true;
    this.#grants.set(visitor, grant);
    const visitors = this.#byGrant.get(grant);
    if (visitors) visitors.add(visitor);
    else this.#byGrant.set(grant, new Set([visitor]));
  }

  #unbind(visitor: Visitor): void {
    const grant = this.#grants.get(visitor);
    this.#grants.delete(visitor);
    this.#ended.delete(visitor);
    visitor.isSignedIn = false;
    if (grant === undefined) return;
    const visitors = this.#byGrant.get(grant);
    visitors?.delete(visitor);
    if (visitors?.size === 0) this.#byGrant.delete(grant);
  }

  #end(grant: string): void {
    for (const visitor of this.#byGrant.get(grant) ?? []) {
      if (visitor.isBusy) this.#ended.add(visitor);
      else visitor.close(CLOSE.signedOut, 'signed out');
    }
  }

  async #lookForEnded(): Promise<void> {
    const grants = [...this.#byGrant.keys()];
    this.#isUnsure = false;
    if (grants.length === 0) return;
    try {
      const living = await this.#its.findLivingGrants(grants);
      for (const grant of grants) if (!living.has(grant)) this.#end(grant);
    } catch {
      // The next sweep asks again.
      this.#isUnsure = true;
    }
  }
}
