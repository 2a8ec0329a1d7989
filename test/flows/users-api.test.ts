// GET /api/users/:oauth_id: a service with users.read learns who somebody is. Nobody else does.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { addClient, addPerson, postForm, tokensFor } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
let desk: { id: string; secret: string };
/** A machine's with users.read. */
let token: string;

beforeAll(async () => {
  portaria = await startPortaria({ CORS_ORIGINS: 'https://desk.example.com' });
  ana = await addPerson(portaria);
  desk = await addClient(portaria, 'desk', {
    grantTypes: ['authorization_code', 'client_credentials'],
    scope: 'openid profile email read users.read',
  });
  token = await machineToken('users.read');
});
afterAll(() => portaria.stop());

async function machineToken(scope: string, client = desk): Promise<string> {
  const answer = await postForm(
    `${portaria.url}/oauth/token`,
    { grant_type: 'client_credentials', ...(scope && { scope }) },
    client,
  );
  return answer.body.access_token;
}

function ask(id: string, bearer: string | undefined = token, headers = {}): Promise<Response> {
  const authorization = bearer && { authorization: `Bearer ${bearer}` };
  return fetch(`${portaria.url}/api/users/${id}`, { headers: { ...authorization, ...headers } });
}

async function refusalOf(response: Response): Promise<[number, unknown]> {
  return [response.status, ((await response.json()) as { error: unknown }).error];
}

describe('a service with users.read', () => {
  it('sees exactly what the person would see of themselves at /api/user', async () => {
    const own = await tokensFor(portaria, desk, { scope: 'openid profile email' });
    const headers = { authorization: `Bearer ${own.access_token}` };
    const seen = (await (await fetch(`${portaria.url}/api/user`, { headers })).json()) as object;
    const response = await ask(ana);
    expect([response.status, await response.json()]).toEqual([200, seen]);
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(Object.keys(seen)).toEqual(
      expect.arrayContaining(['sub', 'oauth_id', 'email', 'name', 'roles', 'tier']),
    );
  });

  it('may come with a service token', async () => {
    const { token: long } = await portaria.services.serviceTokens.create(desk.id, { scope: 'users.read' });
    expect((await ask(ana, long)).status).toBe(200);
  });

  it('sees a blocked person, whose words still have an author, and no deleted one', async () => {
    const carla = await addPerson(portaria, 'carla');
    await portaria.services.administration.block(carla);
    const response = await ask(carla);
    expect([response.status, await response.json()]).toMatchObject([200, { name: 'Carla', id: carla }]);
    await portaria.services.administration.delete(carla);
    expect(await refusalOf(await ask(carla))).toEqual([404, 'not_found']);
  });

  it.each([randomUUID(), 'ana', 'ana@example.com', "'--", '..%2fuser', 'null', 'a'.repeat(3_000)])(
    'hears the same 404 for "%.20s"',
    async (id) => {
      expect(await refusalOf(await ask(id))).toEqual([404, 'not_found']);
    },
  );

  it('may write the identifier in capitals', async () => {
    expect(await (await ask(ana.toUpperCase())).json()).toMatchObject({ id: ana });
  });

  it('may ask from a browser of a named origin', async () => {
    const response = await ask(ana, token, { origin: 'https://desk.example.com' });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://desk.example.com');
    const other = await ask(ana, token, { origin: 'https://evil.example.com' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await fetch(`${portaria.url}/api/users/${ana}`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
  });
});

describe('nobody else learns anything, not even who there is:', () => {
  it.each([
    ['no token', () => Promise.resolve(''), 401, 'invalid_token'],
    ['a token that is none', () => Promise.resolve('nonsense'), 401, 'invalid_token'],
    ['a machine without the scope', () => machineToken('read'), 403, 'insufficient_scope'],
    ['a machine without any scope', () => machineToken(''), 403, 'insufficient_scope'],
    [
      'a person, whatever the scopes',
      async () => (await tokensFor(portaria, desk, { scope: 'openid profile read users.read' })).access_token,
      403,
      'client_required',
    ],
  ])('%s', async (_who, get, status, error) => {
    const bearer = await get();
    for (const id of [ana, randomUUID(), 'nonsense']) {
      const response = await ask(id, bearer);
      expect(response.headers.get('www-authenticate')).toContain(`error="${error}"`);
      expect(await refusalOf(response)).toEqual([status, error]);
    }
  });

  it('a service whose client lost the scope a moment ago', async () => {
    const losing = await addClient(portaria, 'losing', {
      grantTypes: ['client_credentials'],
      scope: 'read users.read',
    });
    const bearer = await machineToken('users.read', losing);
    expect((await ask(ana, bearer)).status).toBe(200);
    await portaria.services.clients.update('losing', { scope: 'read' });
    expect(await refusalOf(await ask(ana, bearer))).toEqual([401, 'invalid_token']);
  });
});
