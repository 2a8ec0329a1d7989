// portaria resources, beside a running server: what a command changes is true for the server at its next answer.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addClient, postForm, verify } from '../support/people.ts';
import { SECRET_KEY, startPortaria, type Portaria } from '../support/portaria.ts';
import { json, newFolder, portaria as run, words, type Settings } from '../support/processes.ts';

const TICKETS = 'https://tickets.example.com/mcp';

const folder = newFolder();
let portaria: Portaria;
let settings: Settings;

beforeAll(async () => {
  portaria = await startPortaria();
  const { host, port, user, database } = portaria.database.connection;
  settings = {
    DATA_DIR: folder.path,
    DATABASE_URL: `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    SECRET_KEY,
    ISSUER: portaria.url,
  };
});
afterAll(async () => {
  await portaria.stop();
  folder.remove();
});

it('registers, shows, changes, lists and deletes a resource', async () => {
  await addClient(portaria, 'tickets', { grantTypes: ['client_credentials'] });
  const created = await json(
    [
      ...words(`resources create --id ${TICKETS} --name Tickets --client tickets`),
      '--scope',
      't.read t.write',
    ],
    settings,
  );
  expect(created).toEqual({
    identifier: TICKETS,
    name: 'Tickets',
    client_id: 'tickets',
    scope: 't.read t.write',
    token_format: 'opaque',
    signing_alg: 'ES256',
    access_token_ttl_seconds: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  const update = 'resources update --token-format jwt --signing-alg RS256 --access-token-ttl 5m';
  expect(await json(`${update} ${TICKETS}`, settings)).toMatchObject({
    name: 'Tickets',
    token_format: 'jwt',
    signing_alg: 'RS256',
    access_token_ttl_seconds: 300,
  });
  const shown = await run(`resources show ${TICKETS}`, settings);
  expect(shown.stdout).toMatch(/Tokens +JWT, RS256, 300 s\n/);
  expect((await run('resources list', settings)).stdout).toContain(TICKETS);

  const desk = await addClient(portaria, 'desk', {
    scope: 't.read',
    grantTypes: ['client_credentials'],
  });
  const fields = { grant_type: 'client_credentials', scope: 't.read', resource: TICKETS };
  const answer = await postForm(`${portaria.url}/oauth/token`, fields, desk);
  expect(answer.body).toMatchObject({ scope: 't.read', expires_in: 300 });
  const question = `?resource=${encodeURIComponent(TICKETS)}&allow=client`;
  expect((await verify(portaria, answer.body.access_token, question)).status).toBe(200);

  const gone = await json(`resources delete ${TICKETS} --yes`, settings);
  expect(gone).toEqual({ identifier: TICKETS, deleted: true });
  expect((await verify(portaria, answer.body.access_token, question)).status).toBe(401);
  expect((await postForm(`${portaria.url}/oauth/token`, fields, desk)).body.error).toBe('invalid_target');
  expect((await run('resources list', settings)).stdout).toBe('There are no resources.\n');

  const [{ events }] = (await portaria.database.database.query<{ events: string[] }>(
    `select array_agg(event order by id) as events from audit_events where event like 'resource.%'`,
  )) as [{ events: string[] }];
  expect(events).toEqual(['resource.created', 'resource.updated', 'resource.deleted']);
});

it('says what is wrong in a sentence', async () => {
  const wrong: [string, RegExp][] = [
    ['resources create --id tickets', /^A resource is named by an absolute URI/],
    [`resources create --id ${portaria.url}/api`, /^This address is our own/],
    [`resources create --id ${TICKETS} --client nobody`, /^There is no client "nobody"/],
    [`resources show ${TICKETS}`, /^There is no resource/],
    [`resources update ${TICKETS}`, /^Name what to change/],
  ];
  for (const [command, sentence] of wrong) {
    const { code, stderr } = await run(command, settings);
    expect([command, code]).toEqual([command, 1]);
    expect(stderr).toMatch(sentence);
  }
});
