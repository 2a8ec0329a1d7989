// Does a request cost more when there are more tokens? The same questions to servers whose databases hold ten thousand
// living tokens, a hundred thousand, a million. As many people are active everywhere, spread over the table: what a server
// remembers of them for seconds helps each of them alike. Two of the smallest run beside each other: what they differ by is
// the noise of the run. The cost is the processor time of the server and of its PostgreSQL together.
import { tokenOf, type Kind } from '../cast.ts';
import { codeRequest, refreshRequest, verifyRequest } from '../http-text.ts';
import { temporaryFolder } from '../processes.ts';
import { medianOf, takeTurns, type Contestant, type Turn, type Turns } from '../rounds.ts';
import { pinServer, startPortaria, type Portaria } from '../servers.ts';
import { seed, Supply, type Ground } from '../stage.ts';
import { percent, times, whole, type Row } from '../table.ts';

interface Size {
  tokens: number;
  portaria: Portaria;
}

interface Question {
  what: string;
  kind: Kind;
  /** How many of them active people have. */
  supply: number;
  /** The numbers of theirs are multiples of this (copy-rows.ts). */
  apart: (size: number) => number;
  perTurn: number;
  request: (token: string) => string;
  expects: string;
}

/** More than this is growth, whatever the noise. */
const TOLERANCE = 0.15;
/** Few, so that the latency is that of an answer and not of a queue. */
const CONNECTIONS = 8;
/** Neighbours in a turn are far apart in the table. A prime, so that it divides no size. */
const STEP = 61_813;
const TOKENS_PER_PERSON = 10;
/** Everybody of the smallest. */
const ACTIVE = 1_000;
const LIMIT_SECONDS = 60;
const SPARE_TURNS = 3;

export async function measureGrowth({ plan, generator, cores, say }: Ground): Promise<Row[]> {
  const { sizes, rounds, verify, tokens } = plan.growth;
  const supply = (rounds + SPARE_TURNS) * tokens;
  const grown: Size[] = [];
  for (const size of [sizes[0] ?? 0, ...sizes]) {
    say(`growth: ${whole(size)} tokens are written …`);
    const portaria = await startPortaria(temporaryFolder());
    pinServer(portaria, cores);
    const people = size / TOKENS_PER_PERSON;
    await seed(portaria, {
      people,
      active: ACTIVE,
      accessTokens: size,
      refreshTokens: supply,
      codes: supply,
    });
    grown.push({ tokens: size, portaria });
  }
  const questions: Question[] = [
    {
      what: 'verify, every token new',
      kind: 'access',
      supply: ACTIVE * TOKENS_PER_PERSON,
      apart: (size) => size / TOKENS_PER_PERSON / ACTIVE,
      perTurn: verify,
      request: verifyRequest,
      expects: '"active":true',
    },
    {
      what: 'refresh',
      kind: 'refresh',
      supply,
      apart: () => 1,
      perTurn: tokens,
      request: refreshRequest,
      expects: '"refresh_token":"',
    },
    {
      what: 'code exchange',
      kind: 'code',
      supply,
      apart: () => 1,
      perTurn: tokens,
      request: codeRequest,
      expects: '"refresh_token":"',
    },
  ];
  const rows: Row[] = [];
  for (const question of questions) {
    say(`growth: ${question.what} …`);
    const turns = await takeTurns(
      generator,
      grown.map((size) => contestant(size, question)),
      { rounds, seconds: LIMIT_SECONDS, warmUpSeconds: LIMIT_SECONDS },
    );
    rows.push(rowOf(question, grown, turns));
  }
  await Promise.all(grown.map(({ portaria }) => portaria.stop()));
  return rows;
}

function contestant({ tokens, portaria }: Size, question: Question): Contestant {
  const { kind, perTurn, request, expects } = question;
  const supply = new Supply(question.supply, STEP);
  const apart = question.apart(tokens);
  return {
    name: `${question.what} at ${whole(tokens)}`,
    pid: portaria.pid,
    port: portaria.port,
    connections: CONNECTIONS,
    expects,
    requests: () => ({
      requests: supply.take(perTurn).map((number) => request(tokenOf(kind, number * apart))),
      count: perTurn,
    }),
  };
}

function rowOf({ what }: Question, grown: Size[], [again = [], ...turns]: Turns[]): Row {
  const costs = turns.map((each) => medianOf(each, costOf));
  const [first = Number.NaN] = costs;
  const last = costs.at(-1) ?? Number.NaN;
  const noise = Math.abs(medianOf(again, costOf) / first - 1);
  const growth = last / first - 1;
  const each = (of: (turn: Turn) => number, digits: number) =>
    turns.map((list) => medianOf(list, of).toFixed(digits)).join(' / ');
  const sizes = grown.slice(1).map(({ tokens }) => powerOf(tokens));
  return {
    what: `${what}, at ${sizes.join(' / ')} tokens`,
    measured: `${costs.map(whole).join(' / ')} µs`,
    reference: `noise ${percent(noise)}`,
    ratio: times(1 + growth),
    wanted: `≤ ${times(1 + TOLERANCE)}`,
    isMet: growth <= Math.max(TOLERANCE, noise),
    cost: each((turn) => turn.microseconds, 0),
    note: `median latency ${each((turn) => turn.medianMilliseconds, 2)} ms`,
  };
}

function costOf({ microseconds, helperMicroseconds }: Turn): number {
  return microseconds + helperMicroseconds;
}

/** 10 000 → 10⁴ */
function powerOf(size: number): string {
  const exponent = String(Math.round(Math.log10(size)));
  return `10${exponent.replaceAll(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '')}`;
}
