// What a server keeps: idle after the start, and idle again after it issued many tokens, twice as many, and whether
// the second half cost anything.
import { setTimeout as sleep } from 'node:timers/promises';
import { machineTokenRequest } from '../http-text.ts';
import { descendantsOf, memoryOf } from '../machine.ts';
import { temporaryFolder } from '../processes.ts';
import { pinServer, startPortaria } from '../servers.ts';
import { seed, type Ground } from '../stage.ts';
import { limitRow, whole, type Row } from '../table.ts';

const MEGABYTES = 150;
/** A heap is never twice the same. */
const GROWTH_MEGABYTES = 10;
const LIMIT_SECONDS = 600;

export async function measureMemory({ plan, generator, cores, say }: Ground): Promise<Row[]> {
  const portaria = await startPortaria(temporaryFolder());
  await sleep(plan.idleSeconds * 1000);
  const afterStart = memoryOf(portaria.pid).rssMegabytes;
  await seed(portaria, { people: 1, accessTokens: 1, refreshTokens: 1, codes: 1 });
  pinServer(portaria, cores);

  const issue = async (issued: number) => {
    say(`memory: tokens up to ${whole(issued)} are issued …`);
    await generator.run({
      port: portaria.port,
      requests: [machineTokenRequest()],
      expects: '"access_token":"',
      connections: 32,
      seconds: LIMIT_SECONDS,
      count: plan.issues,
    });
    await sleep(plan.settleSeconds * 1000);
    return memoryOf(portaria.pid).rssMegabytes;
  };
  const after = await issue(plan.issues);
  const afterTwice = await issue(2 * plan.issues);
  const database = descendantsOf(portaria.pid)
    .map((pid) => memoryOf(pid).pssMegabytes || 0)
    .reduce((sum, each) => sum + each, 0);
  await portaria.stop();
  const issued = whole(2 * plan.issues);
  return [
    {
      ...limitRow('memory (RSS), idle after the start', afterStart, MEGABYTES, 'MB'),
      note: `PostgreSQL and its watchdog take ${whole(database)} MB more (PSS), after ${issued} tokens`,
    },
    limitRow(`memory (RSS), idle after ${whole(plan.issues)} tokens`, after, MEGABYTES, 'MB'),
    limitRow(`memory (RSS), idle after ${issued} tokens`, afterTwice, MEGABYTES, 'MB'),
    limitRow('growth by the second half of them', afterTwice - after, GROWTH_MEGABYTES, 'MB'),
  ];
}
