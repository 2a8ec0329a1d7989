// The commands that administer, at a server that is elsewhere: what is asked and answered is what a command beside the database
// would have asked and printed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { askHere, type Ask } from '../../src/cli/administration.ts';
import { askAt } from '../../src/cli/distance.ts';
import { signInOf } from '../../src/cli/signed-in-at.ts';
import { SignInFile } from '../../src/cli/sign-ins.ts';
import { operations } from '../../src/operations.ts';
import { tokensByDevice } from '../support/administrators.ts';
import { Browser } from '../support/browser.ts';
import { addPerson, postForm, signIn } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { freePort } from '../support/ports.ts';
import { json, newFolder, portaria, words, type Outcome, type Settings } from '../support/processes.ts';

const SCOPE = 'openid profile email read write admin';

let server: Portaria;
let home: ReturnType<typeof newFolder>;
/** Of a terminal that knows nothing but where it has signed in. */
let distant: Settings;
/** Of a terminal beside the database. */
let local: Settings;

beforeAll(async () => {
  server = await startPortaria();
  home = newFolder();
  const boss = await addPerson(server, 'boss');
  await server.services.administration.update(boss, { roles: ['admin'] });
  distant = { HOME: home.path, XDG_CONFIG_HOME: join(home.path, 'config') };
  local = { DATABASE_URL: server.database.url, SECRET_KEY, DATA_DIR: home.path, ISSUER: server.url };
  await signInAs('boss');
});
afterAll(async () => {
  await server.stop();
  home.remove();
});

/** What `portaria login` leaves behind, without its waiting. */
async function signInAs(login: string): Promise<void> {
  const made = signInOf(await tokensByDevice(server, login, SCOPE), SCOPE);
  const file = new SignInFile(join(home.path, 'config', 'portaria'));
  await file.change((signIns) => signIns.set(server.url, made));
}

function at(command: string | string[]): string[] {
  return [...words(command), '--issuer', server.url];
}

