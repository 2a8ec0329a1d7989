// Owns WebSockets as such (RFC 6455): who may open one, how many there are, how fast one may talk, when one has been silent for too
// long. A message is answered before the next is read, so whoever asks faster than is answered, or does not read the answers,
// waits with their own connection and nobody else's memory. What is said is for others to know (auth-sockets.ts).
import { STATUS_CODES, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { AppError, forbidden, notFound, tooManyRequests, unavailable } from '../base/errors.ts';
import { addressKey } from '../base/throttle.ts';
import type { AddressReader } from './context.ts';

/** Of one process. */
export const SOCKET_LIMITS = {
  perAddress: 200,
  inAll: 5_000,
  messageBytes: 56 * 1024,
  /** At once, and then so many in a second; the others wait. A long one counts as many. */
  burst: 20,
  perSecond: 5,
  bytesPerTurn: 4 * 1024,
  /** Of what came in one go and was not looked at yet. */
  waiting: 100,
  /** Without a message, for a socket on which nobody is signed in. */
  idleMs: 5 * 60_000,
  /** For an answer, and for reading it. */
  patienceMs: 60_000,
};

/** RFC 6455 §7.4.1; from 4000 on our own. */
export const CLOSE = {
  done: 1000,
  goingAway: 1001,
  notText: 1003,
  tooMuch: 1008,
  later: 1013,
  signedOut: 4401,
} as const;

export interface WebSocketDoorOptions {
  path: string;
  addressOf: AddressReader;
  /** The origin of a page; asked for no program. Throws 503. */
  mayOpen: (origin: string) => Promise<boolean>;
  isDraining: () => boolean;
  /** The answer to a message. Throwing closes the socket. */
  answer: (visitor: Visitor, message: string) => Promise<string>;
  /** Of a socket that has closed. */
  forget: (visitor: Visitor) => void;
  /** Hears of every attempt to open one. */
  observe: (address: string, status: number) => void;
}

const MOMENT_MS = 1_000;
/** What a request of this socket inherits: who sends it, to whom, and through whom. */
const KEPT_HEADERS =
  /^(host|user-agent|accept-language|origin|forwarded|via|x-(forwarded|real|client|original)-[a-z-]+|true-client-ip|cf-[a-z-]+)$/;

/** Whoever is at the other end of an open socket. */
export class Visitor {
  /** Of the peer, which may be a proxy. */
  readonly peer: string;
  readonly headers: IncomingHttpHeaders;
  /** On a socket of somebody who is signed in silence is no reason to hang up. */
  isSignedIn = false;
  readonly #socket: WebSocket;
  readonly #answer: WebSocketDoorOptions['answer'];
  readonly #closed = new AbortController();
  readonly #waiting: string[] = [];
  #busySince: number | undefined;
  #spokeAt = Date.now();
  #isAlive = true;
  #isLeaving = false;
  #allowance = SOCKET_LIMITS.burst;
  #allowedAt = performance.now();

  constructor(socket: WebSocket, request: IncomingMessage, answer: WebSocketDoorOptions['answer']) {
    const { headers } = request;
    this.peer = request.socket.remoteAddress ?? '';
    this.headers = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name)));
    this.#socket = socket;
    this.#answer = answer;
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('message', (data, isBinary) => this.#hear(data as Buffer, isBinary));
    socket.on('close', () => this.#closed.abort());
    // What is wrong is in the close that follows.
    socket.on('error', () => {});
  }

  get isBusy(): boolean {
    return this.#busySince !== undefined;
  }

  /** Aborted once the socket is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** At once, without a word. */
  hangUp(): void {
    this.#socket.terminate();
  }

  /** Once the message that is answered now is answered. */
  leave(): void {
    this.#isLeaving = true;
    if (!this.isBusy) this.close(CLOSE.goingAway, 'going away');
  }

  /** From time to time. */
  sweep(now: number): void {
    if (this.#busySince !== undefined) {
      if (now - this.#busySince > SOCKET_LIMITS.patienceMs) this.#socket.terminate();
      return;
    }
    if (!this.#isAlive) return this.#socket.terminate();
    if (!this.isSignedIn && now - this.#spokeAt > SOCKET_LIMITS.idleMs) return this.close(CLOSE.done, 'idle');
    this.#isAlive = false;
    this.#socket.ping();
  }

  #hear(data: Buffer, isBinary: boolean): void {
    // What still comes from whoever is being hung up on.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (isBinary) return this.close(CLOSE.notText, 'send text');
    if (this.#waiting.length >= SOCKET_LIMITS.waiting) return this.close(CLOSE.tooMuch, 'too many messages');
    this.#isAlive = true;
    this.#spokeAt = Date.now();
    this.#waiting.push(data.toString('utf8'));
    if (this.#busySince === undefined) void this.#work();
  }

  async #work(): Promise<void> {
    this.#socket.pause();
    try {
      for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
        this.#busySince = Date.now();
        await this.#takeTurn(message.length);
        // Hung up on meanwhile: nobody would hear the answer.
        if (this.#socket.readyState !== this.#socket.OPEN) return;
        await this.#send(await this.#answer(this, message));
        if (this.#isLeaving) return this.close(CLOSE.goingAway, 'going away');
      }
    } catch {
      if (!this.closed.aborted) this.close(CLOSE.later, 'try again');
    } finally {
      this.#busySince = undefined;
      // Also after a close of ours: the answer to it has to be read.
      if (!this.closed.aborted) this.#socket.resume();
    }
  }

  /** Waits until another message may be answered, and lets everybody else come first. */
  async #takeTurn(length: number): Promise<void> {
    const { burst, perSecond, bytesPerTurn } = SOCKET_LIMITS;
    const now = performance.now();
    const earned = ((now - this.#allowedAt) / MOMENT_MS) * perSecond;
    this.#allowance = Math.min(burst, this.#allowance + earned) - Math.ceil((length + 1) / bytesPerTurn);
    this.#allowedAt = now;
    const waitMs = (-this.#allowance / perSecond) * MOMENT_MS;
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false, signal: this.closed });
    else await setImmediate();
  }

  /** Until the answer is on its way: whoever does not read it is not read any more. */
  #send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(text, (error) => (error ? reject(error) : resolve()));
    });
  }
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
