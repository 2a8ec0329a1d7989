// What an administrator does with clients over the API, and the rows in the audit that say who did it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOperations, serviceTokenOperations } from '../../../../src/routes/api/admin/clients.ts';
import {
  call,
  startAdministered,
  type Administered,
  type Administrator,
  type Asking,
} from '../../../support/administrators.ts';
import { addClient, addPerson, postForm, tokensFor, verify } from '../../../support/people.ts';
import { png } from '../../../support/pictures.ts';
import type { Portaria } from '../../../support/portaria.ts';

let house: Administered;
let portaria: Portaria;
let other: Portaria;
let boss: Administrator;
let asked: Asking;
let ask: Asking['ask'];

beforeAll(async () => {
  house = await startAdministered();
  ({ portaria, other, boss, asked } = house);
  ask = asked.ask;
});
afterAll(() => house.stop());

describe('clients', () => {
  it('are made, shown, changed, given a new secret and deleted', async () => {
    const made = await ask(
      'createClient',
      {},
      {
        client_id: 'shop',
        client_name: 'Shop',
        'client_name#pt-BR': 'Loja',
        redirect_uris: ['https://shop.example.com/callback'],
        grant_types: ['authorization_code', 'client_credentials'],
        application_type: 'web',
        first_party: true,
        initiate_login_uri: 'https://shop.example.com/',
        logo_data: png().toString('base64'),
        access_token_ttl_seconds: 900,
      },
    );
    expect(made).toMatchObject({
      client_id: 'shop',
      'client_name#pt-BR': 'Loja',
      access_token_ttl_seconds: 900,
    });
    expect(made['logo']).toMatch(/^\//);
    const { client_secret: secret, ...document } = made;
    expect(await ask('showClient', { client_id: 'shop' })).toEqual(document);
    const token = async (itsSecret: unknown) =>
      postForm(
        `${portaria.url}/oauth/token`,
        { grant_type: 'client_credentials' },
        { id: 'shop', secret: String(itsSecret) },
      );
    expect((await token(secret)).status).toBe(200);

    const changed = await ask(
      'updateClient',
      { client_id: 'shop' },
      {
        client_name: 'Store',
        'client_name#pt-BR': null,
        initiate_login_uri: null,
        logo_data: null,
      },
    );
    const { 'client_name#pt-BR': _, updated_at: __, ...rest } = document;
    expect(changed).toMatchObject({ ...rest, client_name: 'Store', initiate_login_uri: null, logo: null });
    expect(changed).not.toHaveProperty('client_name#pt-BR');

    const { client_secret: fresh } = await ask('rotateClientSecret', { client_id: 'shop' });
    expect((await token(fresh)).status).toBe(200);
    expect(await ask('deleteClient', { client_id: 'shop' })).toEqual({ client_id: 'shop', deleted: true });
    expect(await asked.lastRows(4)).toEqual(
      ['deleted', 'secret_rotated', 'updated', 'created'].map((end) => [`client.${end}`, boss.id]),
    );
  });

  it('are listed page by page', async () => {
    const seen: unknown[] = [];
    for (let next: unknown = ''; next !== null;) {
      const page = await ask('listClients', {}, undefined, `?limit=2${next ? `&after=${String(next)}` : ''}`);
      seen.push(...(page.items ?? []).map(({ client_id: id }) => id));
      next = page['next'];
    }
    expect(seen).toEqual(['cli', 'console', 'personal-token']);
  });

  it('get service tokens', async () => {
    await addClient(portaria, 'reports', { grantTypes: ['client_credentials'], scope: 'read' });
    const which = { client_id: 'reports' };
    const { token, fingerprint } = await ask('createServiceToken', which, {
      name: 'nightly',
      expires_in_seconds: 60,
    });
    expect((await verify(portaria, String(token), '?allow=client')).status).toBe(200);
    const { items } = await ask('listServiceTokens', which);
    expect(items).toMatchObject([{ fingerprint, name: 'nightly', scope: 'read' }]);
    expect(JSON.stringify(items)).not.toContain(String(token));
    await ask('revokeServiceToken', { ...which, fingerprint: String(fingerprint) });
    expect((await verify(portaria, String(token), '?allow=client')).status).toBe(401);
    expect(await asked.lastRows(2)).toEqual([
      ['token.revoked', boss.id],
      ['service_token.created', boss.id],
    ]);
  });

  it('that are deleted die with their tokens, on the other node too', async () => {
    const desk = await addClient(portaria, 'desk');
    await addPerson(portaria, 'ana');
    const { access_token: token } = await tokensFor(portaria, desk);
    expect((await verify({ ...other, url: other.address }, token)).status).toBe(200);
    await ask('deleteClient', { client_id: 'desk' });
    expect((await verify(portaria, token)).status).toBe(401);
    expect((await verify({ ...other, url: other.address }, token)).status).toBe(401);
  });

  it.each(['cli', 'console', 'personal-token'])('that are built in stay as they are: %s', async (id) => {
    const attempts = [
      await call(portaria, boss.token, `PATCH /clients/${id}`, { scope: 'admin' }),
      await call(portaria, boss.token, `POST /clients/${id}/rotate-secret`),
      await call(portaria, boss.token, `DELETE /clients/${id}`),
    ];
    expect(attempts.map(({ status, body }) => [status, body['error']])).toEqual(
      attempts.map(() => [403, 'built_in_client']),
    );
    const token = await call(portaria, boss.token, `POST /clients/${id}/tokens`, {});
    expect(token.status).toBe(400);
  });

  it.each([
    ['isBuiltIn', true],
    ['built_in', true],
    ['self_registered', false],
    ['secret_sealed', 'x'],
    ['metadata', { scope: 'admin' }],
    ['token_endpoint_auth_method', 'none'],
    ['created_at', '2000-01-01T00:00:00Z'],
    ['client_name#xx', 'name'],
    ['constructor', {}],
  ] as [string, unknown][])('cannot be given what is nobody’s to give: %s', async (name, value) => {
    for (const [request, id] of [
      ['POST /clients', { client_id: 'sly', grant_types: ['client_credentials'] }],
      ['PATCH /clients/reports', {}],
    ] as const) {
      const { status, body } = await call(portaria, boss.token, request, { ...id, [name]: value });
      expect([status, body['error_description']]).toEqual([
        400,
        expect.stringContaining(`${name}: there is no such`),
      ]);
    }
    expect((await call(portaria, boss.token, 'GET /clients/sly')).status).toBe(404);
  });

  it('cannot be named by a path that is another', async () => {
    const { body } = await call(portaria, boss.token, 'PATCH /clients/__proto__', { client_name: 'x' });
    expect(body).toMatchObject({ error: 'not_found' });
    const polluting =
      '{"__proto__": {"first_party": true}, "client_id": "plain", "grant_types": ["client_credentials"]}';
    const { status, body: made } = await call(portaria, boss.token, 'POST /clients', polluting);
    expect(status === 400 || made['first_party'] === false).toBe(true);
  });
});

it('has shown every operation by now', () => {
  expect([...asked.done].sort()).toEqual(
    [...Object.keys({ ...clientOperations, ...serviceTokenOperations }), 'listAudit'].sort(),
  );
});
