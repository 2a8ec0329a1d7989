// The benchmark, one command: `npm run bench` (under four minutes), with --quick (under one) or --json. It starts
// everything itself on loopback, in temporary folders, and ends it again, also on Ctrl-C. The figures are ratios
// measured in the same minute on the same core; servers and requests are in contests.ts, the method in rounds.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compareIntrospection, compareTokens, compareVerify, type Rate } from './contests.ts';
import { descendantsOf, findCores, memoryOf, type Memory } from './machine.ts';
import { median, type Pace } from './rounds.ts';
import { seedPortaria } from './seed.ts';
import { endAll, LoadGenerator, pinServer, removeFolder, startPortaria, temporaryFolder } from './servers.ts';
import { printTable, type Figures } from './table.ts';

interface Plan {
  pace: Pace;
  starts: number;
  /** More than can be asked about while an answer is remembered (0.9 s). */
  tokens: number;
  idleSeconds: number;
  /** Memory is given back some seconds after the last request, and the kernel takes its time with it. */
  settleSeconds: number;
}

const FULL: Plan = {
  pace: { rounds: 7, seconds: 2, warmUpSeconds: 3 },
  starts: 5,
  tokens: 8_000,
  idleSeconds: 5,
  settleSeconds: 20,
};
const QUICK: Plan = {
  pace: { rounds: 3, seconds: 1, warmUpSeconds: 1 },
  starts: 2,
  tokens: 4_000,
  idleSeconds: 2,
  settleSeconds: 20,
};

async function measure(plan: Plan): Promise<Figures> {
  const starts = await measureStarts(plan.starts);
  const cores = findCores();
  const generator = new LoadGenerator(cores);
  const portaria = await startPortaria(temporaryFolder());
  await sleep(plan.idleSeconds * 1000);
  const afterStart = memoryOf(portaria.pid);

  say('tokens and clients are written …');
  const seeded = await seedPortaria(portaria.environment, plan.tokens);
  pinServer(portaria, cores);
  const ring = { portaria, seeded, generator, cores, pace: plan.pace };
  const rates: Rate[] = [];
  for (const compare of [compareTokens, compareIntrospection, compareVerify]) {
    say(`${compare.name} …`);
    rates.push(...(await compare(ring)));
  }
  await sleep(plan.settleSeconds * 1000);
  const database: Memory[] = descendantsOf(portaria.pid).map(memoryOf);
  return {
    rates,
    starts,
    memory: {
      afterStart,
      afterLoad: memoryOf(portaria.pid),
      databasePssMegabytes: database.reduce((sum, { pssMegabytes }) => sum + (pssMegabytes || 0), 0),
    },
    method: { node: process.version, cores, ...plan.pace },
  };
}

async function measureStarts(count: number): Promise<Figures['starts']> {
  const first: number[] = [];
  const later: number[] = [];
  for (let start = 0; start < count; start += 1) {
    say(`start ${start + 1} of ${count} …`);
    const folder = temporaryFolder();
    for (const [list, isFirst] of [[first, true] as const, [later, false] as const]) {
      const portaria = await startPortaria(folder, { isFirst });
      list.push(portaria.startMilliseconds / 1000);
      await portaria.stop();
    }
    removeFolder(folder);
  }
  return { firstSeconds: median(first), laterSeconds: median(later) };
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });

let interrupted: Promise<never> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted ??= endAll().then(() => process.exit(130));
  });
}

try {
  const figures = await measure(values.quick ? QUICK : FULL);
  say('');
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : printTable(figures));
} catch (error) {
  // What was ended under its hands says so in many ways; none of them is worth a line.
  await interrupted;
  throw error;
} finally {
  await endAll();
}
// The pool of what was opened beside the server may still count down its time.
process.exit(process.exitCode);
