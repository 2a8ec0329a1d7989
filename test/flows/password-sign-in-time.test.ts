// How long it takes to find a password wrong tells nobody who has an account here, or a password. All that comes after it,
// the page, is the same one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAccountId } from '../../src/accounts/account.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TRIES = 200;
/** Of the shortest: a password that is not compared takes next to nothing. A share, since a busy machine is slow for all of them. */
const MOST = 1 / 3;
const KINDS = ['known', 'unknown', 'passwordless'] as const;

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

describe('the answer to a wrong password', () => {
  it(`takes the same time whoever it is for, by the medians of ${TRIES}`, async () => {
    const { accountStore, passwordSignIn } = portaria.services;
    const passwordDigest = await accountStore.findPasswordDigest(await addPerson(portaria));
    for (let index = 0; index < TRIES; index++) {
      const fields = { name: 'Example', emailVerified: true };
      await accountStore.insert({
        ...fields,
        id: newAccountId(),
        email: `known${index}@example.com`,
        passwordDigest,
      });
      await accountStore.insert({ ...fields, id: newAccountId(), email: `passwordless${index}@example.com` });
    }
    const times = { known: [] as number[], unknown: [] as number[], passwordless: [] as number[] };
    for (let index = 0; index < TRIES; index++) {
      // Each kind as often first: none pays for what the one before left to be done.
      for (const turn of KINDS.keys()) {
        const kind = KINDS[(index + turn) % KINDS.length] ?? 'known';
        const startedAt = performance.now();
        const account = await passwordSignIn.signIn({
          login: `${kind}${index}@example.com`,
          password: `not ${PASSWORD}`,
          address: `198.51.${turn}.${index}`,
        });
        times[kind].push(performance.now() - startedAt);
        expect(account).toBeUndefined();
      }
    }
    const medians = KINDS.map((kind) => median(times[kind]));
    if (process.env['SHOW_FIGURES']) console.log(KINDS, medians);
    expect(Math.max(...medians) / Math.min(...medians) - 1).toBeLessThan(MOST);
  }, 120_000);
});
