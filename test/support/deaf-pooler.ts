// Stands between us and PostgreSQL as a pooler in transaction mode does: questions and answers come through, and what the
// database announces by itself (LISTEN, NOTIFY) does not.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { Transform } from 'node:stream';

export interface DeafPooler {
  host: string;
  port: number;
  close(): Promise<void>;
}

const NOTIFICATION = 'A'.charCodeAt(0);
/** A letter, then the length of the rest with itself. */
const HEAD_BYTES = 5;

export function startDeafPooler(server: { host: string; port: number }): Promise<DeafPooler> {
  const sockets = new Set<Socket>();
  const pooler = createServer((near) => {
    const far = connect(join(server.host, `.s.PGSQL.${server.port}`));
    near.pipe(far);
    far.pipe(withoutNotifications()).pipe(near);
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
  return new Promise((resolve) => {
    pooler.listen(0, '127.0.0.1', () => {
      resolve({
        host: '127.0.0.1',
        port: (pooler.address() as AddressInfo).port,
        close: async () => {
          for (const socket of sockets) socket.destroy();
          await new Promise((done) => pooler.close(done));
        },
      });
    });
  });
}

/** The messages of PostgreSQL without those that nobody asked for. */
function withoutNotifications(): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEAD_BYTES) {
        const end = 1 + rest.readUInt32BE(1);
        if (rest.length < end) break;
        if (rest[0] !== NOTIFICATION) this.push(rest.subarray(0, end));
        rest = rest.subarray(end);
      }
      done();
    },
  });
}
