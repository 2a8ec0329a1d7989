// After a burst of requests the process gives its memory back: seen from outside, in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';

const PROGRAM = `
  import { createServer } from 'node:http';
  import { giveMemoryBackWhenIdle } from ${JSON.stringify(new URL('../../src/base/idle-memory.ts', import.meta.url).href)};
  let kept = [];
  const server = createServer((request, response) => {
    // What a burst leaves behind: objects that have grown old, and that nobody needs any more.
    kept = Array.from({ length: 1_500_000 }, (_, index) => ({ index, text: String(index) }));
    response.end();
    kept = [];
  });
  giveMemoryBackWhenIdle(server, { idleMs: 200, lookMs: 50 });
  server.listen(0, '127.0.0.1', async () => {
    await (await fetch('http://127.0.0.1:' + server.address().port)).text();
    const before = process.memoryUsage().heapUsed;
    const startedAt = Date.now();
    while (process.memoryUsage().heapUsed > before / 2 && Date.now() - startedAt < 8000) await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(JSON.stringify({ before, after: process.memoryUsage().heapUsed }));
    server.close();
    server.closeAllConnections();
  });
`;

describe('an idle server', () => {
  it('gives back what a burst has left, and ends when it is closed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    const { before, after } = JSON.parse(output) as { before: number; after: number };
    expect(after).toBeLessThan(before / 2);
  });
});
