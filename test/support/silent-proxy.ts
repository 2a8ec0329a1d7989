// Stands between us and PostgreSQL and can fall silent: connections stay open, nothing comes through. That is what a
// database looks like whose machine has frozen, and what default settings wait for without end.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

export interface SilentProxy {
  host: string;
  port: number;
  fallSilent(): void;
  /** From the first question on that contains the words, PostgreSQL is heard by nobody; it goes on hearing. */
  keepAnswersFrom(words: string): void;
  speak(): void;
  close(): Promise<void>;
}

export function startSilentProxy(server: { host: string; port: number }): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  let isUnheard = false;
  let awaited: string | undefined;
  const proxy = createServer((near) => {
    const far = connect(join(server.host, `.s.PGSQL.${server.port}`));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (from === near && awaited !== undefined && data.includes(awaited)) isUnheard = true;
        if (!isSilent && !(isUnheard && from === far)) to.write(data);
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
        keepAnswersFrom: (words) => void (awaited = words),
        speak: () => {
          isSilent = false;
          isUnheard = false;
          awaited = undefined;
        },
        close: async () => {
          for (const socket of sockets) socket.destroy();
          await new Promise((done) => proxy.close(done));
        },
      });
    });
  });
}
