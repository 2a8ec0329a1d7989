// "Sign out everywhere" ends what was under way at that moment too: whoever holds a stolen browser session and approves
// device codes without a pause must not come out of it with a token.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EngineStore } from '../../src/oidc/engine-store.ts';
import { Browser, type Page } from '../support/browser.ts';
import { linkTo } from '../support/mailbox.ts';
import { answerWith, askedBy, givePasskey } from '../support/passkeys.ts';
import { addClient, addPerson, authorizationRequest, PASSWORD, signIn, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { signInHere, somebody, type Person } from '../support/second-factors.ts';
import { callbackFromGithub, poll, settingsFor, startDevice } from '../support/walks.ts';

let portaria: Portaria;
let ana: string;
let client: { id: string; secret: string };
let thief: Browser;
let github: PretendGithub;

beforeAll(async () => {
  github = await startPretendGithub();
  portaria = await startPortaria(settingsFor(github));
  ana = await addPerson(portaria);
  client = await addClient(portaria, 'tickets');
});
afterAll(() => Promise.all([portaria.stop(), github.close()]));
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

describe('a proof that is right, and is still under way when an alarm ends everything of the account', () => {
  let person: Person;
  let alarm: string;

  /** The alarm comes while nobody who proves something can be counted. */
  async function raiseBefore(giveProof: () => Promise<Page>): Promise<void> {
    const other = portaria.database.another();
    let late: Promise<Page> | undefined;
    await other.transaction(async () => {
      await other.query('lock table throttles in exclusive mode');
      late = giveProof();
      await pause(300);
      await portaria.services.accountAlarm.raise(alarm);
    });
    expect([403, 410]).toContain((await late)?.status);
    expect((await thief.get('/')).text).toContain('href="/sign-in"');
  }

  beforeEach(async () => {
    thief = new Browser(portaria.url);
    person = await somebody(portaria);
    const account = await portaria.services.administration.get(person.id);
    await portaria.services.accountAlarm.tellOwner(account, { kind: 'passkeyAdded' });
    alarm = new URL(await linkTo(portaria, `${person.name}@example.com`)).searchParams.get('token') ?? '';
  });

  it('comes too late when it is a password: it was compared with the one of before', async () => {
    const page = await thief.get('/sign-in');
    await raiseBefore(() => thief.submit(page, { login: person.name, password: PASSWORD }, '/login'));
  });

  it('comes too late when it is a passkey that the alarm takes away', async () => {
    const device = await givePasskey(portaria, person.id);
    const page = await thief.get('/sign-in');
    const answer = device.get(await askedBy(thief, page));
    const holder = portaria.database.another();
    let isUsed = () => {};
    const used = new Promise<void>((resolve) => (isUsed = resolve));
    const held = holder.transaction(async () => {
      await holder.query('select 1 from passkeys where account_id = $1 for update', [person.id]);
      await used;
    });
    const late = answerWith(thief, page, answer);
    await pause(200);
    await raiseBefore(async () => {
      isUsed();
      await held;
      return late;
    });
  });

  it('comes too late when it is an identity that the alarm unlinks', async () => {
    await signInHere(portaria, person);
    const subject = String(github.person.id);
    const identity = { connectorId: 'github', subject, accountId: person.id };
    await portaria.services.identityStore.insert(identity);
    const callback = await callbackFromGithub(thief, await thief.get('/sign-in'));
    await raiseBefore(() => thief.get(callback));
  });

  it('links nothing any more', async () => {
    const emails = [{ email: `${person.name}@example.com`, primary: true, verified: true }];
    github.person = { ...github.person, id: 4711, emails };
    const callback = await callbackFromGithub(thief, await thief.get('/sign-in'));
    const page = await thief.get(callback);
    expect(page.url).toMatch(/\/link$/);
    await raiseBefore(() => thief.submit(page, { password: PASSWORD }, '/link'));
    expect((await portaria.services.signInMethods.list(person.id)).identities).toEqual([]);
  });
});
