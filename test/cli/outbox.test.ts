// portaria outbox, and how a client says at the terminal where it wants to be told of sign-outs.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SECRET_KEY } from '../support/portaria.ts';
import { json, portaria, type Settings } from '../support/processes.ts';

let database: TestDatabase;
let settings: Settings;

beforeAll(async () => {
  database = await createTestDatabase();
  settings = { DATABASE_URL: database.url, SECRET_KEY };
});
afterAll(() => database.close());

async function put(destination: string, isGivenUp: boolean): Promise<string> {
  const row = await database.database.find<{ id: string }>(
    `insert into outbox (kind, destination, body, attempts, last_fault, given_up_at)
     values ('backchannel_logout', $1, '{}', 3, 'tickets.example.com answered 500', case when $2 then now() end)
     returning id::text`,
    [destination, isGivenUp],
  );
  return row?.id ?? '';
}

describe('portaria outbox', () => {
  it('lists what waits and what was given up, and tries one again', async () => {
    const [waiting, lost] = [await put('client waits', false), await put('client lost', true)];
    expect(await json('outbox list', settings)).toMatchObject([
      { id: waiting, destination: 'client waits', attempts: 3, given_up_at: null },
    ]);
    const list = await portaria('outbox list --given-up', settings);
    expect(list.stdout).toContain('client lost');
    expect(list.stdout).toContain('tickets.example.com answered 500');
    expect(list.stdout).not.toContain('client waits');
    expect((await portaria(`outbox retry ${lost}`, settings)).stdout).toContain(`${lost} is tried again`);
    expect(await json('outbox list --given-up', settings)).toEqual([]);
    expect(await json('outbox list', settings)).toMatchObject([{ id: waiting }, { id: lost, attempts: 0 }]);
  });

  it.each(['999999', 'nonsense', '1e3'])('has no message "%s"', async (id) => {
    const { code, stderr } = await portaria(`outbox retry ${id}`, settings);
    expect([code, stderr.includes('npx portaria outbox list --given-up')]).toEqual([1, true]);
  });
});

describe('portaria clients', () => {
  it('says where a client is told of sign-outs, changes it and takes it away', async () => {
    const uri = 'https://tickets.example.com/backchannel-logout';
    const create = 'clients create --id tickets --redirect-uri https://tickets.example.com/callback';
    expect(await json(`${create} --backchannel-logout-uri ${uri}`, settings)).toMatchObject({
      backchannel_logout_uri: uri,
      backchannel_logout_session_required: true,
    });
    const shown = await portaria('clients show tickets', settings);
    expect(shown.stdout).toContain(uri);
    expect(await json('clients update tickets --backchannel-logout-session unnamed', settings)).toMatchObject(
      { backchannel_logout_uri: uri, backchannel_logout_session_required: false },
    );
    expect(
      await json(['clients', 'update', 'tickets', '--backchannel-logout-uri', ''], settings),
    ).toMatchObject({ backchannel_logout_uri: null, backchannel_logout_session_required: false });
  });

  it('refuses an address without TLS', async () => {
    const { code, stderr } = await portaria(
      'clients update tickets --backchannel-logout-uri http://tickets.example.com/',
      settings,
    );
    expect([code, stderr.includes('https')]).toEqual([1, true]);
  });
});
