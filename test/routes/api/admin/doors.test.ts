// Who may administer over the API: every operation asks for a living bearer with the scope and the permission, and looks at both
// at the moment of the call.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { operations } from '../../../../src/operations.ts';
import {
  call,
  signedInAdministrator,
  startAdministered,
  tokensByDevice,
  type Administered,
  type Administrator,
} from '../../../support/administrators.ts';
import { Browser } from '../../../support/browser.ts';
import { addClient, addPerson, postForm, signInForCode, signIn } from '../../../support/people.ts';
import { makeToken, visitor } from '../../../support/personal-tokens.ts';
import { dpopProof, makeKey } from '../../../support/proofs.ts';
import type { Portaria } from '../../../support/portaria.ts';

const EVERY = Object.entries(operations).map(([name, { method, path, permission }]) => ({
  name,
  permission,
  request: `${method.toUpperCase()} ${path.replaceAll(/:\w+/g, 'nobody')}`,
}));

let house: Administered;
let portaria: Portaria;
let other: Portaria;
let boss: Administrator;

beforeAll(async () => {
  house = await startAdministered();
  ({ portaria, other, boss } = house);
});
afterAll(() => house.stop());

/** What every operation answers to a bearer, in one line each. */
async function answersTo(
  token: string | undefined,
  headers: Record<string, string> = {},
): Promise<Set<string>> {
  const answers = new Set<string>();
  for (const { request } of EVERY) {
    const { status, body, headers: told } = await call(portaria, token, request, undefined, headers);
    answers.add(`${status} ${String(body['error'])} ${told.get('www-authenticate')?.split(',')[0]}`);
  }
  return answers;
}

function refused(status: number, error: string): Set<string> {
  return new Set([`${status} ${error} Bearer error="${error}"`]);
}

describe('no operation is open to', () => {
  it('nobody, and what is no token', async () => {
    expect(await answersTo(undefined)).toEqual(refused(401, 'invalid_token'));
    expect(await answersTo('nonsense')).toEqual(refused(401, 'invalid_token'));
  });

  it('a browser in which an administrator is signed in: a cookie is no bearer', async () => {
    const browser = new Browser(portaria.url);
    await signIn(browser, '/sign-in', 'boss');
    const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    expect(cookie).toContain('portaria_session');
    expect(await answersTo(undefined, { cookie })).toEqual(refused(401, 'invalid_token'));
  });

  it('an administrator whose program did not ask for the scope', async () => {
    const { access_token: plain } = await tokensByDevice(portaria, 'boss', 'openid profile read write');
    expect(await answersTo(plain)).toEqual(refused(403, 'insufficient_scope'));
  });

  it('a personal token of an administrator', async () => {
    const { id, browser } = await visitor(portaria);
    await portaria.services.administration.update(id, { roles: ['admin'] });
    const token = await makeToken(browser);
    expect((await call(portaria, token, 'GET /clients')).body).toMatchObject({ error: 'insufficient_scope' });
  });

  it('a machine, whatever its client may ask for', async () => {
    const robot = await addClient(portaria, 'robot', {
      grantTypes: ['client_credentials'],
      scope: 'read admin',
    });
    const answer = await postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: 'client_credentials', scope: 'admin' },
      robot,
    );
    expect(await answersTo(answer.body.access_token)).toEqual(refused(403, 'user_required'));
    const { token } = await portaria.services.serviceTokens.create('robot', { scope: 'admin' });
    expect(await answersTo(token)).toEqual(refused(403, 'user_required'));
  });

  it('a token that is for another resource', async () => {
    await portaria.services.resources.create('https://tickets.example.com/', { scope: 'admin' });
    const desk = await addClient(portaria, 'desk', { scope: 'openid admin' });
    const resource = 'https://tickets.example.com/';
    const code = await signInForCode(
      portaria,
      { client_id: 'desk', scope: 'openid admin', resource },
      { login: 'boss' },
    );
    const { body } = await postForm(`${portaria.url}/oauth/token`, { ...code, resource }, desk);
    expect(body.scope).toBe('admin');
    expect(await answersTo(body.access_token)).toEqual(refused(403, 'wrong_audience'));
    // Our own API is a resource, too.
    const ours = `${portaria.url}/api`;
    const again = await signInForCode(
      portaria,
      { client_id: 'desk', scope: 'openid admin', resource: ours },
      { login: 'boss' },
    );
    const own = await postForm(`${portaria.url}/oauth/token`, { ...again, resource: ours }, desk);
    expect((await call(portaria, own.body.access_token, 'GET /clients')).status).toBe(200);
  });

  it('a stolen token that is bound to a key, without the key', async () => {
    const bound = await addClient(portaria, 'bound', { scope: 'openid admin', requireDpop: true });
    const code = await signInForCode(
      portaria,
      { client_id: 'bound', scope: 'openid admin' },
      { login: 'boss' },
    );
    const url = `${portaria.url}/oauth/token`;
    const { body } = await postForm(url, code, bound, { dpop: dpopProof(makeKey(), { url }) });
    expect(body).toMatchObject({ token_type: 'DPoP', scope: 'openid admin' });
    expect(await answersTo(body.access_token)).toEqual(refused(401, 'invalid_token'));
  });
});

