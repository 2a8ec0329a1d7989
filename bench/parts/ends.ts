// How long a token that was revoked on one node is still good on another: from the moment in which whoever revoked it has
// the answer, until the other node, which has just said yes from its memory, says no.
import { APP_ID, SERVICE_SECRET, tokenOf } from '../cast.ts';
import { coldTokensOf, NO_REDIS, type Stage } from '../stage.ts';
import { limitRow, type Row } from '../table.ts';

const WHAT = 'revoked on one node, p99 until another refuses';
const LIMIT_MS = 100;
/** Whoever is still let in after so long will always be. */
const GIVE_UP_MS = 5_000;

export async function measureEnds({ withRedis, plan }: Stage): Promise<Row[]> {
  if (!withRedis) return [{ what: WHAT, measured: '', wanted: `≤ ${LIMIT_MS} ms`, note: NO_REDIS }];
  const here = `http://127.0.0.1:${withRedis.portaria.port}`;
  const there = `http://127.0.0.1:${withRedis.another.port}`;
  const delays: number[] = [];
  for (let number = 1; number <= plan.ends; number += 1) {
    const token = tokenOf('access', coldTokensOf(plan) + number);
    for (const node of [here, there, here, there]) {
      const status = await verify(node, token);
      if (status !== 200) throw new Error(`a token of the benchmark is not good: ${status}`);
    }
    await revoke(here, token);
    delays.push(await untilRefused(there, token));
  }
  delays.sort((a, b) => a - b);
  const at = (share: number) =>
    delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN;
  return [
    {
      ...limitRow(WHAT, at(0.99), LIMIT_MS, 'ms', 1),
      note: `${delays.length} tokens; half of them within ${at(0.5).toFixed(1)} ms, all within ${at(1).toFixed(1)} ms, the question itself included`,
    },
  ];
}

async function untilRefused(node: string, token: string): Promise<number> {
  const since = performance.now();
  while ((await verify(node, token)) !== 401) {
    if (performance.now() - since > GIVE_UP_MS) throw new Error('a revoked token is still good');
  }
  return performance.now() - since;
}

async function verify(node: string, token: string): Promise<number> {
  const response = await fetch(`${node}/api/verify`, { headers: { authorization: `Bearer ${token}` } });
  await response.arrayBuffer();
  return response.status;
}

async function revoke(node: string, token: string): Promise<void> {
  const response = await fetch(`${node}/oauth/revoke`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${APP_ID}:${SERVICE_SECRET}`).toString('base64')}` },
    body: new URLSearchParams({ token }),
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a token could not be revoked: ${response.status}`);
}
