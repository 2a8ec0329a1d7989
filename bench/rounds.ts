// Owns how two servers are compared fairly on a machine that is not ours alone: in turns (A B A B …), each turn a few
// seconds, and of all turns the median. Besides answers per second it counts the processor time of the server for
// one answer, which other programs on the machine disturb far less.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob } from './load.ts';
import { cpuMicrosecondsOf } from './machine.ts';
import type { LoadGenerator } from './servers.ts';

export interface Pace {
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
}

export interface Contestant {
  name: string;
  pid: number;
  port: number;
  requests: string[];
  /** Each request is sent once in a turn: nothing may be answered from a memory of it. */
  isOnce?: boolean;
  expects: string;
}

export interface Turn {
  perSecond: number;
  /** Processor time of the server. */
  microseconds: number;
  /** How much of one core the server had. */
  share: number;
}

export type Turns = Turn[];

const CONNECTIONS = 32;
const REPEATS = 2;

/** The turns of each contestant, in their order; turn n of all of them were neighbours in time. */
export async function takeTurns(
  generator: LoadGenerator,
  contestants: Contestant[],
  pace: Pace,
): Promise<Turns[]> {
  for (const contestant of contestants) await generator.run(jobOf(contestant, pace.warmUpSeconds));
  const turns = contestants.map((): Turns => []);
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      turns[index]?.push(await takeTurn(generator, contestant, pace.seconds));
    }
  }
  return turns;
}

async function takeTurn(
  generator: LoadGenerator,
  contestant: Contestant,
  seconds: number,
  repeatsLeft = REPEATS,
): Promise<Turn> {
  try {
    return await tryTurn(generator, contestant, seconds);
  } catch (error) {
    if (repeatsLeft === 0 || !(error as Error).message.startsWith('a wrong answer')) throw error;
    // A machine that starves PostgreSQL for a second makes Portaria answer 503: the turn tells nothing, and is told.
    process.stderr.write(`${contestant.name}: a turn is repeated after ${String(error).slice(0, 200)}\n`);
    await sleep(1000);
    return takeTurn(generator, contestant, seconds, repeatsLeft - 1);
  }
}

async function tryTurn(generator: LoadGenerator, contestant: Contestant, forSeconds: number): Promise<Turn> {
  const before = cpuMicrosecondsOf(contestant.pid);
  const { answers, seconds } = await generator.run(jobOf(contestant, forSeconds));
  const used = cpuMicrosecondsOf(contestant.pid) - before;
  return { perSecond: answers / seconds, microseconds: used / answers, share: used / (seconds * 1e6) };
}

function jobOf({ port, requests, isOnce = false, expects }: Contestant, seconds: number): LoadJob {
  return { port, requests, isOnce, expects, seconds, connections: CONNECTIONS };
}

/** The median of what `a` did compared with the neighbouring turn of `b`. */
export function medianRatio(a: Turns, b: Turns, of: (turn: Turn) => number): number {
  return median(a.map((turn, index) => of(turn) / of(b[index] as Turn)));
}

export function medianOf(turns: Turns, of: (turn: Turn) => number): number {
  return median(turns.map(of));
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}
