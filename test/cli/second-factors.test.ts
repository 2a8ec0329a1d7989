// portaria roles, and what the commands about people know of second factors, beside a running server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { addPerson } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { json, newFolder, portaria as run, type Settings } from '../support/processes.ts';

const folder = newFolder();
let portaria: Portaria;
let settings: Settings;

beforeAll(async () => {
  portaria = await startPortaria();
  settings = { DATABASE_URL: portaria.database.url, DATA_DIR: folder.path, SECRET_KEY };
});
afterAll(async () => {
  await portaria.stop();
  folder.remove();
});

it('lets a role want a second factor, and no longer', async () => {
  const { roleStore, secondFactors, administration } = portaria.services;
  await roleStore.ensure('tellers', ['tickets.read']);
  const id = await addPerson(portaria, 'ana');
  await administration.update(id, { roles: ['tellers'] });
  const role = { id: 'tellers', permissions: ['tickets.read'], second_factor_required: true, people: 1 };
  expect(await json('roles update tellers --second-factor required', settings)).toEqual(role);
  expect(await secondFactors.isRequired(id)).toBe(true);
  expect(await json('roles list', settings)).toEqual(expect.arrayContaining([role]));
  expect((await run('roles list', settings)).stdout).toMatch(/tellers +tickets.read +required +1/);
  const { stdout } = await run('roles update tellers --second-factor optional', settings);
  expect(stdout).toContain('Nobody needs a second factor for "tellers".');
  expect(await secondFactors.isRequired(id)).toBe(false);
});

it.each([
  ['nobody --second-factor required', 'There is no role "nobody"'],
  ['support', "required option '--second-factor <rule>' not specified"],
  ['support --second-factor perhaps', 'Allowed choices are required, optional'],
])('says what is wrong with %s', async (words, sentence) => {
  const refused = await run(`roles update ${words}`, settings);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(sentence)]);
});

it('shows what somebody has, and takes it away', async () => {
  const id = await addPerson(portaria, 'bia');
  await giveAuthenticator(portaria, id);
  await portaria.services.secondFactors.renewRecoveryCodes(await portaria.services.administration.get(id));
  expect(await json('users show bia', settings)).toMatchObject({
    second_factors: { app_since: expect.any(String), recovery_codes: 10, passkeys: 0 },
  });
  expect((await run('users show bia', settings)).stdout).toMatch(
    /authenticator app since .*, 10 recovery codes/,
  );
  expect(await json('users reset-second-factors bia --yes', settings)).toEqual({ id, reset: true });
  expect(await json('users reset-second-factors bia --yes', settings)).toEqual({ id, reset: false });
  expect((await run('users show bia', settings)).stdout).toMatch(/Second factors +none/);
});
