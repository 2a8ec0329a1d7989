// Stands between us and PostgreSQL as a pooler in transaction mode does: questions and answers come through, and what the
// database announces by itself (LISTEN, NOTIFY) does not.
import { Transform } from 'node:stream';
import { startRelay, type Relay } from './relay.ts';

const NOTIFICATION = 'A'.charCodeAt(0);
/** A letter, then the length of the rest with itself. */
const HEAD_BYTES = 5;

export function startDeafPooler(server: { host: string; port: number }): Promise<Relay> {
  return startRelay(server, (near, far) => {
    near.pipe(far);
    far.pipe(withoutNotifications()).pipe(near);
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
