// A Redis of its own for one test file: REDIS_URL's, or a redis-server from the PATH on a port of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from './ports.ts';

export interface TestRedis {
  url: string;
  /** Ends it as a fault would. */
  kill(): Promise<void>;
}

export function redisServerPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path));
}

export async function startRedis(): Promise<TestRedis> {
  const path = redisServerPath();
  if (!path) throw new Error('there is no redis-server on the PATH (Debian: apt-get install redis-server)');
  const port = await freePort();
  const child: ChildProcess = spawn(
    path,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => data.toString().includes('Ready to accept') && resolve());
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
