// The door of WebSockets (RFC 6455): who may open one, and how many there are. Who is behind it is socket-visitor.ts, and what is said
// for others to know (auth-sockets.ts).
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions, WebSocketServer } from 'ws';
import { AppError, forbidden, notFound, tooManyRequests, unavailable } from '../base/errors.ts';
import { addressKey } from '../base/throttle.ts';
import type { AddressReader } from './context.ts';
import { SOCKET_LIMITS, Visitor, type AnswerMessage } from './socket-visitor.ts';

export interface WebSocketDoorOptions {
  path: string;
  addressOf: AddressReader;
  /** The origin of a page; asked for no program. Throws 503. */
  mayOpen: (origin: string) => Promise<boolean>;
  isDraining: () => boolean;
  answer: AnswerMessage;
  /** Of a socket that has closed. */
  forget: (visitor: Visitor) => void;
  /** Hears of every attempt to open one. */
  observe: (address: string, status: number) => void;
}

export class WebSocketDoor {
  readonly #its: WebSocketDoorOptions;
  readonly #visitors = new Set<Visitor>();
  /** Those who are opening one too. */
  readonly #perAddress = new Map<string, number>();
  #inAll = 0;
  #server: Promise<WebSocketServer> | undefined;

  constructor(options: WebSocketDoorOptions) {
    this.#its = options;
  }

  get size(): number {
    return this.#visitors.size;
  }

  /** Whether a request wants what is here: `Upgrade` alone may mean other things (RFC 9110 §7.8). */
  isFor({ url = '', headers }: IncomingMessage): boolean {
    const path = url.split('?', 1)[0]?.toLowerCase().replace(/\/$/, '');
    return path === this.#its.path && headers.upgrade?.toLowerCase() === 'websocket';
  }

  /** Opens a socket or refuses it. Never throws. */
  async open(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on('error', () => stream.destroy());
    const address = this.#its.addressOf(request);
    try {
      this.#takePlace(addressKey(address), stream);
      await this.#assertMayOpen(request);
      this.#its.observe(address, await this.#upgrade(request, stream, head));
    } catch (error) {
      const refusal = error instanceof AppError ? error : unavailable(error);
      this.#its.observe(address, refusal.status);
      refuse(stream, refusal);
    }
  }

  sweep(): void {
    const now = Date.now();
    for (const visitor of this.#visitors) visitor.sweep(now);
  }

  closeAll(): void {
    for (const visitor of this.#visitors) visitor.leave();
  }

  async #assertMayOpen(request: IncomingMessage): Promise<void> {
    const { origin } = request.headers;
    if (this.#its.isDraining()) throw unavailable();
    if (!this.isFor(request)) throw notFound('There is nothing at this address.');
    if (request.method !== 'GET') throw notFound('A WebSocket is opened with GET.');
    if (origin !== undefined && !(await this.#its.mayOpen(origin))) {
      throw forbidden('origin_not_allowed', 'Pages of this origin may not open a WebSocket here.');
    }
  }

  /** Until the connection ends. Throws 429, and 503 when the house is full of people who are signed in. */
  #takePlace(key: string, stream: Duplex): void {
    const { perAddress, inAll } = SOCKET_LIMITS;
    const count = this.#perAddress.get(key) ?? 0;
    if (count >= perAddress) {
      throw tooManyRequests(60, `There are ${perAddress} WebSockets from this address. Close some first.`);
    }
    if (this.#inAll >= inAll && !this.#makeRoom()) throw unavailable();
    this.#perAddress.set(key, count + 1);
    this.#inAll += 1;
    stream.once('close', () => {
      const left = (this.#perAddress.get(key) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(key, left);
      else this.#perAddress.delete(key);
      this.#inAll -= 1;
    });
  }

  /** Whoever has been here longest without signing in goes: nobody keeps the others out by sitting here. */
  #makeRoom(): boolean {
    for (const visitor of this.#visitors) {
      if (visitor.isSignedIn) continue;
      this.#visitors.delete(visitor);
      visitor.hangUp();
      return true;
    }
    return false;
  }

  /** Answers 400 by itself to what is no handshake. The status. */
  async #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<number> {
    this.#server ??= openServer();
    const server = await this.#server;
    let status = 400;
    if (stream.destroyed) return status;
    server.handleUpgrade(request, stream, head, (socket) => {
      const visitor = new Visitor(socket, request, this.#its.answer);
      this.#visitors.add(visitor);
      visitor.closed.addEventListener('abort', () => {
        this.#visitors.delete(visitor);
        this.#its.forget(visitor);
      });
      // It began to drain while this one was on its way in.
      if (this.#its.isDraining()) visitor.leave();
      status = 101;
    });
    return status;
  }
}

/** Whoever has no programs that use it does not load it. */
async function openServer(): Promise<WebSocketServer> {
  const ws = await import('ws');
  // Its types are of a version before the last option.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: SOCKET_LIMITS.messageBytes,
    // Compression costs memory for each socket, and tells lengths that secrets have a part in.
    perMessageDeflate: false,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    closeTimeout: 2_000,
  };
  return new ws.WebSocketServer(options);
}

function refuse(stream: Duplex, { status, code, message, retryAfterSeconds }: AppError): void {
  const body = JSON.stringify({ error: code, error_description: message });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
  ];
  stream.once('finish', () => stream.destroy());
  stream.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
