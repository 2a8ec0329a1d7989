// Owns as whom PostgreSQL runs. PostgreSQL refuses root, so root runs it in a user namespace in which it has
// another number, or, where those are forbidden, as an unprivileged user. Only Node's own modules: the watchdog loads it.
import {
  spawn,
  spawnSync,
  type ChildProcess,
  type SpawnSyncReturns,
  type StdioOptions,
} from 'node:child_process';
import { chownSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './embedded-postgres-binaries.ts';
import { EmbeddedPostgresError, type Layout } from './embedded-postgres-folder.ts';

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const PROBE_TIMEOUT_MS = 10_000;

/** Runs PostgreSQL's programs as somebody whom they accept. */
export class Runner {
  /** Whom the files have to belong to, where that is not the one who runs this process. */
  readonly owner: Account | undefined;
  readonly #prefix: readonly string[];
  readonly #environment: Record<string, string | undefined>;
  #canDieWithParent = false;

  constructor(prefix: readonly string[], owner: Account | undefined, binaries: Binaries) {
    this.#prefix = prefix;
    this.owner = owner;
    // TZ spares initdb the search for the system's zone, and keeps the log in one zone.
    this.#environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC', ...binaries.environment };
  }

  /** The program gets `signalAtDeath` when this process dies, where the system has a way to say so. */
  start(signalAtDeath: 'INT' | 'KILL', program: string, args: string[], stdio: StdioOptions): ChildProcess {
    const [file, rest] = this.#command(signalAtDeath, [program, ...args]);
    return spawn(file, rest, this.#options(stdio));
  }

  run(program: string, args: string[], input = ''): SpawnSyncReturns<string> {
    const [file, rest] = this.#command('KILL', [program, ...args]);
    return spawnSync(file, rest, { ...this.#options('pipe'), input, encoding: 'utf8' });
  }

  /** Whether the programs run and the directory can be written: one short process. */
  works(binaries: Binaries, folder: Layout): boolean {
    const test = [
      '/bin/sh',
      '-c',
      'test -w "$0" && test -x "$0" && exec "$1" -V',
      folder.directory,
      binaries.postgres,
    ];
    for (this.#canDieWithParent of process.platform === 'linux' ? [true, false] : [false]) {
      const [file, rest] = this.#command('KILL', test);
      const { status } = spawnSync(file, rest, { ...this.#options('ignore'), timeout: PROBE_TIMEOUT_MS });
      if (status === 0) return true;
    }
    return false;
  }

  #command(signalAtDeath: string, command: string[]): [string, string[]] {
    // setpriv comes after unshare: entering a namespace forgets the signal.
    const guard = this.#canDieWithParent ? ['setpriv', '--pdeathsig', signalAtDeath, '--'] : [];
    const [file = '', ...rest] = [...this.#prefix, ...guard, ...command];
    return [file, rest];
  }

  #options(stdio: StdioOptions) {
    const account = this.owner === undefined ? {} : { uid: this.owner.uid, gid: this.owner.gid };
    return { stdio, cwd: '/', env: this.#environment, ...account };
  }
}

/** @throws EmbeddedPostgresError when there is nobody who can run PostgreSQL on that directory. */
export function chooseRunner(binaries: Binaries, folder: Layout): Runner {
  if (process.geteuid?.() !== 0) {
    const runner = new Runner([], undefined, binaries);
    if (runner.works(binaries, folder)) return runner;
    const said = runner.run(binaries.postgres, ['-V']).stderr?.trim();
    throw new EmbeddedPostgresError(
      `PostgreSQL cannot run on ${folder.directory}: ${said || 'the directory cannot be written'}.`,
    );
  }
  const owner = existsSync(folder.data) ? lstatSync(folder.data) : lstatSync(folder.directory);
  const accounts = readAccounts();
  const { uid, gid } = owner;
  const asOwner = accounts.find((one) => one.uid === uid) ?? { uid, gid, name: String(uid) };
  if (uid !== 0 && existsSync(folder.data)) return dropTo([asOwner], binaries, folder);

  const namespaced = inNamespace(accounts, binaries);
  if (process.platform === 'linux' && namespaced.works(binaries, folder)) return namespaced;
  const unprivileged = ['postgres', 'nobody'].flatMap((name) => accounts.filter((one) => one.name === name));
  return dropTo(uid === 0 ? unprivileged : [asOwner, ...unprivileged], binaries, folder);
}

/** The files stay root's: inside the namespace root only has another number. No --fork, so that signals arrive. */
function inNamespace(accounts: Account[], binaries: Binaries): Runner {
  // initdb looks its own number up in /etc/passwd, so it has to be one that is there.
  const label = accounts.find(({ uid }) => uid === 1000) ?? accounts[0];
  const { uid, gid } = label ?? { uid: 1000, gid: 1000 };
  return new Runner(
    ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'],
    undefined,
    binaries,
  );
}

function dropTo(accounts: Account[], binaries: Binaries, folder: Layout): Runner {
  const before = lstatSync(folder.directory);
  for (const account of accounts) {
    const runner = new Runner([], account, binaries);
    chownSync(folder.directory, account.uid, account.gid);
    if (!runner.works(binaries, folder)) continue;
    if (existsSync(folder.data) && lstatSync(folder.data).uid !== account.uid) giveAway(folder.data, account);
    return runner;
  }
  chownSync(folder.directory, before.uid, before.gid);
  const names = accounts.map(({ name }) => `"${name}"`).join(' and ') || 'no unprivileged user';
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and ${names} cannot reach ${binaries.postgres} and ${folder.directory}. ` +
      'Do one of three: start Portaria as an ordinary user who owns this folder, move it to where others may enter ' +
      '(chmod o+x on each folder above it), or set DATABASE_URL to a PostgreSQL server that is already there.',
  );
}

function giveAway(path: string, account: Account): void {
  chownSync(path, account.uid, account.gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveAway(join(path, entry.name), account);
    else if (entry.isFile()) chownSync(join(path, entry.name), account.uid, account.gid);
  }
}

/** Everyone in /etc/passwd but root. */
function readAccounts(): Account[] {
  if (!existsSync('/etc/passwd')) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && Number.isInteger(gid));
}
