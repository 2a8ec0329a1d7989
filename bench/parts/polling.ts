// Terminals that wait: how long each poll takes while many of them ask every five seconds, and whether the server keeps anything of
// it: whether the second half of them cost anything. On PostgreSQL alone. The first answer that is not "pending" ends the
// benchmark: there are no errors to count.
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from '../http-text.ts';
import { CpuClock, memoryOf } from '../machine.ts';
import { temporaryFolder } from '../processes.ts';
import { pinServer, startPortaria } from '../servers.ts';
import type { Ground } from '../stage.ts';
import { limitRow, percent, whole, type Row } from '../table.ts';

const SESSIONS = 10_000;
const INTERVAL_SECONDS = 5;
const TARGET_MILLISECONDS = 50;
const GROWTH_MEGABYTES = 10;
/** It gives memory back after some seconds in which nobody asks anything. */
const MORE_SECONDS = 8;
/** As many as one address may begin, and some at a time. */
const PER_ADDRESS = 50;
const AT_ONCE = 16;
/** A fraction of what a server may have waiting at its door. */
const CONNECTIONS = 200;

export async function measurePolling({ plan, generator, cores, say }: Ground): Promise<Row[]> {
  // The terminals come through a proxy, from addresses of their own.
  const portaria = await startPortaria(temporaryFolder(), { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  pinServer(portaria, cores);
  say(`${whole(SESSIONS)} polling sessions begin …`);
  const sessions = await beginAll(portaria.port);
  /** A busy server keeps garbage for a while; what it still has when nobody asks is what it keeps. */
  const idleMegabytes = async () => {
    await sleep((plan.settleSeconds + MORE_SECONDS) * 1000);
    return memoryOf(portaria.pid).rssMegabytes;
  };
  const poll = (seconds: number) =>
    generator.run({
      port: portaria.port,
      connections: CONNECTIONS,
      requests: sessions.map((session) => get(`/api/auth/get-session?session=${session}`, {})),
      expects: '"status":"pending"',
      seconds,
      perSecond: SESSIONS / INTERVAL_SECONDS,
      restSeconds: INTERVAL_SECONDS,
    });
  generator.setUrgent(true);
  const half = async () => {
    // What was compiled went with the garbage.
    await poll(2 * INTERVAL_SECONDS);
    const clock = new CpuClock(portaria.pid);
    const figures = await poll(plan.pollingSeconds);
    const used = clock.read();
    const { rssMegabytes: busyMegabytes } = memoryOf(portaria.pid);
    return { ...figures, used, busyMegabytes, idleMegabytes: await idleMegabytes() };
  };
  try {
    say('terminals ask …');
    const first = await half();
    say('terminals ask, the second half …');
    const second = await half();
    const { answers, seconds, used } = second;
    const worst = first.p99Milliseconds > second.p99Milliseconds ? first : second;
    return [
      {
        ...limitRow('poll of a waiting terminal, p99', worst.p99Milliseconds, TARGET_MILLISECONDS, 'ms', 2),
        reference: `${worst.medianMilliseconds.toFixed(2)} ms median`,
        cost: whole(used.own / answers),
        busy: percent(used.own / 1e6 / seconds),
        note: `the slower half of ${whole(first.answers + answers)} polls, ${whole(answers / seconds)} a second, each of ${whole(SESSIONS)} terminals every ${INTERVAL_SECONDS} s; every answer was right. PostgreSQL took ${percent(used.helpers / 1e6 / seconds)} of the other core`,
      },
      {
        ...limitRow(
          'growth (RSS) by the second half of them, idle',
          second.idleMegabytes - first.idleMegabytes,
          GROWTH_MEGABYTES,
          'MB',
        ),
        note: `${whole(first.idleMegabytes)} MB, then ${whole(second.idleMegabytes)} MB; ${whole(first.busyMegabytes)} and ${whole(second.busyMegabytes)} MB while they asked`,
      },
    ];
  } finally {
    generator.setUrgent(false);
    await portaria.stop();
  }
}

async function beginAll(port: number): Promise<string[]> {
  const sessions: string[] = [];
  let begun = 0;
  const begin = async () => {
    for (let number = begun++; number < SESSIONS; number = begun++) {
      const address = Math.floor(number / PER_ADDRESS);
      const response = await fetch(`http://127.0.0.1:${port}/api/auth/create-session`, {
        method: 'POST',
        headers: { 'x-forwarded-for': `198.18.${address >> 8}.${address & 255}` },
      });
      const { sessionId } = (await response.json()) as { sessionId?: string };
      if (sessionId === undefined) throw new Error(`no session began: ${response.status}`);
      sessions.push(sessionId);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, begin));
  return sessions;
}
