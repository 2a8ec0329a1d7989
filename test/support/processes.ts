// The real command in a process of its own, as a person or a script runs it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../bin/portaria.js', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type Settings = Record<string, string>;

/** Begins a command and leaves it to the caller. Only what it is given here counts, so that the settings of whoever runs the tests do not matter. */
export function start(args: string[], settings: Settings): ChildProcess {
  const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env;
  return spawn(process.execPath, [PROGRAM, ...args], { env: { PATH, HOME, TMPDIR, ...settings } });
}

/** A command line as a string is split at its spaces. */
export function words(line: string | string[]): string[] {
  return typeof line === 'string' ? line.split(' ') : line;
}

/** Waits for the end; `input` is its standard input. */
export async function portaria(command: string | string[], settings: Settings, input = ''): Promise<Outcome> {
  const child = start(words(command), settings);
  child.stdin!.end(input);
  const [stdout, stderr] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    child.exitCode === null && once(child, 'close'),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

/** The document that a command prints with --json. Throws what it says when it fails. */
export async function json<T = Record<string, unknown>>(
  command: string | string[],
  settings: Settings,
  input?: string,
): Promise<T> {
  const { code, stdout, stderr } = await portaria([...words(command), '--json'], settings, input);
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

export interface Server {
  url: string;
  child: ChildProcess;
  /** All that it has printed so far. */
  said(): string;
  /** Its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** As a power cut does. */
  kill(): Promise<void>;
}

/** As the README says to run it; in a process group of its own, since whoever npm leaves behind is no child of ours. */
export function startByNpm(_: string[], settings: Settings): ChildProcess {
  const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  return spawn('npm', ['start'], { cwd: root, env: { PATH, HOME, TMPDIR, ...settings }, detached: true });
}

/** A running server; resolves when it is ready. */
export async function serve(port: number, settings: Settings, launch = start): Promise<Server> {
  const child = launch(['start'], { ...settings, PORT: String(port) });
  let said = '';
  child.stderr!.on('data', (chunk) => (said += String(chunk)));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(said)));
    child.stdout!.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes('Portaria is ready')) resolve();
    });
  });
  child.removeAllListeners('exit');
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return {
    url: `http://localhost:${port}`,
    child,
    said: () => said,
    async stop(signal = 'SIGINT') {
      await end(signal);
      return child.exitCode;
    },
    kill: () => end('SIGKILL'),
  };
}

export function newFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'portaria-test-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}
