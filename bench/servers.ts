// Owns the servers of the benchmark: Portaria as anybody starts it, a Redis for it, the servers that it is compared
// with, and the generator of the load.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadFigures, LoadJob, LoadOrder, LoadResult } from './load.ts';
import { descendantsOf, pin, type Cores } from './machine.ts';
import {
  bareEnvironment,
  forkScript,
  freePort,
  nextMessage,
  refuseWhenEnding,
  startScript,
  stopper,
  temporaryFolder,
  waitUntil,
  type Script,
} from './processes.ts';

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

const BIN = fileURLToPath(new URL('../bin/portaria.js', import.meta.url));

/**
 * As `npm start` does it: real settings, real database, its log in a file. A second one in the same folder is another
 * node on the same database. `isFirst`: nothing compiled before.
 */
export async function startPortaria(
  folder: string,
  { isFirst = false, settings = {} }: { isFirst?: boolean; settings?: Record<string, string> } = {},
): Promise<Portaria> {
  const port = await freePort();
  refuseWhenEnding();
  const environment = { DATA_DIR: join(folder, 'data'), ...settings, PORT: String(port) };
  const logFile = join(folder, `log-${port}`);
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [BIN, 'start'], {
    cwd: folder,
    env: { ...bareEnvironment(), ...environment, ...(isFirst && { NODE_DISABLE_COMPILE_CACHE: '1' }) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const stop = stopper(child, 'SIGINT');
  await waitUntil(
    () => isHealthy(port),
    child,
    () => `Portaria did not start:\n${readFileSync(logFile, 'utf8').slice(-2000)}`,
  );
  const startMilliseconds = performance.now() - startedAt;
  return { pid: child.pid ?? 0, port, environment, startMilliseconds, stop };
}

/** A command beside the server. Undefined when it fails. */
export async function runPortaria({ environment }: Portaria, command: string[]): Promise<string | undefined> {
  refuseWhenEnding();
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [BIN, ...command],
      { env: { ...bareEnvironment(), ...environment } },
      (error, output) => resolve(error ? undefined : output),
    );
    stopper(child, 'SIGTERM');
  });
}

/** On loopback, keeping nothing. Undefined when there is no redis-server on the PATH. */
export async function startRedis(): Promise<(Server & { url: string }) | undefined> {
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'redis-server'))
    .find((candidate) => existsSync(candidate));
  if (path === undefined) return undefined;
  const port = await freePort();
  refuseWhenEnding();
  const child = spawn(
    path,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { cwd: temporaryFolder(), env: bareEnvironment(), stdio: 'ignore' },
  );
  const stop = stopper(child, 'SIGTERM');
  await waitUntil(
    () => accepts(port),
    child,
    () => 'redis-server did not start',
  );
  return { pid: child.pid ?? 0, port, url: `redis://127.0.0.1:${port}`, stop };
}

/** A script that is a server: its first message says on which port it listens, and more. */
export async function startServer<T>(name: string, args: string[] = []): Promise<Server & Script & T> {
  const script = startScript(name, args);
  return { ...script, ...(await script.ask<{ port: number } & T>({ start: true })) };
}

export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(cores: Cores | undefined) {
    this.#child = forkScript('load.ts', []);
    stopper(this.#child, 'SIGTERM');
    if (cores) pin(this.#child.pid ?? 0, cores.others);
  }

  /** Throws at the first answer that is not the right one. */
  async run(job: LoadJob): Promise<LoadFigures> {
    refuseWhenEnding();
    const message = nextMessage<LoadResult>(this.#child);
    this.#child.send(job satisfies LoadOrder);
    const result = await message;
    if ('fault' in result) throw new Error(result.fault);
    return result;
  }

  /** Ends a job that asks at a rate. */
  stopJob(): void {
    this.#child.send('stop' satisfies LoadOrder);
  }

  /** Whoever measures how long an answer takes must not wait for the processor itself. Where it is not allowed: as usual. */
  setUrgent(isUrgent: boolean): void {
    try {
      setPriority(this.#child.pid ?? 0, isUrgent ? -10 : 0);
    } catch {
      // Not root: the figures are a little worse for everybody alike.
    }
  }
}

/** The server on its core; what it started (PostgreSQL and its watchdog) on the other one. */
export function pinServer(server: Server, cores: Cores | undefined): void {
  if (!cores) return;
  pin(server.pid, cores.server);
  for (const pid of descendantsOf(server.pid)) pin(pid, cores.others);
}

function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
