// How long services wait for /api/verify while many people sign in with a password in the same moment, compared with a
// server that does nothing else. Services ask at a fixed rate, however slow the answers are.
import { tokenOf, usernameOf } from '../cast.ts';
import { verifyRequest } from '../http-text.ts';
import { pin } from '../machine.ts';
import type { PeopleQuestion, Pressed } from '../people.ts';
import { startScript } from '../processes.ts';
import { median } from '../rounds.ts';
import type { Stage } from '../stage.ts';
import { times, type Row } from '../table.ts';

const TARGET = 2;
const PER_SECOND = 200;
/** A few dozen people are active; most answers come from the server's memory, and some do not. */
const TOKENS = 20;
/** About as long as the sign-ins take. */
const IDLE_SECONDS = 6;
const LIMIT_SECONDS = 120;

export async function measureFlood({ portaria, generator, cores, plan, say }: Stage): Promise<Row[]> {
  const { logins, rounds } = plan.flood;
  const usernames = Array.from({ length: logins }, (_, index) => usernameOf(index + 1));
  const people = startScript('people.ts');
  if (cores) pin(people.pid, cores.others);
  const ask = (seconds: number) =>
    generator.run({
      port: portaria.port,
      connections: 0,
      requests: Array.from({ length: TOKENS }, (_, index) => verifyRequest(tokenOf('access', index + 1))),
      expects: '"active":true',
      seconds,
      perSecond: PER_SECOND,
    });
  const pressAll = async () => {
    const pressed = await people.ask<Pressed>({ press: true } satisfies PeopleQuestion);
    generator.stopJob();
    return pressed;
  };

  const idle: number[] = [];
  const flooded: number[] = [];
  const sums: Pressed[] = [];
  generator.setUrgent(true);
  try {
    await ask(plan.pace.warmUpSeconds);
    for (let round = 0; round < rounds; round += 1) {
      say(`sign-ins, round ${round + 1} of ${rounds} …`);
      idle.push((await ask(IDLE_SECONDS)).p99Milliseconds);
      await people.ask({ walk: { port: portaria.port, usernames } } satisfies PeopleQuestion);
      const [figures, pressed] = await Promise.all([ask(LIMIT_SECONDS), pressAll()]);
      flooded.push(figures.p99Milliseconds);
      sums.push(pressed);
    }
  } finally {
    generator.setUrgent(false);
    await people.stop();
  }
  const ratio = median(flooded) / median(idle);
  const worst = sums.toSorted((a, b) => a.signedIn - b.signedIn)[0] as Pressed;
  const seconds = median(sums.map((sum) => sum.seconds));
  return [
    {
      what: `verify, p99 while ${logins} people sign in`,
      measured: milliseconds(median(flooded)),
      reference: `${milliseconds(median(idle))} idle`,
      ratio: times(ratio),
      wanted: `≤ ${TARGET} ×`,
      // Whoever turns people away has an easy time.
      isMet: ratio <= TARGET && worst.signedIn === logins,
      note: `${worst.signedIn} of ${logins} were signed in${refused(worst)}, in ${seconds.toFixed(1)} s; ${PER_SECOND} questions a second`,
    },
  ];
}

function refused({ refusals }: Pressed): string {
  const statuses = [...new Set(refusals)].join(' and ');
  return refusals.length === 0 ? '' : ` (the others: ${statuses})`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}
