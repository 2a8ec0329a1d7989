// Owns the processes of the benchmark: starts each, waits until it answers, and ends it by its process id. Whatever
// was started here ends with `endAll`, which also takes the temporary folders away.
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult } from './load.ts';
import { descendantsOf, isAlive, pin, type Cores } from './machine.ts';

export interface Server {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

export interface Portaria extends Server {
  /** What it was started with: enough to open the same database beside it. */
  environment: Record<string, string>;
  /** From the first instruction to the first answer. */
  startMilliseconds: number;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const POLL_MS = 3;
const BIN = fileURLToPath(new URL('../bin/portaria.js', import.meta.url));

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

/** As `npm start` does it: real settings, real database, its log in a file. `isFirst`: nothing compiled before. */
export async function startPortaria(folder: string, { isFirst = false } = {}): Promise<Portaria> {
  const port = await freePort();
  refuseWhenEnding();
  const environment = { PORT: String(port), DATA_DIR: join(folder, 'data') };
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [BIN, 'start'], {
    cwd: folder,
    env: { ...bareEnvironment(), ...environment, ...(isFirst && { NODE_DISABLE_COMPILE_CACHE: '1' }) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const stop = stopper(child, 'SIGINT');
  while (!(await answers(port))) {
    const hasTimedOut = performance.now() - startedAt > START_LIMIT_MS;
    if (child.exitCode !== null || child.signalCode !== null || hasTimedOut) {
      throw new Error(`Portaria did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    await sleep(POLL_MS);
  }
  const startMilliseconds = performance.now() - startedAt;
  return { pid: child.pid ?? 0, port, environment, startMilliseconds, stop };
}

/** One of the scripts beside this file; its first message says on which port it listens, and more. */
export async function startScript<T>(name: string, args: string[] = []): Promise<Server & T> {
  const child = forkScript(name, args);
  const stop = stopper(child, 'SIGTERM');
  const message = await nextMessage<{ port: number } & T>(child);
  return { pid: child.pid ?? 0, ...message, stop };
}

export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(cores: Cores | undefined) {
    this.#child = forkScript('load.ts');
    stopper(this.#child, 'SIGTERM');
    if (cores) pin(this.#child.pid ?? 0, cores.others);
  }

  /** Throws at the first answer that is not the right one. */
  async run(job: LoadJob): Promise<{ answers: number; seconds: number }> {
    refuseWhenEnding();
    const message = nextMessage<LoadResult>(this.#child);
    this.#child.send(job);
    const result = await message;
    if ('fault' in result) throw new Error(result.fault);
    return result;
  }
}

/** The server on its core; what it started (PostgreSQL and its watchdog) on the other one. */
export function pinServer(server: Server, cores: Cores | undefined): void {
  if (!cores) return;
  pin(server.pid, cores.server);
  for (const pid of descendantsOf(server.pid)) pin(pid, cores.others);
}

function refuseWhenEnding(): void {
  if (isEnding) throw new Error('interrupted');
}

function forkScript(name: string, args: string[] = []): ChildProcess {
  refuseWhenEnding();
  return fork(fileURLToPath(new URL(name, import.meta.url)), args, {
    execArgv: [],
    env: bareEnvironment(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** Nothing that configures Portaria or Node from outside. */
function bareEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, NODE_OPTIONS };
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
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
function stopper(child: ChildProcess, signal: NodeJS.Signals): () => Promise<void> {
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

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
