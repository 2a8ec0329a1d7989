// "Sign out everywhere" ends what was under way at that moment too: whoever holds a stolen browser session and approves
// device codes without a pause must not come out of it with a token.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EngineStore } from '../../src/oidc/engine-store.ts';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, authorizationRequest, PASSWORD, signIn, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { poll, startDevice } from '../support/walks.ts';

let portaria: Portaria;
let ana: string;
let client: { id: string; secret: string };
let thief: Browser;
beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  thief = new Browser(portaria.url);
  await signIn(thief, authorizationRequest(portaria, { client_id: client.id }).url);
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an approval that is under way while its person is signed out everywhere', () => {
  it('gives no token when it is stored after the sign-out', async () => {
    const device = await startDevice(portaria, 'cli');
    const page = await thief.submit(await thief.get('/device'), { user_code: device.user_code });
    const other = portaria.database.another();
    let approval: Promise<unknown> = Promise.resolve();
    await other.transaction(async () => {
      await new EngineStore(other).endEverythingOf(ana);
      // Reads the session of before; what it stores waits for our locks.
      approval = thief.submit(page, { confirm: 'yes' }).catch(() => undefined);
      await pause(500);
    });
    await approval;
    const { status, body } = await poll(portaria, 'cli', device);
    expect([status, body.access_token && (await verify(portaria, body.access_token)).status]).toEqual([
      400,
      undefined,
    ]);
  });

  it('gives no token when it is stored in the middle of it', async () => {
    const device = await startDevice(portaria, 'cli');
    const page = await thief.submit(await thief.get('/device'), { user_code: device.user_code });
    const other = portaria.database.another();
    // Holds the session's row, as the approval's own statement does while it runs.
    const holder = portaria.database.another();
    let approval: Promise<unknown> = Promise.resolve();
    let end: Promise<void> = Promise.resolve();
    await holder.transaction(async () => {
      await holder.query('select 1 from sessions where account_id = $1 for update', [ana]);
      approval = thief.submit(page, { confirm: 'yes' }).catch(() => undefined);
      await pause(300);
      end = other.transaction(() => new EngineStore(other).endEverythingOf(ana));
      await pause(300);
    });
    await Promise.all([approval, end]);
    const { status, body } = await poll(portaria, 'cli', device);
    expect([status, body.access_token && (await verify(portaria, body.access_token)).status]).toEqual([
      400,
      undefined,
    ]);
  });
});

it('a sign-in that waits in the line with the old password comes too late when the password is changed', async () => {
  const page = await (thief = new Browser(portaria.url)).get('/sign-in');
  const other = portaria.database.another();
  let late: Promise<{ status: number }> = Promise.resolve({ status: 0 });
  await other.transaction(async () => {
    // Whoever tries a password is counted first, and by now it is known which one is right.
    await other.query('lock table throttles in exclusive mode');
    late = thief.submit(page, { login: 'ana', password: PASSWORD }, '/login');
    await pause(300);
    await portaria.services.administration.update(ana, { password: 'another sentence of mine' });
  });
  expect((await late).status).toBe(403);
  expect((await thief.get('/')).text).toContain('href="/sign-in"');
  await portaria.services.administration.update(ana, { password: PASSWORD });
});
