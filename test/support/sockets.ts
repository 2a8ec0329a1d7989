// A program with a WebSocket to /api/auth/ws: says something and waits for the answer, and hears why it was hung up on.
import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import { APP, type Payload } from './json-login.ts';
import { PASSWORD } from './people.ts';
import type { Portaria } from './portaria.ts';

export interface Closed {
  code: number;
  reason: string;
}

interface Message {
  type?: string;
  id?: string | number;
  payload: Payload;
}

export class Socket {
  readonly raw: WebSocket;
  readonly closed: Promise<Closed>;
  readonly heard: Message[] = [];
  #heardMore = () => {};
  #next = 0;

  constructor(raw: WebSocket) {
    this.raw = raw;
    this.closed = new Promise((resolve) => {
      raw.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    raw.on('error', () => {});
    raw.on('message', (data: Buffer) => {
      this.heard.push(JSON.parse(data.toString()) as Message);
      this.#heardMore();
    });
  }

  get isOpen(): boolean {
    return this.raw.readyState === WebSocket.OPEN;
  }

  /** The next message that was not taken yet. */
  async hear(): Promise<Message> {
    while (this.heard.length <= this.#next) await new Promise<void>((resolve) => (this.#heardMore = resolve));
    return this.heard[this.#next++]!;
  }

  async say(payload: object): Promise<Payload> {
    this.raw.send(JSON.stringify({ type: 'auth', payload: { ...APP, ...payload } }));
    return (await this.hear()).payload;
  }

  login(username = 'ana', fields: object = {}): Promise<Payload> {
    return this.say({ action: 'login', username, password: PASSWORD, ...fields });
  }

  /** Several messages in one packet. */
  sayAtOnce(messages: readonly string[]): void {
    const { _socket: stream } = this.raw as unknown as { _socket: { cork: () => void; uncork: () => void } };
    stream.cork();
    for (const message of messages) this.raw.send(message);
    stream.uncork();
  }
}

const address = ({ address: base }: Portaria) => `${base.replace('http', 'ws')}/api/auth/ws`;

export async function openSocket(portaria: Portaria, options: ClientOptions = {}): Promise<Socket> {
  const raw = new WebSocket(address(portaria), options);
  const socket = new Socket(raw);
  await once(raw, 'open');
  return socket;
}

/** The status with which it was refused. */
export async function refusedSocket(
  portaria: Portaria,
  options: ClientOptions = {},
): Promise<number | undefined> {
  const raw = new WebSocket(address(portaria), options);
  raw.on('error', () => {});
  const [, response] = (await once(raw, 'unexpected-response')) as [
    unknown,
    { statusCode?: number; destroy: () => void },
  ];
  response.destroy();
  return response.statusCode;
}
