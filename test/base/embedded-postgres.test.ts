// The PostgreSQL that comes with Portaria, as those who use it see it: real processes, really killed.
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { useEmbeddedPostgres, type EmbeddedPostgres } from '../../src/base/embedded-postgres.ts';
import { createLogger } from '../../src/base/log.ts';

const log = createLogger('silent', false);
const SOURCE = new URL('../../src/base/', import.meta.url).href;

// A process that uses the server, does what it is told on its standard input, and says what it has done.
const USER_PROGRAM = `
  import { createInterface } from 'node:readline';
  import pg from 'pg';
  const { useEmbeddedPostgres } = await import('${SOURCE}embedded-postgres.ts');
  const { createLogger } = await import('${SOURCE}log.ts');
  process.on('SIGINT', () => console.log('interrupted'));
  const server = await useEmbeddedPostgres({ directory: process.argv[1], log: createLogger('silent', false) });
  console.log('ready ' + JSON.stringify(server.connection));
  async function load() {
    for (let n = 1, client; ; ) {
      try {
        if (!client) {
          client = new pg.Client(server.connection);
          client.on('error', () => {});
          await client.connect();
          await client.query('create table if not exists acknowledged (n int primary key)');
        }
        await client.query('insert into acknowledged values ($1) on conflict do nothing', [n]);
        console.log('row ' + n++);
      } catch {
        void client.end().catch(() => {});
        client = undefined;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'load') void load();
    if (line === 'release') { await server.release(); console.log('released'); process.exit(); }
  }
`;

class User {
  readonly child: ChildProcess;
  readonly lines: string[] = [];

  constructor(directory: string) {
    this.child = spawn(process.execPath, ['--input-type=module', '--eval', USER_PROGRAM, directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(line));
  }

  async says(start: string): Promise<string> {
    return eventually(`a user says "${start}"`, () => this.lines.find((line) => line.startsWith(start)));
  }

  async connection(): Promise<ClientConfig> {
    return JSON.parse((await this.says('ready')).slice('ready '.length)) as ClientConfig;
  }

  tell(command: string): void {
    this.child.stdin!.write(`${command}\n`);
  }

  get lastAcknowledged(): number {
    return Number(this.lines.findLast((line) => line.startsWith('row '))?.slice(4) ?? 0);
  }

  async kill(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

const users: User[] = [];
const directories: string[] = [];

function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'portaria-test-'));
  directories.push(parent);
  return join(parent, 'postgres');
}

function newUser(directory: string): User {
  const user = new User(directory);
  users.push(user);
  return user;
}

async function use(directory: string): Promise<EmbeddedPostgres> {
  return useEmbeddedPostgres({ directory, log });
}

async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 10_000,
): Promise<NonNullable<T>> {
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(5)) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
  }
  throw new Error(`not within ${limitMs} ms: ${what}`);
}

async function query(connection: ClientConfig, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The rows that are missing among those whose commit a user has heard of. */
async function lostRows(connection: ClientConfig, acknowledged: number): Promise<unknown> {
  const sql = `select count(*)::int as lost from generate_series(1, ${acknowledged}) n where n not in (select n from acknowledged)`;
  return (await query(connection, sql))[0]?.['lost'];
}

/** Every process that has the directory in its command line, with that line. */
function processesOf(directory: string): { pid: number; command: string }[] {
  if (existsSync('/proc/self/cmdline')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: Number(name), command: readCommand(name) }))
      .filter(({ command }) => command.includes(directory));
  }
  const { stdout } = spawnSync('ps', ['-ww', '-axo', 'pid=,command='], { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.includes(directory));
  return lines.map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
}

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function watchdogsOf(directory: string): number[] {
  const found = processesOf(directory).filter(({ command }) =>
    command.includes('embedded-postgres-watchdog'),
  );
  return found.map(({ pid }) => pid);
}

/** Whether another postmaster has taken the place of this one; its file goes and comes while we look. */
function isSucceeded(directory: string, postmaster: number): boolean {
  try {
    return postmasterOf(directory) !== postmaster;
  } catch {
    return false;
  }
}

function postmasterOf(directory: string): number {
  return Number.parseInt(readFileSync(join(directory, 'data/postmaster.pid'), 'utf8'), 10);
}

