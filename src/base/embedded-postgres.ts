// Owns the user's side of the PostgreSQL that comes with Portaria: it finds or starts the server of a directory and
// holds on to it. The server itself is kept by a process of its own, `embedded-postgres-watchdog.ts`, which
// stops it when the last user is gone.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { controlSocket, EmbeddedPostgresError, EXIT_ANOTHER_WATCHDOG } from './embedded-postgres-folder.ts';
import { findSocketDirectory, logTail, openFolder, type Layout } from './embedded-postgres-folder.ts';
import type { Message } from './embedded-postgres-watchdog.ts';
import type { Logger } from './log.ts';

export interface EmbeddedPostgres {
  /** pg.PoolConfig fields: unix socket directory as host, user, database (no password, no TCP). */
  readonly connection: { host: string; port: number; user: string; database: string };
  /** Lets go of the server; the last user that lets go stops it cleanly, and waits until it has stopped. */
  release(): Promise<void>;
}

type Connection = EmbeddedPostgres['connection'];

/** A crash of the machine under full load may have left minutes of recovery. */
const START_LIMIT_MS = 180_000;
const RELEASE_LIMIT_MS = 60_000;
/** The watchdog's lock is node:sqlite's, which Node 20 does not have. */
const NODE_MAJOR_AT_LEAST = 24;
const POLL_MS = 4;
const RETURN_PAUSE_MS = 1_000;

const WATCHDOG = fileURLToPath(
  new URL(`./embedded-postgres-watchdog${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
);
const NODE_OPTIONS = [
  '--disable-warning=ExperimentalWarning',
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
];

/**
 * Resolves when the server of this directory accepts connections; the first user makes and starts it.
 * It does not keep the process alive: one that ends without `release` has let go all the same.
 * @throws EmbeddedPostgresError in words for the person at the terminal
 */
export async function useEmbeddedPostgres(options: {
  directory: string;
  log: Logger;
}): Promise<EmbeddedPostgres> {
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_AT_LEAST) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL needs Node ${NODE_MAJOR_AT_LEAST} or later; this is ${process.version}. ` +
        'Start with a newer Node, or set DATABASE_URL.',
    );
  }
  const hold = new Hold(openFolder(options.directory), options.log);
  const connection = await hold.take();
  return { connection, release: () => hold.release() };
}

/** One user's connection to the watchdog, renewed when that one dies. */
class Hold {
  readonly #folder: Layout;
  readonly #log: Logger;
  #socket: Socket | undefined;
  #released: Promise<void> | undefined;

  constructor(folder: Layout, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  async take(): Promise<Connection> {
    const startedAt = Date.now();
    while (this.#released === undefined && Date.now() - startedAt < START_LIMIT_MS) {
      const socket = (await this.#connect()) ?? (await this.#startWatchdog());
      if (socket === undefined) continue;
      if (this.#released !== undefined) socket.destroy();
      const connection = await this.#listenUntilReady(socket);
      if (connection === undefined) continue;
      this.#log.debug({ host: connection.host, ms: Date.now() - startedAt }, 'embedded PostgreSQL is ready');
      return connection;
    }
    throw new EmbeddedPostgresError(
      this.#released === undefined
        ? `The embedded PostgreSQL did not become ready. ${this.#folder.log} says why.`
        : 'The embedded PostgreSQL was released before it was ready.',
    );
  }

  release(): Promise<void> {
    this.#released ??= this.#leave();
    return this.#released;
  }

  async #leave(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    socket.ref();
    const limit = setTimeout(() => socket.destroy(), RELEASE_LIMIT_MS);
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.write('leave\n');
    });
    clearTimeout(limit);
  }

  /** Undefined when nobody listens. */
  #connect(): Promise<Socket | undefined> {
    const directory = findSocketDirectory(this.#folder);
    if (directory === undefined) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const socket = connect(controlSocket(directory));
      socket.once('connect', () => resolve(socket));
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EACCES' || error.code === 'EPERM') {
          reject(
            new EmbeddedPostgresError(`${this.#folder.directory} is used by another user.`, { cause: error }),
          );
        } else resolve(undefined);
      });
    });
  }

  /** Undefined when another process's watchdog was faster, or is about to end. */
  async #startWatchdog(): Promise<Socket | undefined> {
    const output = openSync(this.#folder.log, 'a', 0o600);
    const before = statSync(this.#folder.log).size;
    const watchdog = spawn(process.execPath, [...NODE_OPTIONS, WATCHDOG, this.#folder.directory], {
      // A session of its own: Ctrl-C in the terminal is for us alone.
      detached: true,
      stdio: ['ignore', 'ignore', output],
      cwd: '/',
      // Nothing of ours but what it needs: our environment holds secrets, and it may outlive us.
      env: {
        PATH: process.env['PATH'],
        TMPDIR: process.env['TMPDIR'],
        NODE_COMPILE_CACHE: this.#folder.cache,
      },
    });
    closeSync(output);
    watchdog.unref();
    const end = ending(watchdog);
    for (;;) {
      const socket = await this.#connect();
      if (socket !== undefined) return socket;
      const ended = await Promise.race([end, sleep(POLL_MS)]);
      if (ended === undefined) continue;
      if (ended === EXIT_ANOTHER_WATCHDOG || ended === 0) {
        await sleep(POLL_MS + Math.random() * 20);
        return this.#connect();
      }
      throw new EmbeddedPostgresError(
        `The watchdog of the embedded PostgreSQL did not start (${ended}): ${logTail(this.#folder, before)}`,
      );
    }
  }

  /** Undefined when the watchdog went away without a word. */
  #listenUntilReady(socket: Socket): Promise<Connection | undefined> {
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      let isReady = false;
      let text = '';
      socket.on('data', (chunk) => {
        const lines = (text + chunk.toString()).split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const message = JSON.parse(line) as Message;
          if (message.state === 'failed') reject(new EmbeddedPostgresError(message.message));
          if (message.state === 'down' && isReady && this.#released === undefined) {
            this.#log.warn('embedded PostgreSQL has stopped and is started again');
          }
          if (message.state !== 'ready') continue;
          if (isReady) this.#log.warn('embedded PostgreSQL is ready again');
          isReady = true;
          // From now on the connection is only a sign of life.
          if (this.#released === undefined) socket.unref();
          resolve(message.connection);
        }
      });
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        resolve(undefined);
        if (isReady && this.#released === undefined) void this.#takeAgain();
      });
    });
  }

  async #takeAgain(): Promise<void> {
    this.#log.warn('the watchdog of the embedded PostgreSQL is gone; a new one is started');
    while (this.#released === undefined) {
      try {
        await this.take();
        return;
      } catch (error) {
        if (this.#released !== undefined) return;
        this.#log.error({ err: error }, 'embedded PostgreSQL cannot be started again');
        await sleep(RETURN_PAUSE_MS, undefined, { ref: false });
      }
    }
  }
}

/** The exit code or the signal or the fault. */
function ending(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}
