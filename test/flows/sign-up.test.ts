// SIGN_UP, SIGN_UP_DOMAINS and GITHUB_ORGS: who may become a new account. Whoever has one already is always let in.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  PASSWORD,
  REDIRECT_URI,
  signIn,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import {
  ana,
  startPretendGithub,
  type PretendGithub,
  type PretendPerson,
} from '../support/pretend-github.ts';
import { settingsFor, signInWithGithub } from '../support/walks.ts';

let github: PretendGithub;
let database: TestDatabase;
/** One installation that changed its mind: the same database under different settings. */
const houses: Record<string, Portaria> = {};

const SETTINGS: Record<string, Record<string, string>> = {
  open: {},
  closed: { SIGN_UP: 'closed' },
  invite: { SIGN_UP: 'invite' },
  domains: { SIGN_UP_DOMAINS: 'example.com, Example.org' },
  organizations: { GITHUB_ORGS: 'example' },
};

beforeAll(async () => {
  [database, github] = await Promise.all([createTestDatabase(), startPretendGithub()]);
  for (const [name, settings] of Object.entries(SETTINGS)) {
    houses[name] = await startPortaria({ ...settingsFor(github), ...settings }, { database });
  }
  await addClient(houseOf('open'), 'tickets');
});
afterAll(async () => {
  await Promise.all([...Object.values(houses).map((house) => house.stop()), github.close()]);
  await database.close();
});
beforeEach(() => database.database.query('delete from accounts'));

function somebody(address: string, fields: Partial<PretendPerson> = {}): void {
  const emails = [{ email: address, primary: true, verified: true }];
  github.person = { ...ana, id: 3001, login: 'newcomer', name: 'Newcomer', emails, ...fields };
}

function houseOf(name: string): Portaria {
  const portaria = houses[name];
  if (!portaria) throw new Error(`no house has ${name}`);
  return portaria;
}

/** What they see who come from GitHub to a house, on their way to a service. */
async function arriveAt(house: string): Promise<Page> {
  const portaria = houseOf(house);
  const { url } = authorizationRequest(portaria, { client_id: 'tickets' });
  return signInWithGithub(new CarefulBrowser(portaria.url), url);
}

async function accounts(): Promise<number> {
  return (await database.database.query('select 1 from accounts')).length;
}

const welcome = { url: expect.stringMatching(`^${REDIRECT_URI}\\?code=[\\w-]{43}&`) };
const closed = { status: 403, text: expect.stringContaining('New accounts are by invitation') };
const unconfirmed = { status: 403, text: expect.stringContaining('No confirmed e-mail address') };

describe('a newcomer', () => {
  it('becomes an account where sign-up is open', async () => {
    somebody('newcomer@example.com');
    expect(await arriveAt('open')).toMatchObject(welcome);
    expect(await accounts()).toBe(1);
  });

  it.each(['closed', 'invite'])(
    'is refused with a page where sign-up is %s, and leaves nothing behind',
    async (house) => {
      somebody('newcomer@example.com');
      expect(await arriveAt(house)).toMatchObject(closed);
      expect(await accounts()).toBe(0);
      expect(await database.database.query('select 1 from identities')).toEqual([]);
    },
  );

  it.each([
    ['newcomer@example.com', welcome],
    ['newcomer@EXAMPLE.org', welcome],
    ['newcomer@example.net', closed],
    ['newcomer@sub.example.com', closed],
    ['newcomer@notexample.com', closed],
  ])('with the address %s is let in by its domain alone', async (address, outcome) => {
    somebody(address);
    expect(await arriveAt('domains')).toMatchObject(outcome);
    expect(await accounts()).toBe(outcome === welcome ? 1 : 0);
  });

  it('does not get in by an address of the right domain that GitHub has not confirmed', async () => {
    somebody('', { emails: [{ email: 'newcomer@example.com', primary: true, verified: false }] });
    expect(await arriveAt('domains')).toMatchObject(unconfirmed);
    expect(await accounts()).toBe(0);
  });

  it.each([
    [{ example: 'active' }, welcome],
    [{ example: 'pending' }, closed],
    [{ elsewhere: 'active' }, closed],
    [{}, closed],
  ] as const)(
    'who is in the organizations %j is let in as an active member only',
    async (organizations, outcome) => {
      somebody('newcomer@example.com', { organizations });
      expect(await arriveAt('organizations')).toMatchObject(outcome);
    },
  );
});

describe('whoever is known', () => {
  it.each(['closed', 'invite', 'domains', 'organizations'])(
    'is let in by GitHub where the rule is: %s',
    async (house) => {
      somebody('newcomer@example.net');
      expect(await arriveAt('open')).toMatchObject(welcome);
      expect(await arriveAt(house)).toMatchObject(welcome);
      expect(await accounts()).toBe(1);
    },
  );

  it.each(['closed', 'invite', 'domains', 'organizations'])(
    'with an account of the same address is no newcomer at GitHub: where the rule is %s, they prove that it is theirs',
    async (house) => {
      const portaria = houseOf(house);
      await addPerson(portaria, 'carla');
      await database.database.query("update accounts set email = 'carla@example.net'");
      somebody('carla@example.net');
      const browser = new CarefulBrowser(portaria.url);
      const { url } = authorizationRequest(portaria, { client_id: 'tickets' });
      const asked = await signInWithGithub(browser, url);
      expect(codeIn(await browser.submit(asked, { password: PASSWORD }, '/link'))).toHaveLength(43);
      expect(await arriveAt(house)).toMatchObject(welcome);
      expect(await accounts()).toBe(1);
    },
  );

  it('is let in by password where sign-up is closed', async () => {
    const portaria = houseOf('closed');
    await addPerson(portaria, 'carla');
    const { url } = authorizationRequest(portaria, { client_id: 'tickets' });
    expect(codeIn(await signIn(new CarefulBrowser(portaria.url), url, 'carla'))).toHaveLength(43);
  });
});
