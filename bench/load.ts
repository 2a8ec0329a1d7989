// The load generator, a process of its own: keep-alive connections that each ask, wait for the whole answer, look at it
// and ask again (no pipelining). Plain sockets and no HTTP library, so that it is faster than whatever it measures.
import { connect, type Socket } from 'node:net';

export interface LoadJob {
  port: number;
  connections: number;
  seconds: number;
  /** Whole HTTP requests as text; taken in turn. */
  requests: string[];
  /** The job ends when each was sent once, though time may be left. */
  isOnce: boolean;
  /** Every answer is 200 and has this in its body. */
  expects: string;
}

export type LoadResult = { answers: number; seconds: number } | { fault: string };

const OK = 'HTTP/1.1 200 ';

async function run(job: LoadJob): Promise<LoadResult> {
  const requests = job.requests.map((text) => Buffer.from(text, 'latin1'));
  let next = 0;
  let answers = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + job.seconds * 1000;
  let lastAt = startedAt;
  let isFaulty = false;

  const ask = (socket: Socket) => {
    socket.write(requests[next++ % requests.length] as Buffer);
  };
  /** Resolves when the time is over and the last answer has come. */
  const keepAsking = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(job.port, '127.0.0.1', () => ask(socket)).setNoDelay(true);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        const body = bodyOf(text);
        if (body === undefined) return;
        if (!text.startsWith(OK) || !body.includes(job.expects)) {
          reject(new Error(`a wrong answer:\n${text.slice(0, 1500)}`));
          socket.destroy();
          return;
        }
        text = '';
        const now = performance.now();
        if (now < endsAt) {
          answers += 1;
          lastAt = now;
        }
        const isOver = isFaulty || now >= endsAt || (job.isOnce && next >= requests.length);
        if (!isOver) {
          ask(socket);
        } else {
          socket.end();
          resolve();
        }
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
    }).catch((error: unknown) => {
      isFaulty = true;
      throw error;
    });

  const ends = await Promise.allSettled(Array.from({ length: job.connections }, keepAsking));
  const fault = ends.find((end) => end.status === 'rejected');
  if (fault) throw fault.reason;
  return { answers, seconds: (lastAt - startedAt) / 1000 };
}

/** Undefined while it is not complete. */
function bodyOf(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error(`an answer without its length:\n${text.slice(0, 1500)}`);
  return text.length < end + 4 + Number(length) ? undefined : text.slice(end + 4);
}

process.on('message', (job: LoadJob) => {
  run(job)
    .catch((error: unknown) => ({ fault: error instanceof Error ? error.message : String(error) }))
    .then((result) => process.send?.(result))
    .catch(() => process.exit(1));
});
process.on('disconnect', () => process.exit(0));