describe('a fine permission opens what it names and nothing else', () => {
  it.each(['accounts.read', 'audit.read', 'clients.read'])('%s', async (permission) => {
    const role = permission.replace('.', '-');
    await portaria.services.roleStore.ensure(role, [permission]);
    const { token } = await signedInAdministrator(portaria, `who-${role}`, { roles: [role] });
    const open = new Set<string>();
    for (const operation of EVERY) {
      const { body } = await call(portaria, token, operation.request);
      if (body['error'] !== 'permission_required') open.add(operation.permission);
    }
    expect(open).toEqual(new Set([permission]));
  });

  it('a permission of a service opens nothing', async () => {
    await portaria.services.roleStore.ensure('tellers', ['tickets.read', 'administer', 'admin.read']);
    const id = await addPerson(portaria, 'teller');
    await portaria.services.administration.update(id, { roles: ['tellers'] });
    const { access_token: token, scope } = await tokensByDevice(portaria, 'teller', 'openid admin');
    expect(scope).toBe('openid');
    expect(await answersTo(token)).toEqual(refused(403, 'permission_required'));
  });
});

describe('the API', () => {
  it('lets no page of another origin read it', async () => {
    const { headers } = await call(portaria, boss.token, 'GET /users', undefined, {
      origin: 'https://evil.example.com',
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('cache-control')).toContain('no-store');
    const preflight = await fetch(`${portaria.url}/api/admin/v1/users`, { method: 'OPTIONS' });
    expect([preflight.status < 400, preflight.headers.get('access-control-allow-origin')]).toEqual([
      false,
      null,
    ]);
  });

  it('leaves nobody’s name in the metrics', async () => {
    await call(portaria, boss.token, 'GET /users/boss@example.com');
    await call(portaria, boss.token, 'GET /nothing/boss@example.com');
    const metrics = await (await fetch(`${portaria.url}/metrics`)).text();
    expect(metrics).toContain('"/api/admin/v1/users/:user"');
    expect(metrics).not.toContain('example.com');
  });

  it('counts calls: one administrator has six hundred a minute, and leaves the others theirs', async () => {
    const busy = await signedInAdministrator(portaria, 'busy');
    const { adminCalls } = portaria.services;
    for (let calls = 0; calls < 598; calls++) await adminCalls.countWrong(busy.id);
    expect((await call(portaria, busy.token, 'GET /roles')).status).toBe(200);
    const refusal = await call(other, busy.token, 'GET /roles');
    expect([refusal.status, Number(refusal.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await call(portaria, boss.token, 'GET /roles')).status).toBe(200);
  });

  it.each([
    ['POST /clients', '{"client_id": "x"', /not valid JSON/],
    ['POST /clients', '[]', /JSON object/],
    ['POST /clients', '"text"', /JSON object/],
    ['POST /clients', { client_id: 1 }, /^client_id: /],
    ['GET /users?limit=201', undefined, /^limit: /],
    ['GET /users?limit=1&limit=2', undefined, /^limit: /],
    ['GET /users?after=nonsense', undefined, /no such page/],
    ['GET /audit?after=1%27', undefined, /^after: /],
    ['GET /audit?since=noon', undefined, /^since: /],
    ['PATCH /users/boss', { user: randomUUID(), tier: 'gold' }, /stands in the path/],
  ])('says what is wrong with %s %p', async (request, body, sentence) => {
    const answer = await call(portaria, boss.token, request, body);
    expect(answer.body).toMatchObject({
      error: 'invalid_request',
      error_description: expect.stringMatching(sentence),
    });
    expect(answer.status).toBe(400);
  });

  it('takes no form and no endless body', async () => {
    const form = await call(portaria, boss.token, 'POST /clients', 'client_id=x', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(form.status).toBe(400);
    const large = await call(portaria, boss.token, 'POST /clients', { client_id: 'x'.repeat(60_000) });
    expect(large.status).toBe(413);
  });
});