function expectSentence({ code, stdout, stderr }: Outcome, sentence: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('every operation is answered at a distance as it is here:', () => {
  const before = process.env['XDG_CONFIG_HOME'];
  const asked = new Set<string>();
  let here: Ask;
  let there: Ask;

  beforeEach(async () => {
    process.env['XDG_CONFIG_HOME'] = distant['XDG_CONFIG_HOME'];
    const name = (ask: Ask) => (which: Parameters<Ask>[0], input: object) => {
      asked.add(which);
      return ask(which, input as never);
    };
    here = name(askHere(server.services)) as Ask;
    there = name((await askAt(server.url)) as Ask) as Ask;
  });
  afterEach(() => {
    if (before === undefined) delete process.env['XDG_CONFIG_HOME'];
    else process.env['XDG_CONFIG_HOME'] = before;
  });

  it('what is made, changed and ended', async () => {
    const both = async (run: (ask: Ask, name: string) => Promise<unknown>) => {
      const outcomes = [await run(here, 'one'), await run(there, 'two')];
      const [first, second] = outcomes.map((outcome) => plain(outcome));
      expect(second).toEqual(first);
    };
    const grants = { grant_types: ['client_credentials'], scope: 'read' };
    await both((ask, name) => ask('createClient', { client_id: name, 'client_name#ko': '가게', ...grants }));
    await both((ask, name) =>
      ask('updateClient', { client_id: name, client_name: 'A name', first_party: true }),
    );
    await both((ask, name) => ask('rotateClientSecret', { client_id: name }));
    await both(async (ask, name) => {
      const made = await ask('createServiceToken', { client_id: name, expires_in_seconds: 60 });
      await ask('revokeServiceToken', { client_id: name, fingerprint: made.fingerprint });
      return made;
    });
    await both((ask, name) => ask('deleteClient', { client_id: name }));
    await both((ask, name) =>
      ask('createUser', { email: `${name}@example.com`, username: name, roles: ['support'] }),
    );
    await both((ask, name) =>
      ask('updateUser', { user: `${name}@example.com`, roles: [], email_verified: true }),
    );
    await both((ask, name) => ask('blockUser', { user: name }));
    await both((ask, name) => ask('unblockUser', { user: name }));
    await both((ask, name) => ask('signOutUser', { user: name }));
    await both((ask, name) => ask('resetSecondFactors', { user: name }));
    await both((ask, name) => ask('deleteUser', { user: name }));
    await both((ask, name) => ask('inviteUser', { email: `${name}@example.com` }));
    await both((ask) => ask('updateRole', { role: 'support', second_factor_required: false }));
    await both((ask, name) =>
      ask('createResource', { identifier: `https://${name}.example.com/a b?c`.replace(' ', '%20') }),
    );
    await both((ask, name) =>
      ask('updateResource', { identifier: `https://${name}.example.com/a%20b?c`, scope: 'read' }),
    );
    await both((ask, name) => ask('deleteResource', { identifier: `https://${name}.example.com/a%20b?c` }));
    await both((ask) => ask('createRegistrationToken', {}));
    await both((ask) => ask('rotateKeys', { algorithm: 'RS256' }));
    for (const ask of [here, there]) {
      await expect(ask('retryMessage', { id: '404' })).rejects.toMatchObject({
        code: 'not_found',
        status: 404,
      });
    }
  });

  it('what is read', async () => {
    await signIn(new Browser(server.url), '/sign-in', 'boss');
    const both = async (run: (ask: Ask) => Promise<unknown>) =>
      expect(await run(there)).toEqual(await run(here));
    await both((ask) => ask('listClients', { limit: 2, after: 'cli' }));
    await both((ask) => ask('showClient', { client_id: 'cli' }));
    await both((ask) => ask('listServiceTokens', { client_id: 'cli' }));
    await both((ask) => ask('listUsers', {}));
    await both((ask) => ask('showUser', { user: 'boss@example.com' }));
    await both((ask) => ask('listSessions', { user: 'boss' }));
    await both((ask) => ask('listRoles', {}));
    await both((ask) => ask('listKeys', {}));
    await both((ask) => ask('listAudit', { account: 'boss', since: '2020-01-01T00:00:00Z' }));
    await both((ask) => ask('listResources', {}));
    await server.services.resources.create('https://three.example.com/', {});
    await both((ask) => ask('showResource', { identifier: 'https://three.example.com/' }));
    await both((ask) => ask('listMessages', { given_up: 'true' }));
  });

  it('what is refused, in the same words', async () => {
    const refusals = [
      ['showClient', { client_id: 'nobody' }],
      ['deleteClient', { client_id: 'cli' }],
      ['createClient', { client_id: 'cli', grant_types: ['client_credentials'] }],
      ['createClient', { client_id: 'three', isBuiltIn: true }],
      ['createUser', { email: 'nonsense' }],
      ['blockUser', { user: 'boss' }],
      ['listUsers', { after: 'nonsense' }],
    ] as const;
    for (const [name, input] of refusals) {
      const [first, second] = await Promise.all(
        [here, there].map((ask) =>
          ask(name, input as never).then(
            () => 'nothing',
            ({ code, status, message }: Record<string, unknown>) => ({ code, status, message }),
          ),
        ),
      );
      expect(first).not.toBe('nothing');
      expect(second).toEqual(first);
    }
  });

  it('what is named by a step through a path is nothing, there as here', async () => {
    await here('createClient', { client_id: 'kept', grant_types: ['client_credentials'] });
    for (const fingerprint of ['.', '..', '%2e%2e', '../..'])
      for (const ask of [here, there])
        await expect(ask('revokeServiceToken', { client_id: 'kept', fingerprint })).rejects.toMatchObject({
          code: 'not_found',
        });
    expect(await here('showClient', { client_id: 'kept' })).toMatchObject({ client_id: 'kept' });
  });

  it('and there is no other operation', () => {
    expect([...asked].sort()).toEqual(Object.keys(operations).sort());
  });
});

describe('the command', () => {
  it('prints the same as beside the database, for programs and for people', async () => {
    for (const command of [
      'clients list',
      'users show boss',
      'clients show cli --json',
      'roles list --json',
    ]) {
      const [here, there] = await Promise.all([portaria(command, local), portaria(at(command), distant)]);
      expect(there).toEqual(here);
      expect([here.code, here.stderr]).toEqual([0, '']);
    }
  });

  it('makes a client that works, and the audit says who did it', async () => {
    const create =
      'clients create --id shop --first-party --grant client_credentials --scope read --secret -';
    const { stdout } = await portaria(at(create), distant, 'typed at a distance');
    expect(stdout).toMatch(/The client "shop" was created\.[^]*Secret +typed at a distance/);
    const shop = { id: 'shop', secret: 'typed at a distance' };
    const token = await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, shop);
    expect(token.status).toBe(200);
    const { id: boss } = await server.services.administration.get('boss');
    const [created] = await json<{ event: string; actor_id: string; agent: string }[]>(['audit', 'list'], {
      ...distant,
      PORTARIA_ISSUER: server.url,
    }).then((rows) => rows.filter(({ event }) => event === 'client.created'));
    const { stdout: acts } = await portaria(['audit', 'list', '--by', 'boss'], local);
    expect(acts).toMatch(/client\.created/);
    expect(created).toMatchObject({ actor_id: boss, agent: expect.stringMatching(/^portaria\/\d/) });
  });

  it('reads long lists page by page', async () => {
    await server.services.database.query(
      `insert into accounts (id, name, tier) select gen_random_uuid(), 'Person ' || n, 'free' from generate_series(1, 450) n`,
    );
    const [here, there] = await Promise.all([
      json<object[]>('users list', local),
      json<object[]>(at('users list'), distant),
    ]);
    expect(there).toEqual(here);
    expect(there.length).toBeGreaterThan(450);
  });

  it.each(['migrate status', 'seed demo', 'keys reseal', 'start'])(
    'refuses a server for %s',
    async (command) => {
      expectSentence(await portaria(at(command), distant), /works only where the server is/);
    },
  );

  it('says what is missing', async () => {
    const nobody = newFolder();
    try {
      const stranger = { HOME: nobody.path, XDG_CONFIG_HOME: nobody.path };
      expectSentence(
        await portaria(at('users list'), stranger),
        /^Sign in first: npx portaria login --issuer http/,
      );
      const down = `http://localhost:${await freePort()}`;
      expectSentence(
        await portaria(`users list --issuer ${down}`, stranger),
        /cannot be asked|Sign in first/,
      );
      expectSentence(
        await portaria('users list --issuer http://example.com', stranger),
        /no address of a server/,
      );
    } finally {
      nobody.remove();
    }
  });

  it('says that somebody is no administrator, from the beginning or any more', async () => {
    await addPerson(server, 'ana');
    await signInAs('ana');
    expectSentence(await portaria(at('users list'), distant), /You cannot administer/);
    await addPerson(server, 'rui');
    const { id } = await server.services.administration.update('rui', { roles: ['admin'] });
    await signInAs('rui');
    await server.services.administration.update(id, { roles: ['support'] });
    const refused = await portaria(at('users delete ana --yes --json'), distant);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: 'permission_required' });
    expect((await server.services.administration.get('ana')).username).toBe('ana');
  });
});

/** Without what is different from one thing to the next of its kind. */
function plain(document: unknown): unknown {
  const text = JSON.stringify(document)
    .replaceAll(/\b(one|two)\b/g, 'name')
    .replaceAll(/"(\w*_at)":"[^"]+"/g, '"$1":"time"')
    .replaceAll(
      /"(id|client_secret|token|fingerprint|initial_access_token|link|kid|previous_kid)":"[^"]+"/g,
      '"$1":"some"',
    );
  return JSON.parse(text);
}
