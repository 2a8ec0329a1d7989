// Whoever is at the other end of an open WebSocket: how fast they may talk, and when they have been silent for too long. A message is
// answered before the next is read, so whoever asks faster than is answered, or does not read the answers, waits with their own
// connection and nobody else's memory. Who may open one is for web-sockets.ts.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';

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

/** The answer to a message. Throwing closes the socket. */
export type AnswerMessage = (visitor: Visitor, message: string) => Promise<string>;

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
  readonly #answer: AnswerMessage;
  readonly #closed = new AbortController();
  readonly #waiting: string[] = [];
  #busySince: number | undefined;
  #spokeAt = Date.now();
  #isAlive = true;
  #isLeaving = false;
  #allowance = SOCKET_LIMITS.burst;
  #allowedAt = performance.now();

  constructor(socket: WebSocket, request: IncomingMessage, answer: AnswerMessage) {
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
