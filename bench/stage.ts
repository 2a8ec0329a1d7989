// Owns the servers that most parts share: Portaria on PostgreSQL alone, and two nodes that also have a Redis, all on
// one database. The second of these two only fills the Redis; it is never measured.
import type { Counts } from './cast.ts';
import { pin, type Cores } from './machine.ts';
import type { Plan } from './plan.ts';
import { startScript, temporaryFolder } from './processes.ts';
import type { Seeded, SeedQuestion } from './seed.ts';
import { pinServer, startPortaria, startRedis, type LoadGenerator, type Portaria } from './servers.ts';

/** What every part is given. */
export interface Ground {
  plan: Plan;
  generator: LoadGenerator;
  cores: Cores | undefined;
  say: (text: string) => void;
}

export interface Stage extends Ground {
  /** On PostgreSQL alone. */
  portaria: Portaria;
  /** Undefined without a redis-server on the PATH. */
  withRedis: { portaria: Portaria; another: Portaria } | undefined;
  seeded: Seeded;
}

/** Turns that are not counted or had to be repeated. */
const SPARE_TURNS = 3;
const PEOPLE = 1_000;

export const NO_REDIS = 'not measured: there is no redis-server on the PATH';

export async function openStage(ground: Ground): Promise<Stage & { close(): Promise<void> }> {
  const { plan, cores, say } = ground;
  say('servers start …');
  const folder = temporaryFolder();
  // The people of the flood come through a proxy, each from an address of their own.
  const portaria = await startPortaria(folder, { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  const redis = await startRedis();
  if (redis && cores) pin(redis.pid, cores.others);
  const node = () =>
    startPortaria(folder, {
      settings: { REDIS_URL: redis?.url ?? '', ISSUER: `http://localhost:${portaria.port}` },
    });
  const withRedis = redis && { portaria: await node(), another: await node() };
  const servers = [portaria, ...(withRedis ? [withRedis.portaria, withRedis.another] : [])];
  for (const server of servers) pinServer(server, cores);

  say('people and tokens are written …');
  const seeded = await seed(portaria, {
    people: PEOPLE,
    accessTokens: coldTokensOf(plan) + plan.ends,
    refreshTokens: (plan.pace.rounds + SPARE_TURNS) * 32,
    codes: 0,
  });
  return {
    ...ground,
    portaria,
    withRedis,
    seeded,
    close: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await redis?.stop();
    },
  };
}

/** The first so many access tokens are for the questions about tokens that were never seen. */
export function coldTokensOf({ pace, coldTokensPerTurn }: Plan): number {
  return (pace.rounds + SPARE_TURNS) * coldTokensPerTurn;
}

export async function seed({ environment }: Portaria, counts: Counts): Promise<Seeded> {
  const script = startScript('seed.ts');
  try {
    return await script.ask<Seeded>({ environment, counts } satisfies SeedQuestion);
  } finally {
    await script.stop();
  }
}

/** Numbers from 1 that are taken once each: what was asked about is never asked about again. */
export class Supply {
  readonly #size: number;
  readonly #step: number;
  #taken = 0;

  /** `step`: neighbours in the supply are this far apart in the table. It must not divide the size. */
  constructor(size: number, step = 1) {
    this.#size = size;
    this.#step = step;
  }

  take(count: number): number[] {
    const first = this.#taken;
    this.#taken += count;
    if (this.#taken > this.#size) throw new Error(`the supply of ${this.#size} has run out`);
    return Array.from({ length: count }, (_, index) => (((first + index) * this.#step) % this.#size) + 1);
  }
}
