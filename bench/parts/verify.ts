// GET /api/verify against the least that node:http can do: one token again and again, and every token for the first
// time. "With Redis" another node was asked about each token before; the node that is measured never was.
import { tokenOf } from '../cast.ts';
import { verifyRequest } from '../http-text.ts';
import { startServer, pinServer } from '../servers.ts';
import { NO_REDIS, Supply, type Stage } from '../stage.ts';
import { takeTurns, type Contestant } from '../rounds.ts';
import type { Row } from '../table.ts';
import { contestant, HELLO, versus } from './versus.ts';

const CACHED = 'verify, one token';
const COLD = 'verify, every token new';
const EXPECTS = '"active":true';

export async function compareVerify(stage: Stage): Promise<Row[]> {
  const { portaria, withRedis, generator, cores, plan } = stage;
  const known = verifyRequest(tokenOf('access', 1));
  const hello = await startServer('hello.ts', [await answerOf(portaria.port)]);
  try {
    pinServer(hello, cores);
    const contestants: Contestant[] = [
      { ...contestant(hello, HELLO), requests: () => ({ requests: [known] }), expects: EXPECTS },
      { ...contestant(portaria, CACHED), requests: () => ({ requests: [known] }), expects: EXPECTS },
      { ...contestant(portaria, `${COLD}, PostgreSQL`), requests: news(stage), expects: EXPECTS },
    ];
    if (withRedis) {
      const fresh = news(stage);
      const requests = async () => {
        const turn = fresh();
        await askOnce(stage, withRedis.another.port, turn.requests);
        return turn;
      };
      contestants.push({ ...contestant(withRedis.portaria, `${COLD}, Redis`), requests, expects: EXPECTS });
    }
    const [reference = [], one = [], cold = [], coldWithRedis] = await takeTurns(
      generator,
      contestants,
      plan.pace,
    );
    const redisName = `${COLD}, Redis and PostgreSQL`;
    return [
      versus(CACHED, one, HELLO, reference, 0.7),
      coldWithRedis
        ? versus(redisName, coldWithRedis, HELLO, reference, 0.35)
        : { what: redisName, measured: '', wanted: '≥ 0.35 ×', note: NO_REDIS },
      versus(`${COLD}, PostgreSQL alone`, cold, HELLO, reference, 0.15),
    ];
  } finally {
    await hello.stop();
  }
}

/** Each turn asks about tokens that this server has never seen; it ends when none is left. */
function news({ plan }: Stage): () => { requests: string[]; count: number; canGoRound: true } {
  const { rounds } = plan.pace;
  const count = plan.coldTokensPerTurn;
  const supply = new Supply((rounds + 3) * count);
  return () => ({
    requests: supply.take(count).map((number) => verifyRequest(tokenOf('access', number))),
    count,
    canGoRound: true,
  });
}

async function askOnce({ generator }: Stage, port: number, requests: string[]): Promise<void> {
  const job = { port, requests, count: requests.length, expects: EXPECTS };
  await generator.run({ ...job, connections: 16, seconds: 60 });
}

/** What the bare server says is as long as what Portaria says. */
async function answerOf(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/verify`, {
    headers: { authorization: `Bearer ${tokenOf('access', 1)}` },
  });
  return response.text();
}
