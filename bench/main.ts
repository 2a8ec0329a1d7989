// The benchmark, one command: `npm run bench` (about ten minutes), `-- --quick` (the same rows, smaller counts, under
// two), `-- --only verify,flood` (some parts). It starts everything itself on loopback, in temporary folders, and ends it
// again, also on Ctrl-C. The figures are ratios measured in the same minute on the same core.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, findCores } from './machine.ts';
import { compareIntrospection, compareRefresh, compareTokens } from './parts/engine.ts';
import { measureEnds } from './parts/ends.ts';
import { measureFlood } from './parts/flood.ts';
import { measureGrowth } from './parts/growth.ts';
import { measureMemory } from './parts/memory.ts';
import { measurePages } from './parts/pages.ts';
import { measurePasswords } from './parts/passwords.ts';
import { measurePolling } from './parts/polling.ts';
import { measureSockets } from './parts/sockets.ts';
import { measureStarts } from './parts/starts.ts';
import { compareVerify } from './parts/verify.ts';
import { FULL, QUICK } from './plan.ts';
import { endAll } from './processes.ts';
import { reportOf } from './report.ts';
import { LoadGenerator } from './servers.ts';
import { openStage, type Ground, type Stage } from './stage.ts';
import type { Row } from './table.ts';

/** On servers that they share. */
const SHARED: Record<string, (stage: Stage) => Promise<Row[]>> = {
  verify: compareVerify,
  introspection: compareIntrospection,
  tokens: compareTokens,
  refresh: compareRefresh,
  flood: measureFlood,
  ends: measureEnds,
  pages: measurePages,
};
/** On servers of their own. */
const ALONE: Record<string, (ground: Ground) => Promise<Row[]>> = {
  passwords: measurePasswords,
  polling: measurePolling,
  growth: measureGrowth,
  memory: measureMemory,
  sockets: measureSockets,
  starts: measureStarts,
};
/** They wait for memory to be given back, for longer than the quick run may take: there they are measured when they are named. */
const SLOW = new Set(['polling', 'sockets', 'memory']);
const RESULTS = fileURLToPath(new URL('results.md', import.meta.url));

async function measure(ground: Ground, isWanted: (part: string) => boolean): Promise<Row[]> {
  const rows: Row[] = [];
  if (Object.keys(SHARED).some(isWanted)) {
    const stage = await openStage(ground);
    for (const [part, run] of Object.entries(SHARED)) {
      ground.say(`${part} …`);
      if (isWanted(part)) rows.push(...(await run(stage)));
    }
    await stage.close();
  }
  for (const [part, run] of Object.entries(ALONE)) {
    if (isWanted(part)) rows.push(...(await run(ground)));
  }
  return rows;
}

/** Undefined means all. */
function partsIn(list: string | undefined): Set<string> | undefined {
  if (list === undefined) return undefined;
  const known = [...Object.keys(SHARED), ...Object.keys(ALONE)];
  const parts = list.split(',');
  const strange = parts.filter((part) => !known.includes(part));
  if (strange.length > 0) {
    process.stderr.write(`--only knows ${known.join(', ')}; not ${strange.join(', ')}.\n`);
    process.exit(2);
  }
  return new Set(parts);
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const plan = values.quick ? QUICK : FULL;
const only = partsIn(values.only);

let interrupted: Promise<never> | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    interrupted ??= endAll().then(() => process.exit(130));
  });
}

let report = '';
try {
  const startedAt = new Date();
  const machine = describeMachine();
  const cores = findCores();
  const ground = { plan, cores, say, generator: new LoadGenerator(cores) };
  const rows = await measure(ground, (part) => only?.has(part) ?? !(plan === QUICK && SLOW.has(part)));
  report = reportOf(rows, { plan, cores, machine, startedAt });
  say('');
} catch (error) {
  // What was ended under its hands says so in many ways; none of them is worth a line.
  await interrupted;
  throw error;
} finally {
  await endAll();
}
process.stdout.write(report);
if (plan === FULL && !only) writeFileSync(RESULTS, report);
