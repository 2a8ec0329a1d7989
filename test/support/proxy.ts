// A load balancer without a memory: every request goes to the next node, whoever sent it. It says from where it came
// (X-Forwarded-For), and asks another node when one cannot be reached.
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestProxy {
  /** `http://localhost:<port>`. */
  url: string;
  /** How many requests each node has answered, in the order of `ports`. */
  answered: number[];
  close(): Promise<void>;
}

export async function startProxy(ports: readonly number[]): Promise<TestProxy> {
  const agent = new Agent({ keepAlive: true });
  const answered = ports.map(() => 0);
  let turn = 0;

  function pass(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, tries: number): void {
    const index = turn++ % ports.length;
    const forwarded = [incoming.headers['x-forwarded-for'], incoming.socket.remoteAddress].filter(Boolean);
    const { 'transfer-encoding': _, ...headers } = incoming.headers;
    const passed = request({
      agent,
      port: ports[index],
      host: '127.0.0.1',
      method: incoming.method,
      path: incoming.url,
      headers: { ...headers, 'x-forwarded-for': forwarded.join(', ') },
    });
    passed.on('response', (response) => {
      answered[index] = (answered[index] ?? 0) + 1;
      outgoing.writeHead(response.statusCode ?? 502, response.rawHeaders);
      response.pipe(outgoing);
    });
    passed.on('error', ({ message }: NodeJS.ErrnoException) => {
      const isSafe = message.includes('ECONNREFUSED') || passed.reusedSocket;
      if (isSafe && tries < ports.length) return pass(incoming, body, outgoing, tries + 1);
      outgoing.writeHead(502).end();
    });
    passed.end(body);
  }

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => pass(incoming, Buffer.concat(chunks), outgoing, 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    answered,
    async close() {
      agent.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
