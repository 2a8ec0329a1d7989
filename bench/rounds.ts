// Owns how servers are compared fairly on a machine that is not ours alone: in turns (A B B A …), each turn a few
// seconds, and of all turns the median. Besides answers per second it counts the processor time of the server for
// one answer, which other programs on the machine disturb far less.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadJob } from './load.ts';
import { CpuClock } from './machine.ts';
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
  /** For one turn; what comes may be used only once, or again and again. */
  requests: () => Promise<TurnRequests> | TurnRequests;
  expects: string;
  connections?: number;
}

export type TurnRequests = Pick<LoadJob, 'requests' | 'count' | 'isChain'> & {
  /** Asking again does no harm; only the figures want each asked once. */
  canGoRound?: boolean;
};

export interface Turn {
  perSecond: number;
  /** Processor time of the server for one answer. */
  microseconds: number;
  /** The same of all that it started: its PostgreSQL, when that came with it. */
  helperMicroseconds: number;
  /** How much of one core the server had. */
  share: number;
  medianMilliseconds: number;
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
  for (const contestant of contestants) {
    // For as long as the others, where the same may be asked again: until the code behind it is compiled as well.
    const requests = async () => {
      const turn = await contestant.requests();
      const { count: _, ...goingRound } = turn;
      return turn.canGoRound ? goingRound : turn;
    };
    await takeTurn(generator, { ...contestant, requests }, pace.warmUpSeconds);
  }
  const turns = contestants.map((): Turns => []);
  for (let round = 0; round < pace.rounds; round += 1) {
    // There and back, so that nobody always comes after the same neighbour, or always first.
    const order = [...contestants.entries()];
    for (const [index, contestant] of round % 2 === 0 ? order : order.toReversed()) {
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

async function tryTurn(
  generator: LoadGenerator,
  { pid, port, expects, requests, connections = CONNECTIONS }: Contestant,
  forSeconds: number,
): Promise<Turn> {
  const job = { ...(await requests()), port, expects, connections, seconds: forSeconds };
  const clock = new CpuClock(pid);
  const { answers, seconds, medianMilliseconds } = await generator.run(job);
  const { own, helpers } = clock.read();
  return {
    perSecond: answers / seconds,
    microseconds: own / answers,
    helperMicroseconds: helpers / answers,
    share: own / (seconds * 1e6),
    medianMilliseconds,
  };
}

/** What `a` did compared with the neighbouring turn of `b`, round by round. */
export function ratiosOf(a: Turns, b: Turns, of: (turn: Turn) => number): number[] {
  return a.map((turn, index) => of(turn) / of(b[index] as Turn));
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
