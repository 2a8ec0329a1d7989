// Owns the layout of the embedded server's directory and where its unix sockets lie; both sides, the users and
// the watchdog, read it from here. Only Node's own modules: the watchdog loads it.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { chownSync, closeSync, fstatSync, openSync, readSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const POSTGRES_PORT = 5432;
export const DATABASE_NAME = 'portaria';
export const DATABASE_USER = 'portaria';

/** The exit code of a watchdog that found another one on the same directory. */
export const EXIT_ANOTHER_WATCHDOG = 75;

// sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const SOCKET_PATH_MAX_BYTES = process.platform === 'linux' ? 107 : 103;
const TEMPORARY_DATA = /^data\.new-/;
const OURS = new Set(['data', 'run', 'lock', 'lib', 'cache', 'postgres.log', 'postgres.log.1']);

/** A refusal to start, in words for the person at the terminal. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code = 'embedded_postgres';
}

/** Where everything lies. `directory` is absolute and free of symbolic links. */
export function layout(directory: string) {
  return {
    directory,
    data: join(directory, 'data'),
    /** A directory, or a link to one under the system's temporary directory where the path would be too long. */
    run: join(directory, 'run'),
    lock: join(directory, 'lock'),
    log: join(directory, 'postgres.log'),
    libraries: join(directory, 'lib'),
    /** What Node has compiled of the watchdog: it starts in half the time. */
    cache: join(directory, 'cache'),
  };
}
export type Layout = ReturnType<typeof layout>;

/** Makes the directory (0700) or takes the one that is there, if it is empty or was made here before. */
export function openFolder(directory: string): Layout {
  try {
    return openFolderOrFail(directory);
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw new EmbeddedPostgresError(`${directory} cannot be used for PostgreSQL's data: ${String(error)}`, {
      cause: error,
    });
  }
}

function openFolderOrFail(directory: string): Layout {
  // Those above it stay open to be passed through: PostgreSQL may have to run as somebody else.
  mkdirSync(dirname(resolve(directory)), { recursive: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const real = realpathSync(directory);
  const names = readdirSync(real);
  // Its mode is about to be narrowed: a home directory named by mistake must not be.
  if (names.some((name) => !OURS.has(name) && !TEMPORARY_DATA.test(name)) && !names.includes('lock')) {
    throw new EmbeddedPostgresError(
      `${real} is not empty and does not belong to the embedded PostgreSQL. Name an empty directory, or set DATABASE_URL.`,
    );
  }
  if ((lstatSync(real).mode & 0o077) !== 0) chmodSync(real, 0o700);
  const folder = layout(real);
  mkdirSync(folder.cache, { recursive: true, mode: 0o700 });
  return folder;
}

export function temporaryData(folder: Layout): string {
  return mkdtempSync(join(folder.directory, 'data.new-'));
}

/** Only for the holder of the lock: what a killed initdb has left. */
export function sweepTemporaryData(folder: Layout): void {
  for (const name of readdirSync(folder.directory)) {
    if (TEMPORARY_DATA.test(name)) rmSync(join(folder.directory, name), { recursive: true, force: true });
  }
}

export function controlSocket(socketDirectory: string): string {
  return join(socketDirectory, 'watchdog');
}

/** The directory of the sockets, if there is one that nobody else could have made. */
export function findSocketDirectory(folder: Layout): string | undefined {
  const entry = lstatSync(folder.run, { throwIfNoEntry: false });
  if (entry === undefined) return undefined;
  if (entry.isDirectory()) return folder.run;
  const target = readlinkSync(folder.run);
  const found = lstatSync(target, { throwIfNoEntry: false });
  // The temporary directory is everybody's: another person may have made a directory of the recorded name.
  const owners = new Set([process.geteuid?.() ?? 0, lstatSync(folder.directory).uid]);
  if (!found?.isDirectory() || !owners.has(found.uid) || (found.mode & 0o077) !== 0) return undefined;
  return target;
}

/** Only for the holder of the lock. `owner` is whom PostgreSQL runs as, where that is somebody else. */
export function makeSocketDirectory(folder: Layout, owner: { uid: number; gid: number } | undefined): string {
  let directory = findSocketDirectory(folder);
  if (directory === undefined) {
    rmSync(folder.run, { force: true });
    if (fits(folder.run)) {
      mkdirSync(folder.run, { mode: 0o700 });
      directory = folder.run;
    } else {
      // A random name cannot be taken beforehand; the link tells the others which it is.
      const parent = [tmpdir(), '/tmp'].find((path) => fits(join(path, 'portaria-XXXXXX'))) ?? '/tmp';
      directory = mkdtempSync(join(parent, 'portaria-'));
      symlinkSync(directory, folder.run);
    }
  }
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
  return directory;
}

/** Only for the holder of the lock, when it leaves. */
export function removeSocketDirectory(folder: Layout): void {
  const directory = findSocketDirectory(folder);
  if (directory === undefined) return;
  rmSync(controlSocket(directory), { force: true });
  if (directory === folder.run) return;
  rmSync(folder.run, { force: true });
  rmSync(directory, { recursive: true, force: true });
}

/** The last lines that were written to the log since it had `fromBytes` bytes, PostgreSQL's prefix cut off. */
export function logTail(folder: Layout, fromBytes: number): string {
  try {
    const file = openSync(folder.log, 'r');
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - fromBytes, 4096)));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    return lastLines(buffer.toString());
  } catch {
    return '';
  }
}

export function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-6);
  return lines.map((line) => line.replace(/^\d{4}-\d\d-\d\d .*?\] /, '').trim()).join(' | ');
}

function fits(socketDirectory: string): boolean {
  return Buffer.byteLength(join(socketDirectory, `.s.PGSQL.${POSTGRES_PORT}`)) <= SOCKET_PATH_MAX_BYTES;
}
