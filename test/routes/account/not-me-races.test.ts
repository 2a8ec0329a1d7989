// "This was not me", while whoever took the account over is in the middle of something: what they had begun comes too late.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { giveAuthenticator } from '../../support/authenticator.ts';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { linkTo, mailsOf, mailsTo } from '../../support/mailbox.ts';
import { addPerson, signIn } from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';
import { show } from '../../support/second-factors.ts';
import { until } from '../../support/redis.ts';

const OLD = 'ana@example.com';
const THEIRS = 'stranger@example.org';
const NEW_PASSWORD = 'quite another sentence to remember';
const WAITING = `select 1 from pg_locks where locktype = 'advisory' and not granted`;
const STOPPED = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

let portaria: Portaria;
let stranger: CarefulBrowser;
let owner: CarefulBrowser;
/** Shown to the owner behind the link. */
let question: Page;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  await mailsOf(portaria);
  await addPerson(portaria);
  await signIn(new CarefulBrowser(portaria.url), '/sign-in');
  stranger = new CarefulBrowser(portaria.url);
  await signIn(stranger, '/sign-in');
  owner = new CarefulBrowser(portaria.url);
  question = await owner.get(await linkTo(portaria, OLD));
});
afterEach(async () => {
  for (const table of ['accounts', 'sessions', 'one_time_tokens', 'throttles', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
});

async function account(): Promise<unknown> {
  const [row] = await portaria.database.database.query(
    'select email, password_digest is null as "isWithoutPassword" from accounts',
  );
  return row;
}

it('gives no password to an account that has none', async () => {
  await portaria.database.database.query('update accounts set password_digest = null');
  const page = await stranger.get('/account/password');
  // Others who keep busy what hashes.
  const line = Array.from({ length: 8 }, (_, turn) =>
    portaria.services.passwordSignIn.signIn({
      login: `nobody-${turn}`,
      password: NEW_PASSWORD,
      address: `192.0.2.${turn}`,
    }),
  );
  const choosing = stranger.submit(page, { password: NEW_PASSWORD }, '/account/password');
  await owner.submit(question, {});
  await Promise.all(line);
  expect((await choosing).status).toBe(403);
  expect(await account()).toEqual({ email: OLD, isWithoutPassword: true });
});

it('asks no new mailbox', async () => {
  const page = await stranger.get('/account/email');
  const { database } = portaria.database;
  let asking: Promise<Page> | undefined;
  await database.transaction(async () => {
    await portaria.services.oneTimeTokens.lockMailbox(THEIRS);
    asking = stranger.submit(page, { email: THEIRS }, '/account/email');
    await until(async () => (await database.query(WAITING)).length > 0);
    await owner.submit(question, {});
  });
  expect((await asking)?.status).toBe(403);
  expect(await mailsTo(portaria, THEIRS)).toEqual([]);
  expect(await account()).toEqual({ email: OLD, isWithoutPassword: true });
});

it.each([
  ['makes no recovery codes', '/codes'],
  ['takes no second factor away', '/remove'],
])('%s', async (_, action) => {
  const { accountAlarm, accountStore, secondFactors } = portaria.services;
  const { database } = portaria.database;
  const id = (await accountStore.findByEmail(OLD))?.id ?? '';
  const app = await giveAuthenticator(portaria, id);
  // A while ago: the alarm leaves it.
  await database.query(`update totp_secrets set added_at = now() - interval '1 day'`);
  stranger = new CarefulBrowser(portaria.url);
  await show(stranger, await signIn(stranger, '/sign-in'), app.code());
  const page = await stranger.get('/account/second-factor');
  const alarm = new URL(await linkTo(portaria, OLD)).searchParams.get('token') ?? '';
  const observer = portaria.database.another();
  let asking: Promise<Page> | undefined;
  await database.transaction(async () => {
    // Whoever asks has been let in, and gets no further.
    await accountStore.findPasswordWay(id, { isLocked: true });
    await database.query('lock table recovery_codes in exclusive mode');
    asking = stranger.submit(page, {}, action);
    await until(async () => (await observer.query(STOPPED)).length > 0);
    await accountAlarm.raise(alarm);
  });
  expect((await asking)?.status).toBe(403);
  expect(await secondFactors.describe(id)).toMatchObject({ appSince: expect.any(Date), recoveryCodes: 0 });
});
