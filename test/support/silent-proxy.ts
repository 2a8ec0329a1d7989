// Stands between us and PostgreSQL and can fall silent: connections stay open, nothing comes through. That is what a
// database looks like whose machine has frozen, and what default settings wait for without end.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

export interface SilentProxy {
  host: string;
  port: number;
  fallSilent(): void;
  speak(): void;
  close(): Promise<void>;
}

export function startSilentProxy(server: { host: string; port: number }): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const proxy = createServer((near) => {
    const far = connect(join(server.host, `.s.PGSQL.${server.port}`));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (!isSilent) to.write(data);
      });
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => to.destroy());
    }
  });
  return new Promise((resolve) => {
    proxy.listen(0, '127.0.0.1', () => {
      resolve({
        host: '127.0.0.1',
        port: (proxy.address() as AddressInfo).port,
        fallSilent: () => void (isSilent = true),
        speak: () => void (isSilent = false),
        close: async () => {
          for (const socket of sockets) socket.destroy();
          await new Promise((done) => proxy.close(done));
        },
      });
    });
  });
}
