// Redis for one test file, from the redis-server on the PATH: one server, a cluster that replaces a dead master by its
// replica, or a master with a replica and the sentinels that do the same. All on ports of their own, ended by their own handles.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports.ts';

export interface TestRedis {
  url: string;
  /** It answers nobody, and knows afterwards what it knew before. */
  freeze(): void;
  thaw(): void;
  /** Ends it as a fault would. */
  kill(): Promise<void>;
}

/** Several servers behind one REDIS_URL. */
export interface TestRedisSet extends Pick<TestRedis, 'url' | 'kill'> {
  /** Ends the one that is master (of this key) and nobody else. */
  killMaster(key?: string): Promise<void>;
}

/** A failover takes this long, and some more for the vote. */
const NODE_TIMEOUT_MS = 1_000;
const MASTERS = 3;

export function redisServerPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'redis-server')).find((path) => existsSync(path));
}

interface Server {
  port: number;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
}

/** Resolves when it has said `ready`. */
async function startServer(args: string[], port: number, ready = 'Ready to accept'): Promise<Server> {
  const path = redisServerPath();
  if (!path) throw new Error('there is no redis-server on the PATH (Debian: apt-get install redis-server)');
  const child = spawn(path, [...args, '--port', String(port), '--bind', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`redis-server ended:\n${said}`)));
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes(ready)) resolve();
    });
  });
  return {
    port,
    signal: (name) => void child.kill(name),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const inMemory = ['--save', '', '--appendonly', 'no'];
/** A replica keeps what it gets from its master in a file. */
const replicating = (folder: string, port: number) =>
  inMemory.concat('--repl-diskless-sync-delay', '0', '--dir', folder, '--dbfilename', `${port}.rdb`);

export async function startRedis(port?: number): Promise<TestRedis> {
  const server = await startServer(inMemory, port ?? (await freePort()));
  return {
    url: `redis://127.0.0.1:${server.port}`,
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: () => server.kill(),
  };
}

/** Three masters, each with a replica. */
export async function startRedisCluster(): Promise<TestRedisSet> {
  const folder = newFolder();
  const servers: Server[] = [];
  while (servers.length < 2 * MASTERS) {
    const port = await freePort();
    // The nodes talk to each other ten thousand ports higher.
    if (port > 55_000) continue;
    const file = join(folder, `${port}.conf`);
    const timeout = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS)];
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', file, ...timeout];
    servers.push(await startServer(replicating(folder, port).concat(cluster), port));
  }
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'];
  const { status, stdout } = spawnSync('redis-cli', create, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`there is no cluster: ${stdout}`);
  for (const server of servers) await untilReplicated(server);
  return {
    url: `redis+cluster://${addresses.join(',')}`,
    ...endOf(servers, folder),
    async killMaster(key = '') {
      const slot = Number(await tell(servers[0], (redis) => redis.cluster('KEYSLOT', key)));
      const slots = await tell(servers[0], (redis) => redis.cluster('SLOTS'));
      const range = (slots as [number, number, [string, number]][]).find(
        ([from, to]) => from <= slot && slot <= to,
      );
      await servers.find((server) => server.port === range?.[2][1])?.kill();
    },
  };
}

/** A master named "portaria", its replica, and three sentinels. */
export async function startRedisSentinels(): Promise<TestRedisSet> {
  const folder = newFolder();
  const [masterPort, replicaPort] = [await freePort(), await freePort()];
  const master = await startServer(replicating(folder, masterPort), masterPort);
  const replicaOf = ['--replicaof', '127.0.0.1', String(masterPort)];
  const replica = await startServer(replicating(folder, replicaPort).concat(replicaOf), replicaPort);
  await untilReplicated(replica);
  const sentinels: Server[] = [];
  while (sentinels.length < 3) {
    const port = await freePort();
    const file = join(folder, `${port}.conf`);
    const settings = [
      `monitor portaria 127.0.0.1 ${master.port} 2`,
      `down-after-milliseconds portaria ${NODE_TIMEOUT_MS}`,
      'failover-timeout portaria 3000',
    ];
    writeFileSync(file, settings.map((line) => `sentinel ${line}\n`).join(''));
    sentinels.push(await startServer([file, '--sentinel', '--dir', folder], port, '+monitor'));
  }
  const addresses = sentinels.map(({ port }) => `127.0.0.1:${port}`);
  // Until they have found the replica and each other they could not replace the master.
  await until(async () => {
    const [known] = (await tell(sentinels[0], (redis) => redis.call('SENTINEL', 'MASTERS'))) as string[][];
    const valueOf = (name: string) => known?.[known.indexOf(name) + 1];
    return valueOf('num-slaves') === '1' && valueOf('num-other-sentinels') === '2';
  });
  return {
    url: `redis+sentinel://${addresses.join(',')}/portaria`,
    ...endOf([...sentinels, replica, master], folder),
    killMaster: () => master.kill(),
  };
}

/** A replica that has nothing yet replaces nobody. */
function untilReplicated(server: Server): Promise<void> {
  const isReplicated = /role:slave[^]*master_link_status:up|role:master[^]*connected_slaves:1/;
  return until(async () =>
    isReplicated.test(String(await tell(server, (redis) => redis.info('replication')))),
  );
}

function endOf(servers: Server[], folder: string): Pick<TestRedis, 'kill'> {
  return {
    async kill() {
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function tell(server: Server | undefined, ask: (redis: Redis) => Promise<unknown>): Promise<unknown> {
  const redis = new Redis(server?.port ?? 0, '127.0.0.1');
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** Asks again and again, half a minute at most. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it never was so: ${isSo.toString()}`);
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'portaria-test-redis-'));
}
