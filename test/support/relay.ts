// Stands between us and PostgreSQL, at a port of its own, and lets through what a test lets through.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

export interface Relay {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** `wire` ties each connection of ours (`near`) to its own one to PostgreSQL (`far`); they end together. */
export async function startRelay(
  server: { host: string; port: number },
  wire: (near: Socket, far: Socket) => void,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(join(server.host, `.s.PGSQL.${server.port}`));
    wire(near, far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (relay.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => relay.close(done));
    },
  };
}