async function stopped(directory: string): Promise<void> {
  await eventually(
    'nothing runs any more',
    () => watchdogsOf(directory).length === 0 && !existsSync(join(directory, 'data/postmaster.pid')),
    3_000,
  );
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

afterEach(async () => {
  for (const user of users.splice(0))
    if (user.child.exitCode === null && user.child.signalCode === null) await user.kill();
  for (const directory of directories.splice(0)) {
    await eventually('everything has ended', () => processesOf(directory).length === 0, 5_000).catch(() => {
      for (const { pid } of processesOf(directory)) killHard(pid);
    });
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

describe('the embedded PostgreSQL', () => {
  it('is made by the first start, stopped by the last release, and keeps its data', async () => {
    const directory = newDirectory();
    const first = await use(directory);
    await query(first.connection, "create table t as select 'kept' as word");
    const settings = await query(
      first.connection,
      `select current_database() as database, current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums,
        current_setting('listen_addresses') as tcp, current_setting('server_encoding') as encoding`,
    );
    expect(settings[0]).toEqual({
      database: 'portaria',
      fsync: 'on',
      commit: 'on',
      checksums: 'on',
      tcp: '',
      encoding: 'UTF8',
    });
    for (const name of ['.', 'data', 'run', 'cache']) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o700);
    }
    for (const name of ['lock', 'postgres.log'])
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    await first.release();
    expect(existsSync(join(directory, 'data/postmaster.pid'))).toBe(false);

    const second = await use(directory);
    expect(await query(second.connection, 'select word from t')).toEqual([{ word: 'kept' }]);
    await second.release();
    await stopped(directory);
  });

  it('takes in whoever comes later, and stays when the one who started it is killed', async () => {
    const directory = newDirectory();
    const starter = newUser(directory);
    await starter.says('ready');
    const postmaster = postmasterOf(directory);
    const later = await use(directory);
    const client = new Client(later.connection);
    await client.connect();
    await starter.kill();
    await sleep(1_000);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect(postmasterOf(directory)).toBe(postmaster);
    await client.end();
    await later.release();
    await stopped(directory);
  });

  it('is not stopped by the Ctrl-C that its user gets', async () => {
    const directory = newDirectory();
    const user = newUser(directory);
    const connection = await user.connection();
    const postmaster = postmasterOf(directory);
    process.kill(-user.child.pid!, 'SIGINT');
    await user.says('interrupted');
    await sleep(200);
    expect(await query(connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(postmasterOf(directory)).toBe(postmaster);
    user.tell('release');
    await user.says('released');
    await stopped(directory);
  });

  it('stops when its only user is killed, and has every row that was acknowledged', async () => {
    const directory = newDirectory();
    const user = newUser(directory);
    await user.says('ready');
    user.tell('load');
    await user.says('row 200');
    await user.kill();
    await stopped(directory);
    const next = await use(directory);
    expect(await lostRows(next.connection, user.lastAcknowledged)).toBe(0);
    await next.release();
  });

  it('comes back on the same socket when PostgreSQL is killed under load, with every acknowledged row', async () => {
    const directory = newDirectory();
    const user = newUser(directory);
    const connection = await user.connection();
    user.tell('load');
    for (const victim of ['postmaster', 'backend'] as const) {
      const before = user.lastAcknowledged;
      await user.says(`row ${before + 100}`);
      const killedAt = user.lastAcknowledged;
      const [row] = await query(
        connection,
        "select pid from pg_stat_activity where query like 'insert%' limit 1",
      );
      killHard(victim === 'postmaster' ? postmasterOf(directory) : Number(row?.['pid']));
      await eventually('rows go in again', () => user.lastAcknowledged > killedAt + 100, 3_000);
    }
    const acknowledged = user.lastAcknowledged;
    // The question itself may be cut off by what was killed a moment ago; then it is asked again.
    const lost = () => lostRows(connection, acknowledged).catch(() => 'cut off');
    await eventually('every acknowledged row is there', async () => (await lost()) === 0, 5_000);
  });

  it('comes back when PostgreSQL is killed while a backend is deep in a computation', async () => {
    const directory = newDirectory();
    const server = await use(directory);
    const busy = query(server.connection, 'select count(*) from generate_series(1, 2000000000)').catch(
      () => 'cut',
    );
    await eventually('it computes', async () => {
      const rows = await query(
        server.connection,
        "select 1 from pg_stat_activity where query like 'select count%'",
      );
      return rows.length > 0;
    });
    killHard(postmasterOf(directory));
    const answer = (): Promise<unknown> => query(server.connection, 'select 1').catch(() => undefined);
    await eventually('it answers again', answer, 3_000);
    expect(await busy).toBe('cut');
    await server.release();
  });

  it('comes back when its watchdog is killed, and when watchdog and PostgreSQL are killed at once', async () => {
    const directory = newDirectory();
    const server = await use(directory);
    await query(server.connection, 'create table t as select 1 as one');
    for (const isPostgresKilled of [false, true]) {
      const postmaster = postmasterOf(directory);
      killHard(watchdogsOf(directory)[0]!);
      if (isPostgresKilled) killHard(postmaster);
      const look = async (): Promise<unknown> =>
        isSucceeded(directory, postmaster) &&
        query(server.connection, 'select one from t').catch(() => undefined);
      expect(await eventually('it answers again', look, 3_000)).toEqual([{ one: 1 }]);
    }
    expect(watchdogsOf(directory)).toHaveLength(1);
    await server.release();
    await stopped(directory);
  });

  it('leaves nothing running when its user and its watchdog are killed at once', async () => {
    const directory = newDirectory();
    const user = newUser(directory);
    await user.says('ready');
    killHard(watchdogsOf(directory)[0]!);
    await user.kill();
    // The kernel tells PostgreSQL on Linux; elsewhere the next start ends it.
    if (process.platform === 'linux') await stopped(directory);
    const next = await use(directory);
    expect(await query(next.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    await next.release();
  });

  it('is one server when eight processes start at once on a fresh directory', async () => {
    const directory = newDirectory();
    const eight = Array.from({ length: 8 }, () => newUser(directory));
    const connections = await Promise.all(eight.map((user) => user.connection()));
    const sql =
      'select system_identifier::text as id, pg_postmaster_start_time()::text as at from pg_control_system()';
    const answers = await Promise.all(connections.map((connection) => query(connection, sql)));
    expect(new Set(answers.map((rows) => JSON.stringify(rows))).size).toBe(1);
    await eventually('the losers have ended', () => watchdogsOf(directory).length === 1);
    for (const user of eight) user.tell('release');
    await Promise.all(eight.map((user) => user.says('released')));
    await stopped(directory);
  });

  it('starts anew when it was killed while it made the cluster', async () => {
    const directory = newDirectory();
    const user = newUser(directory);
    const isHalfMade = (): boolean =>
      existsSync(directory) &&
      readdirSync(directory).some((name) => existsSync(join(directory, name, 'base/1')));
    await eventually('the cluster is half made', isHalfMade);
    await user.kill();
    for (const { pid } of processesOf(directory)) killHard(pid);
    expect(existsSync(join(directory, 'data'))).toBe(false);
    const next = await use(directory);
    expect(await query(next.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(readdirSync(directory).filter((name) => name.startsWith('data.new'))).toEqual([]);
    await next.release();
  });

  it('starts beside the files of a dead server whose process number somebody else has now', async () => {
    const directory = newDirectory();
    const first = await use(directory);
    await first.release();
    const pid = String(process.pid);
    writeFileSync(join(directory, 'data/postmaster.pid'), `${pid}\n${directory}/data\n1700000000\n5432\n`);
    writeFileSync(join(directory, 'run/.s.PGSQL.5432.lock'), `${pid}\n${directory}/data\n1700000000\n5432\n`);
    const second = await use(directory);
    expect(await query(second.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.release();
  });

  it('works where the path is too long for a unix socket, and takes its short directory away', async () => {
    const directory = join(newDirectory(), 'a-long-name-'.repeat(15), 'and "quoted", too');
    const server = await use(directory);
    expect(server.connection.host.length).toBeLessThan(90);
    expect(statSync(server.connection.host).mode & 0o777).toBe(0o700);
    expect(await query(server.connection, 'select 1 as one')).toEqual([{ one: 1 }]);
    const second = await use(directory);
    expect(second.connection).toEqual(server.connection);
    await second.release();
    await server.release();
    expect(existsSync(server.connection.host)).toBe(false);
  });

  it('refuses a directory that holds something else, and leaves it as it is', async () => {
    const directory = newDirectory();
    mkdirSync(directory, { mode: 0o755 });
    writeFileSync(join(directory, 'letter.txt'), 'dear');
    await expect(use(directory)).rejects.toThrow(/is not empty .* DATABASE_URL/);
    expect(statSync(directory).mode & 0o777).toBe(0o755);
    expect(readdirSync(directory)).toEqual(['letter.txt']);
  });

  it('says what PostgreSQL said when it cannot start', async () => {
    const directory = newDirectory();
    await (await use(directory)).release();
    writeFileSync(join(directory, 'data/postgresql.auto.conf'), 'no_such_setting = 1\n');
    await expect(use(directory)).rejects.toThrow(/no_such_setting/);
    writeFileSync(join(directory, 'data/PG_VERSION'), '12\n');
    await expect(use(directory)).rejects.toThrow(/made by PostgreSQL 12, and only 18/);
  });
});
