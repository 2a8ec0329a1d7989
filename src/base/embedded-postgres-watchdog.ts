// A process of its own: owns the embedded PostgreSQL of one directory as long as anybody uses it. Every user keeps a
// connection to its socket; when the last one is gone, however it went, PostgreSQL is stopped cleanly and this
// process ends. When PostgreSQL dies, it is started again. Users start it (`embedded-postgres.ts`); only Node's
// own modules are loaded, to keep it small.
import { copyFileSync, existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { createServer, type Server, type Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './embedded-postgres-binaries.ts';
import { Cluster, StartFailed, type Postmaster } from './embedded-postgres-cluster.ts';
import {
  controlSocket,
  DATABASE_NAME,
  DATABASE_USER,
  EXIT_ANOTHER_WATCHDOG,
} from './embedded-postgres-folder.ts';
import { EmbeddedPostgresError, POSTGRES_PORT, makeSocketDirectory } from './embedded-postgres-folder.ts';
import { layout, removeSocketDirectory, type Layout } from './embedded-postgres-folder.ts';
import { chooseRunner } from './embedded-postgres-runner.ts';

/** How long the first user may take to connect. */
const ARRIVAL_MS = 5_000;
/** How long PostgreSQL stays after its last user was killed: one that is restarted finds it warm. */
const GRACE_MS = 500;
const FAREWELL_MS = 500;
const START_PATIENCE_MS = 30_000;
const LOG_MAX_BYTES = 10 * 1024 * 1024;
const UPKEEP_MS = 10_000;

/** What a user is told, one JSON object a line. */
export type Message =
  | { state: 'ready'; connection: { host: string; port: number; user: string; database: string } }
  | { state: 'down' }
  | { state: 'failed'; message: string };

/** The connections of those who use the server. */
class Users {
  readonly #present = new Set<Socket>();
  readonly #leaving = new Set<Socket>();
  #last: Message | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isAbandoned = false;
  #onAbandoned: (() => void) | undefined;

  constructor() {
    this.#abandonAfter(ARRIVAL_MS);
  }

  add(socket: Socket): void {
    clearTimeout(this.#timer);
    this.#isAbandoned = false;
    this.#present.add(socket);
    let said = '';
    socket.on('data', (chunk) => {
      said += chunk.toString();
      if (said.includes('leave\n')) this.#leaves(socket);
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#isGone(socket));
    if (this.#last !== undefined) send(socket, this.#last);
  }

  tell(message: Message): void {
    this.#last = message;
    for (const socket of this.#present) send(socket, message);
  }

  get isEmpty(): boolean {
    return this.#present.size === 0;
  }

  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  whenAbandoned(): Promise<void> {
    if (this.#isAbandoned) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onAbandoned = resolve;
    });
  }

  /** Those who left last are waiting to hear that the server has stopped, or that it goes on without them. */
  dismissLeaving(): void {
    for (const socket of this.#leaving) socket.end();
    this.#leaving.clear();
  }

  async dismissAll(): Promise<void> {
    const sockets = [...this.#present, ...this.#leaving];
    await Promise.race([
      Promise.all(sockets.map((one) => new Promise<void>((done) => one.end(done)))),
      sleep(500),
    ]);
  }

  #leaves(socket: Socket): void {
    if (!this.#present.delete(socket)) return;
    if (this.#present.size > 0) {
      socket.end();
      return;
    }
    this.#leaving.add(socket);
    this.#abandonAfter(0);
  }

  #isGone(socket: Socket): void {
    this.#leaving.delete(socket);
    if (this.#present.delete(socket) && this.#present.size === 0) this.#abandonAfter(GRACE_MS);
  }

  #abandonAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isAbandoned = true;
      this.#onAbandoned?.();
    }, ms);
  }
}

function send(socket: Socket, message: Message): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** The kernel's lock on a file, held until this process ends in whatever way; Node has no flock of its own. */
function lockOrExit(folder: Layout): DatabaseSync {
  const lock = new DatabaseSync(folder.lock);
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    if (!/locked/.test(String(error))) throw error;
    return process.exit(EXIT_ANOTHER_WATCHDOG);
  }
}

function listen(path: string, users: Users): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => users.add(socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/** Copied and emptied, not renamed: PostgreSQL keeps the file open, at its end. */
function rotateLog(folder: Layout): void {
  if (!existsSync(folder.log) || statSync(folder.log).size <= LOG_MAX_BYTES) return;
  copyFileSync(folder.log, `${folder.log}.1`);
  truncateSync(folder.log);
}

async function startPatiently(
  cluster: Cluster,
  socketDirectory: string,
  isRestart: boolean,
): Promise<Postmaster> {
  const startedAt = Date.now();
  for (let attempt = 1; ; attempt++) {
    try {
      await cluster.clearPredecessor(socketDirectory);
      return await cluster.start(socketDirectory);
    } catch (error) {
      const isWorthwhile = error instanceof StartFailed && (error.isPassing || isRestart);
      if (!isWorthwhile || Date.now() - startedAt > START_PATIENCE_MS) throw error;
      if (attempt >= 5) cluster.killOrphanedBackends();
      await sleep(Math.min(attempt * 20, 500));
    }
  }
}

/** Until nobody uses it any more. */
async function keepRunning(cluster: Cluster, socketDirectory: string, users: Users): Promise<void> {
  const connection = {
    host: socketDirectory,
    port: POSTGRES_PORT,
    user: DATABASE_USER,
    database: DATABASE_NAME,
  };
  for (let isRestart = false; !users.isAbandoned; isRestart = true) {
    const postmaster = await startPatiently(cluster, socketDirectory, isRestart);
    users.tell({ state: 'ready', connection });
    users.dismissLeaving();
    if (!isRestart) flushCompileCache();
    await Promise.race([postmaster.exited, users.whenAbandoned()]);
    users.tell({ state: 'down' });
    // Whoever arrives while it stops is served by the next turn of this loop.
    if (!postmaster.hasExited) await postmaster.stop();
  }
}

async function main(directory: string): Promise<void> {
  process.umask(0o077);
  // It ends when its users have ended; a signal to all processes of a machine or a service reaches them as well.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const folder = layout(directory);
  const lock = lockOrExit(folder);
  const users = new Users();
  rotateLog(folder);
  let exitCode = 0;
  try {
    let socketDirectory = makeSocketDirectory(folder, undefined);
    let server = await listen(controlSocket(socketDirectory), users);
    const binaries = findBinaries(folder);
    const runner = chooseRunner(binaries, folder);
    socketDirectory = makeSocketDirectory(folder, runner.owner);
    const cluster = new Cluster(folder, binaries, runner);
    cluster.create();
    setInterval(() => {
      rotateLog(folder);
      // Cleaners of temporary directories take sockets for old files.
      if (existsSync(controlSocket(socketDirectory)) || !existsSync(socketDirectory)) return;
      server.close();
      // Fails only when the next round will, too, or will not be needed.
      void listen(controlSocket(socketDirectory), users).then(
        (fresh) => (server = fresh),
        () => {},
      );
    }, UPKEEP_MS);
    await keepRunning(cluster, socketDirectory, users);
  } catch (error) {
    exitCode = 1;
    console.error(error);
    const message =
      error instanceof EmbeddedPostgresError ? error.message : `The watchdog failed: ${String(error)}`;
    users.tell({ state: 'failed', message });
    // Whoever is just connecting is to hear it; whoever comes afterwards tries anew.
    for (let waitedMs = 0; users.isEmpty && waitedMs < FAREWELL_MS; waitedMs += 10) await sleep(10);
  }
  // From here on newcomers find no socket and start the next watchdog, which waits for the lock.
  removeSocketDirectory(folder);
  await users.dismissAll();
  lock.close();
  process.exit(exitCode);
}

await main(process.argv[2] ?? '');
