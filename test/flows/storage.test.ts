// What a thief of the database finds: digests and sealed envelopes, no token, no code, no secret (OWASP ASVS V11, V13);
// and what stands in the audit of a sign-in.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  postForm,
  signIn,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
let client: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());

/** Every row of every table, as text. */
async function everything(): Promise<string> {
  const { database } = portaria.database;
  const tables = await database.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => database.query(`select t::text as row from ${name} t`)),
  );
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join('\n');
}

describe('the database holds', () => {
  it('no id, token, code, cookie or secret in clear', async () => {
    const browser = new Browser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: client.id });
    const page = await browser.get(request.url);
    const interaction = page.url.split('/').at(-1) ?? '';
    expect(await everything()).not.toContain(interaction);

    const done = await browser.submit(
      page,
      { login: 'ana', password: 'a password that is long enough' },
      '/login',
    );
    const code = codeIn(done);
    const device = await postForm<{ device_code: string; user_code: string }>(
      `${portaria.url}/oauth/device_authorization`,
      { client_id: 'cli' },
    );
    // A second sign-in keeps an interaction that knows the session.
    await browser.get(authorizationRequest(portaria, { client_id: client.id, prompt: 'login' }).url);
    const beforeExchange = await everything();
    const tokens = (await exchange(portaria, client, code, request.verifier)).body;

    const dump = beforeExchange + (await everything());
    const cookies = browser.cookies.map(({ value }) => value);
    const secrets = [
      code,
      client.secret,
      tokens.access_token,
      tokens.refresh_token ?? '',
      device.body.device_code,
      device.body.user_code,
      device.body.user_code.replace('-', ''),
      ...cookies,
    ];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(7);
      expect(dump).not.toContain(secret);
    }
    expect(dump).toContain(ana);
  });

  it('an audit row for the sign-in and the tokens, with address, agent and request id', async () => {
    await signIn(new Browser(portaria.url), authorizationRequest(portaria, { client_id: client.id }).url);
    const rows = await portaria.services.auditStore.list({ accountId: ana, limit: 50 });
    const row = rows.find(({ event }) => event === 'sign_in.succeeded');
    expect(row).toMatchObject({
      clientId: 'tickets',
      address: '127.0.0.1',
      agent: 'Test browser',
      details: { method: 'pwd' },
    });
    expect(row?.requestId).toHaveLength(36);
    expect(rows.map(({ event }) => event)).toContain('token.issued');
  });
});
