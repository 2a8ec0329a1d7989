// Owns the processes and folders of the benchmark: each process is ended by its process id, each folder taken away.
// `endAll` does it for all that is left, whatever happened.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendantsOf, isAlive } from './machine.ts';

/** One of the scripts beside this file, which answers questions. */
export interface Script {
  pid: number;
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const POLL_MS = 3;

const running = new Set<() => Promise<void>>();
const folders = new Set<string>();
let isEnding = false;

export function temporaryFolder(): string {
  refuseWhenEnding();
  const folder = mkdtempSync(join(tmpdir(), 'portaria-bench-'));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** For good: whatever would start something afterwards throws. */
export async function endAll(): Promise<void> {
  isEnding = true;
  await Promise.allSettled([...running].map((stop) => stop()));
  for (const folder of folders) removeFolder(folder);
}

export function startScript(name: string, args: string[] = []): Script {
  const child = forkScript(name, args);
  return {
    pid: child.pid ?? 0,
    stop: stopper(child, 'SIGTERM'),
    ask: async (question) => {
      const answer = nextMessage(child);
      child.send(question);
      return answer as never;
    },
  };
}

export function refuseWhenEnding(): void {
  if (isEnding) throw new Error('interrupted');
}

export function forkScript(name: string, args: string[]): ChildProcess {
  refuseWhenEnding();
  return fork(fileURLToPath(new URL(name, import.meta.url)), args, {
    execArgv: [],
    env: bareEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Nothing that configures Portaria or Node from outside. */
export function bareEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, NODE_OPTIONS };
}

export function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.at(1)} ended`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

/** Also waits for what the process started: PostgreSQL must have let go of its files. */
export function stopper(child: ChildProcess, signal: NodeJS.Signals): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const end = async () => {
    const pids = [child.pid ?? 0, ...descendantsOf(child.pid ?? 0)];
    const hasExited = new Promise((resolve) => child.once('exit', resolve));
    const isRunning = child.exitCode === null && child.signalCode === null;
    if (isRunning) {
      child.kill(signal);
      const harder = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      await hasExited;
      clearTimeout(harder);
    }
    const until = Date.now() + STOP_LIMIT_MS;
    while (pids.some(isAlive) && Date.now() < until) await sleep(POLL_MS);
    running.delete(stop);
  };
  const stop = () => (stopped ??= end());
  running.add(stop);
  return stop;
}

export async function waitUntil(
  isThere: () => Promise<boolean>,
  child: ChildProcess,
  complain: () => string,
): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  while (!(await isThere())) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (hasEnded || performance.now() > until) throw new Error(complain());
    await sleep(POLL_MS);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
