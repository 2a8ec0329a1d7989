// After a burst of requests the process gives its memory back: seen from outside, in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';

const program = (times: object, before: string) => `
  import { createServer } from 'node:http';
  import { giveMemoryBackWhenIdle } from ${JSON.stringify(new URL('../../src/base/idle-memory.ts', import.meta.url).href)};
  let kept = [];
  // What a burst leaves behind, or a start: objects that have grown old, and that nobody needs any more.
  function leaveBehind() {
    kept = Array.from({ length: 1_500_000 }, (_, index) => ({ index, text: String(index) }));
    kept = [];
  }
  const server = createServer((request, response) => {
    leaveBehind();
    response.end();
  });
  giveMemoryBackWhenIdle(server, { lookMs: 50, isProbe: ({ url }) => url === '/probe', ...${JSON.stringify(times)} });
  server.listen(0, '127.0.0.1', async () => {
    ${before};
    const before = process.memoryUsage().heapUsed;
    const startedAt = Date.now();
    while (process.memoryUsage().heapUsed > before / 2 && Date.now() - startedAt < 8000) await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(JSON.stringify({ before, after: process.memoryUsage().heapUsed }));
    server.close();
    server.closeAllConnections();
  });
`;
const NEVER = 600_000;

describe('an idle server', () => {
  it.each([
    [
      'a burst has left',
      { idleMs: 200, startMs: NEVER },
      "await (await fetch('http://127.0.0.1:' + server.address().port)).text()",
    ],
    ['a start has left, sooner', { idleMs: NEVER, startMs: 200 }, 'leaveBehind()'],
    [
      'a start has left, also while it is looked after',
      { idleMs: NEVER, startMs: 2_000 },
      "await (await fetch('http://127.0.0.1:' + server.address().port + '/probe')).text()",
    ],
  ])('gives back what %s, and ends when it is closed', async (_, times, before) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(times, before)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    const heap = JSON.parse(output) as { before: number; after: number };
    expect(heap.after).toBeLessThan(heap.before / 2);
  });
});
