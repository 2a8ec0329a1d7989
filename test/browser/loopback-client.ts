// A service that sends people to sign in: it has a page for them to come back to, and nothing else.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoopbackClient {
  redirectUri: string;
  close(): Promise<void>;
}

const PAGE =
  '<!doctype html><html lang="en"><title>Example Tickets</title><link rel="icon" href="data:,"><h1>Back at Example Tickets</h1></html>';

export async function startLoopbackClient(): Promise<LoopbackClient> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
