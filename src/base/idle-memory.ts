// Node keeps the heap that a burst of requests made it grow to, for hours. When nobody has asked anything for some seconds,
// one full collection gives most of it back; it takes a twentieth of a second in which nobody waits.
import type { Server } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Long enough that nobody pays for it who comes every few seconds: what was compiled goes with it. */
const IDLE_MS = 12_000;
const LOOK_MS = 1_000;
/** Below this there is nothing worth giving back. */
const WORTH_BYTES = 120 * 1024 * 1024;

/** Ends with the server. */
export function giveMemoryBackWhenIdle(server: Server, { idleMs = IDLE_MS, lookMs = LOOK_MS } = {}): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  // A start, too, leaves much behind that is not needed again.
  let isDue = true;
  let lastRequestAt = performance.now();
  server.on('request', () => {
    isDue = true;
    lastRequestAt = performance.now();
  });
  const timer = setInterval(() => {
    if (!isDue || performance.now() - lastRequestAt < idleMs) return;
    isDue = false;
    if (process.memoryUsage.rss() > WORTH_BYTES) collect({ type: 'major', flavor: 'last-resort' });
  }, lookMs).unref();
  server.on('close', () => clearInterval(timer));
}
