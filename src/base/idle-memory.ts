// Node keeps the heap that a burst of requests made it grow to, for hours. When nobody has asked anything for some seconds,
// one full collection gives most of it back; it takes a twentieth of a second in which nobody waits. V8 has a collection of
// its own for quiet times, which comes sooner and while somebody asks now and then, and throws away what was compiled: this
// one takes its place.
import { executionAsyncResource } from 'node:async_hooks';
import type { IncomingMessage, Server } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Long enough that nobody pays for it who comes every few seconds: what was compiled goes with it. */
const IDLE_MS = 12_000;
/** After a start nothing is warm yet, and much lies about that is not needed again. */
const START_MS = 2_000;
const LOOK_MS = 1_000;
const NEVER_MS = 2 ** 30;
/** After a collection in a quiet time V8 would let the heap grow by 8 MB at a time, and collect ten times a second under load. */
const GROWTH_PERCENT = 300;
/** Below this there is nothing worth giving back. */
const WORTH_BYTES = 120 * 1024 * 1024;

/**
 * One of the objects that process.nextTick makes of its callbacks. While nobody holds any, such a collection forgets how they
 * are laid out, and each of them costs five times as much from then on; a request has several.
 */
const tick: object[] = [];

export interface IdleMemoryOptions {
  idleMs?: number;
  startMs?: number;
  lookMs?: number;
  /** What machines ask all day: no reason to wait. */
  isProbe?: (request: IncomingMessage) => boolean;
}

/** Ends with the server. */
export function giveMemoryBackWhenIdle(server: Server, options: IdleMemoryOptions = {}): void {
  const { idleMs = IDLE_MS, startMs = START_MS, lookMs = LOOK_MS, isProbe } = options;
  if (tick.length === 0) process.nextTick(() => tick.push(executionAsyncResource()));
  setFlagsFromString('--expose-gc');
  setFlagsFromString(`--gc-memory-reducer-start-delay-ms=${NEVER_MS}`);
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  const collect = runInNewContext('gc') as (options: object) => void;
  let isDue = true;
  let quietMs = startMs;
  let lastRequestAt = performance.now();
  server.on('request', (request) => {
    if (isProbe?.(request)) return;
    isDue = true;
    quietMs = idleMs;
    lastRequestAt = performance.now();
  });
  const timer = setInterval(() => {
    if (!isDue || performance.now() - lastRequestAt < quietMs) return;
    isDue = false;
    if (process.memoryUsage.rss() > WORTH_BYTES) collect({ type: 'major', flavor: 'last-resort' });
  }, lookMs).unref();
  server.on('close', () => clearInterval(timer));
}
