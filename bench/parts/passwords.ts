// How many people a second sign in with a password, compared with the bare hash: the same parameters, as many at a time
// as Portaria computes, in turns on the same cores. Nobody is pinned: Portaria leaves one core to everything else.
import { availableParallelism } from 'node:os';
import { usernameOf } from '../cast.ts';
import { CpuClock } from '../machine.ts';
import type { PeopleQuestion, Pressed } from '../people.ts';
import { startScript, temporaryFolder } from '../processes.ts';
import type { RawFigures, RawQuestion } from '../raw-argon2.ts';
import { median } from '../rounds.ts';
import { startPortaria } from '../servers.ts';
import { seed, type Ground } from '../stage.ts';
import { times, whole, type Row } from '../table.ts';

const TARGET = 0.9;
const PROCESSES = Math.max(1, availableParallelism() - 1);

export async function measurePasswords({ plan, say }: Ground): Promise<Row[]> {
  const { rounds, people: count, rawSeconds } = plan.passwords;
  const usernames = Array.from({ length: count }, (_, index) => usernameOf(index + 1));
  const portaria = await startPortaria(temporaryFolder(), { settings: { TRUSTED_PROXIES: '127.0.0.1' } });
  await seed(portaria, { people: count, accessTokens: 1, refreshTokens: 1, codes: 1 });
  const people = startScript('people.ts');
  const raw = Array.from({ length: PROCESSES }, () => startScript('raw-argon2.ts'));

  /** Microseconds of the server's own for one sign-in, those of its helpers not counted. */
  const costs: number[] = [];
  const askRaw = async () => {
    const question: RawQuestion = { seconds: rawSeconds };
    const figures = await Promise.all(raw.map((one) => one.ask<RawFigures>(question)));
    return figures.reduce((sum, { perSecond }) => sum + perSecond, 0);
  };
  const signIn = async () => {
    await people.ask({ walk: { port: portaria.port, usernames } } satisfies PeopleQuestion);
    const clock = new CpuClock(portaria.pid);
    const pressed = await people.ask<Pressed>({ press: true } satisfies PeopleQuestion);
    costs.push(clock.read().own / count);
    if (pressed.signedIn < count) throw new Error(`${pressed.signedIn} of ${count} people were signed in`);
    return count / pressed.seconds;
  };

  const ours: number[] = [];
  const theirs: number[] = [];
  // The first time compiles, and starts what hashes.
  await signIn();
  await askRaw();
  for (let round = 0; round < rounds; round += 1) {
    say(`passwords, round ${round + 1} of ${rounds} …`);
    if (round % 2 === 0) ours.push(await signIn());
    theirs.push(await askRaw());
    if (round % 2 === 1) ours.push(await signIn());
  }
  for (const script of [people, ...raw]) await script.stop();
  await portaria.stop();

  const ratios = ours.map((perSecond, round) => perSecond / (theirs[round] as number));
  const ratio = median(ratios);
  return [
    {
      what: 'password sign-ins',
      measured: `${whole(median(ours))}/s`,
      reference: `${whole(median(theirs))}/s bare argon2id`,
      ratio: `${times(ratio)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
      wanted: `≥ ${TARGET} ×`,
      isMet: ratio >= TARGET,
      cost: whole(median(costs)),
      note: `${count} people press at once, from the button to the code; ${PROCESSES} at a time on both sides`,
    },
  ];
}
