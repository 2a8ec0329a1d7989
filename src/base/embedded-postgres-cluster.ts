// Owns one PostgreSQL cluster on disk and its postmaster: making it, starting, stopping, and clearing away what a
// killed predecessor left running. It relies on the watchdog's lock: nobody else does the same at the same time.
import type { ChildProcess } from 'node:child_process';
import { chownSync, closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { readlinkSync, renameSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { versionOfData, type Binaries } from './embedded-postgres-binaries.ts';
import {
  DATABASE_NAME,
  DATABASE_USER,
  EmbeddedPostgresError,
  POSTGRES_PORT,
} from './embedded-postgres-folder.ts';
import {
  lastLines,
  logTail,
  sweepTemporaryData,
  temporaryData,
  type Layout,
} from './embedded-postgres-folder.ts';
import type { Runner } from './embedded-postgres-runner.ts';

const POLL_MS = 4;
const FAST_SHUTDOWN_MS = 60_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

/** A start that did not come to "ready". `isPassing`: a dying predecessor is in the way, trying again helps. */
export class StartFailed extends EmbeddedPostgresError {
  readonly isPassing: boolean;

  constructor(said: string, wasKilled: boolean) {
    super(`PostgreSQL did not start: ${said || 'it said nothing'}`);
    this.isPassing = wasKilled || /pre-existing shared memory|lock file .* already exists/.test(said);
  }
}

export class Cluster {
  readonly #folder: Layout;
  readonly #binaries: Binaries;
  readonly #runner: Runner;

  constructor(folder: Layout, binaries: Binaries, runner: Runner) {
    this.#folder = folder;
    this.#binaries = binaries;
    this.#runner = runner;
  }

  /** Makes the cluster with its database, unless there is one. It appears under its name only when it is on the disk. */
  create(): void {
    const { data, directory } = this.#folder;
    sweepTemporaryData(this.#folder);
    if (existsSync(data)) return;
    const { initdb, postgres, major } = this.#binaries;
    const fresh = temporaryData(this.#folder);
    if (this.#runner.owner !== undefined) chownSync(fresh, this.#runner.owner.uid, this.#runner.owner.gid);
    const locale =
      major >= 17
        ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
        : ['--locale=C', '--lc-messages=C'];
    // The socket lies in a directory that only the owner can enter: "trust" admits nobody else.
    const access = ['--auth-local=trust', '--auth-host=reject', `--username=${DATABASE_USER}`];
    this.#must(initdb, [
      '-D',
      fresh,
      '--encoding=UTF8',
      '--data-checksums',
      '--no-sync',
      ...locale,
      ...access,
    ]);
    this.#must(postgres, ['--single', '-F', '-D', fresh, 'template1'], `create database ${DATABASE_NAME}\n`);
    // Both ran without fsync, so that the disk is waited for once.
    this.#must(initdb, ['-D', fresh, '--sync-only']);
    if (!existsSync(join(fresh, 'PG_VERSION'))) throw new EmbeddedPostgresError('initdb left no cluster.');
    renameSync(fresh, data);
    const parent = openSync(directory, 'r');
    fsyncSync(parent);
    closeSync(parent);
  }

  /** Resolves when connections are accepted. @throws StartFailed */
  async start(socketDirectory: string): Promise<Postmaster> {
    const { data, log } = this.#folder;
    const output = openSync(log, 'a', 0o600);
    const before = statSync(log).size;
    const settings = Object.entries(this.#settings(socketDirectory)).flatMap(([k, v]) => ['-c', `${k}=${v}`]);
    const args = ['-D', data, ...settings];
    const child = this.#runner.start('INT', this.#binaries.postgres, args, ['ignore', output, output]);
    closeSync(output);
    const postmaster = new Postmaster(child);
    while (!postmaster.hasExited) {
      const file = readPidFile(data);
      if (file?.pid === child.pid && file?.status === 'ready') return postmaster;
      await Promise.race([sleep(POLL_MS), postmaster.exited]);
    }
    throw new StartFailed(
      postmaster.spawnError?.message ?? logTail(this.#folder, before),
      child.signalCode !== null,
    );
  }

  /** Ends a postmaster whose watchdog was killed, and takes away the files of one that died with its machine. */
  async clearPredecessor(socketDirectory: string): Promise<void> {
    const { data } = this.#folder;
    const pid = readPidFile(data)?.pid;
    if (pid !== undefined) await endPostmaster(pid, data);
    // The number in a left-over file may meanwhile be another process's, and PostgreSQL would refuse to start.
    // Backends that still run are found by PostgreSQL itself, through the shared memory they hold.
    rmSync(join(data, 'postmaster.pid'), { force: true });
    const socket = join(socketDirectory, `.s.PGSQL.${POSTGRES_PORT}`);
    for (const file of [socket, `${socket}.lock`]) rmSync(file, { force: true });
  }

  /** Ends backends whose postmaster was killed: one in a long computation would not notice for minutes. */
  killOrphanedBackends(): void {
    if (process.platform !== 'linux') return;
    const { data } = this.#folder;
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        if (readlinkSync(`/proc/${name}/cwd`) !== data) continue;
        if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith('postgres: ')) continue;
        process.kill(Number(name), 'SIGKILL');
      } catch {
        // Gone meanwhile, or somebody else's.
      }
    }
  }

  #must(program: string, args: string[], input?: string): void {
    const { status, signal, error, stdout, stderr } = this.#runner.run(program, args, input);
    if (status === 0) return;
    const said = error?.message ?? lastLines(`${stdout}\n${stderr}`);
    throw new EmbeddedPostgresError(`PostgreSQL's cluster could not be made (${signal ?? status}): ${said}`);
  }

  #settings(socketDirectory: string): Record<string, string> {
    return {
      listen_addresses: '',
      port: String(POSTGRES_PORT),
      unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
      unix_socket_permissions: '0700',
      // Several nodes of several workers may share it.
      max_connections: '200',
      shared_buffers: '64MB',
      min_wal_size: '32MB',
      max_wal_size: '256MB',
      timezone: 'UTC',
      log_timezone: 'UTC',
      log_checkpoints: 'off',
      // Neither statements nor the values of rows belong into a file.
      log_min_error_statement: 'panic',
      log_error_verbosity: 'terse',
      // One small database gains nothing from the worker processes of 18.
      ...((versionOfData(this.#folder) ?? 0) >= 18 ? { io_method: 'sync' } : {}),
    };
  }
}

/** A running server that is this process's child. */
export class Postmaster {
  readonly exited: Promise<void>;
  hasExited = false;
  spawnError: Error | undefined;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = new Promise((resolve) => {
      const end = (): void => {
        this.hasExited = true;
        resolve();
      };
      child.once('exit', end);
      child.once('error', (error) => {
        this.spawnError = error;
        end();
      });
    });
  }

  /** Fast shutdown: clients are disconnected, everything is written. One that hangs is made to end. */
  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    const harder = setTimeout(() => this.#child.kill('SIGQUIT'), FAST_SHUTDOWN_MS);
    await this.exited;
    clearTimeout(harder);
  }
}

/** postmaster.pid: the process's number in line 1, "starting", "ready", "stopping" … in line 8. */
function readPidFile(data: string): { pid: number; status: string | undefined } | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number.parseInt(lines[0] ?? '', 10);
    return pid > 0 ? { pid, status: lines[7]?.trim() } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws EmbeddedPostgresError when it cannot be ended; starting a second one would be worse. */
async function endPostmaster(pid: number, data: string): Promise<void> {
  const steps: [NodeJS.Signals, number][] = [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
    ['SIGKILL', IMMEDIATE_SHUTDOWN_MS],
  ];
  for (const [signal, limitMs] of steps) {
    const until = Date.now() + limitMs;
    if (isPostmasterOf(pid, data)) signalIfAlive(pid, signal);
    while (isPostmasterOf(pid, data) && Date.now() < until) await sleep(POLL_MS);
  }
  if (isPostmasterOf(pid, data)) throw new EmbeddedPostgresError(`PostgreSQL (process ${pid}) does not end.`);
}

/** A process that has died but was not waited for yet has no command line, and counts as gone. */
function isPostmasterOf(pid: number, data: string): boolean {
  try {
    if (process.platform === 'linux') {
      const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return program.endsWith('postgres') && args.includes(data);
    }
    const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout.includes('postgres') && stdout.includes(data);
  } catch {
    return false;
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
