// Whoever reads somebody's mail has a new password, and with it a browser that is known, as often as they like; the app is not theirs.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WRONG_CODES } from '../../src/accounts/second-factors.ts';
import { giveAuthenticator } from '../support/authenticator.ts';
import { addPerson } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let another: Portaria;

beforeAll(async () => {
  portaria = await startPortaria();
  another = await startAnotherNode(portaria);
});
afterAll(async () => {
  await another.stop();
  await portaria.stop();
});

it('wrong codes of an app are few over all known browsers, whichever is new; a code on paper still lets the person in', async () => {
  const { accountStore, administration, devices, secondFactors } = portaria.services;
  const account = await administration.get(await addPerson(portaria));
  const app = await giveAuthenticator(portaria, account.id);
  const [paper = ''] = await secondFactors.renewRecoveryCodes(account);
  const owner = await accountStore.findDeviceOwner(account.id);
  const show = (turn: number, code: string) =>
    (turn % 2 ? portaria : another).services.secondFactors.proveByCode(account, {
      code,
      address: `192.0.2.${turn % 250}`,
      device: devices.remember(undefined, owner),
    });

  let guessed = 0;
  for (let turn = 0; turn < WRONG_CODES.perAccount + 20; turn++) {
    await show(turn, app.code(50)).then(
      () => (guessed += 1),
      () => {},
    );
  }
  expect(guessed).toBe(WRONG_CODES.perAccount);
  await expect(show(0, app.code())).rejects.toMatchObject({ status: 429 });
  // What the one with the mailbox has spent is not what strangers have, nor the other way round.
  const elsewhere = { code: app.code(), address: '198.51.100.1' };
  expect(await secondFactors.proveByCode(account, elsewhere)).toBe('totp');
  expect(await show(1, paper)).toBe('recovery_code');
});
