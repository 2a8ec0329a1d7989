// Tokens that are bound to one service (RFC 8707): how a program gets one in each grant, what is in it, and that it is worth
// nothing anywhere else.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { ClientInput } from '../../src/oidc/client.ts';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  postForm,
  REDIRECT_URI,
  signIn,
  verify,
  type Answer,
  type TokenAnswer,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { confirmCode, poll, type DeviceAnswer } from '../support/walks.ts';

type Client = { id: string; secret: string };

const TICKETS = 'https://tickets.example.com/mcp';
const REPORTS = 'https://reports.example.com/';
const SCOPE = 'openid email read tickets.read tickets.write reports.read offline_access';
const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'];

let portaria: Portaria;
let ana: string;
let api: string;
let desk: Client;

beforeAll(async () => {
  portaria = await startPortaria();
  api = `${portaria.url}/api`;
  ana = await addPerson(portaria);
  const { resources } = portaria.services;
  await addClient(portaria, 'tickets', { grantTypes: ['client_credentials'], scope: 'read' });
  await resources.create(TICKETS, {
    name: 'Tickets',
    scope: 'tickets.read tickets.write email',
    clientId: 'tickets',
    tokenFormat: 'jwt',
    accessTokenTtlSeconds: 120,
  });
  await resources.create(REPORTS, { name: 'Reports', scope: 'reports.read openid' });
  desk = await addClient(portaria, 'desk', { scope: SCOPE, grantTypes: GRANTS });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

/** RFC 8707 §2: `resource` may come more than once. */
async function authorize(
  client: Client,
  scope: string | undefined,
  resources: readonly string[],
  browser = new Browser(portaria.url),
) {
  const request = authorizationRequest(portaria, { client_id: client.id, ...(scope && { scope }) });
  const url = new URL(request.url);
  if (scope === undefined) url.searchParams.delete('scope');
  for (const resource of resources) url.searchParams.append('resource', resource);
  const asked = await browser.get(url.href);
  const page = asked.url.includes('/interaction/') ? await signInAt(browser, asked) : asked;
  return { page, verifier: request.verifier, browser };
}

function token(client: Client, fields: Record<string, string>): Promise<Answer> {
  const body = client.secret ? fields : { ...fields, client_id: client.id };
  return postForm(`${portaria.url}/oauth/token`, body, client.secret ? client : undefined);
}

function exchange(client: Client, code: string, verifier: string, more: Record<string, string> = {}) {
  const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, ...more };
  return token(client, { ...fields, redirect_uri: REDIRECT_URI });
}

async function tokensFor(
  client: Client,
  scope: string | undefined,
  resources: readonly string[],
  more: Record<string, string> = {},
): Promise<TokenAnswer> {
  const { page, verifier } = await authorize(client, scope, resources);
  const answer = await exchange(client, codeIn(page), verifier, more);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body;
}

function refreshed(client: Client, tokens: TokenAnswer, more: Record<string, string> = {}) {
  return token(client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '', ...more });
}

function machine(client: Client, fields: Record<string, string>): Promise<Answer> {
  return token(client, { grant_type: 'client_credentials', ...fields });
}

async function verdict(accessToken: string, query = ''): Promise<string> {
  const { status, body } = await verify(portaria, accessToken, query);
  return status === 200 ? 'ok' : `${status} ${String(body['error'])}`;
}

function at(resource: string, more = ''): string {
  return `?resource=${encodeURIComponent(resource)}${more}`;
}

async function statusOf(path: string, accessToken: string): Promise<number> {
  return (await fetch(portaria.url + path, { headers: { authorization: `Bearer ${accessToken}` } })).status;
}

describe('a token for a resource', () => {
  it('comes as that resource wants it: its form, its lifetime, its scopes and no others', async () => {
    const tokens = await tokensFor(desk, 'openid email read tickets.read reports.read', [TICKETS]);
    expect(tokens).toMatchObject({ expires_in: 120, scope: 'email tickets.read' });
    const keys = createRemoteJWKSet(new URL(`${portaria.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(tokens.access_token, keys, {
      issuer: portaria.url,
      audience: TICKETS,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: ana, client_id: 'desk', scope: 'email tickets.read' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
    expect(tokens.id_token).toBeDefined();
  });

  it('is opaque where the resource says nothing, whatever the client has otherwise', async () => {
    const client = await addClient(portaria, 'likes-jwt', { scope: SCOPE, tokenFormat: 'jwt' });
    expect((await tokensFor(client, 'reports.read', [REPORTS])).access_token).not.toContain('.');
    expect((await tokensFor(client, 'read', [])).access_token).toContain('.');
  });

  it('is refused by every service but its own, and by our own API (RFC 8707 §3)', async () => {
    const { access_token: bound } = await tokensFor(desk, 'openid email tickets.read', [TICKETS]);
    expect(await verdict(bound)).toBe('403 wrong_audience');
    expect(await verdict(bound, at(REPORTS))).toBe('403 wrong_audience');
    expect(await verdict(bound, at(`${TICKETS}/`))).toBe('403 wrong_audience');
    expect(await verdict(bound, at(TICKETS.toUpperCase()))).toBe('403 wrong_audience');
    expect(await verdict(bound, at(TICKETS))).toBe('ok');
    expect(await verdict(bound, at(TICKETS, '&scope=tickets.read'))).toBe('ok');
    expect(await verdict(bound, at(TICKETS, '&scope=tickets.write'))).toBe('403 insufficient_scope');
    expect(await statusOf('/api/user', bound)).toBe(403);
    // Even with openid among its scopes, which mean something at that resource and not here.
    const { access_token: other } = await tokensFor(desk, 'openid reports.read', [REPORTS]);
    expect(await verdict(other, at(REPORTS, '&scope=openid'))).toBe('ok');
    expect(await statusOf('/oauth/userinfo', other)).toBe(401);
  });

  it('needs no resource named when it has none, and may be shown to one that names itself', async () => {
    const { access_token: free } = await tokensFor(desk, 'read', []);
    expect(await verdict(free)).toBe('ok');
    expect(await verdict(free, at(TICKETS))).toBe('ok');
  });
});

describe('our own API is a resource, too', () => {
  it('says who it is (RFC 9728), and takes the tokens for it', async () => {
    const document = await fetch(`${portaria.url}/.well-known/oauth-protected-resource/api`);
    expect(await document.json()).toMatchObject({ resource: api, authorization_servers: [portaria.url] });
    const tokens = await tokensFor(desk, 'openid email read', [api]);
    expect(tokens).toMatchObject({ scope: 'openid email read', expires_in: 3600 });
    expect(await statusOf('/api/user', tokens.access_token)).toBe(200);
    expect(await statusOf('/oauth/userinfo', tokens.access_token)).toBe(200);
  });

  it('is no other service: whoever verifies has to be the one that the token is for', async () => {
    const { access_token: ours } = await tokensFor(desk, 'openid read', [api]);
    expect(await verdict(ours)).toBe('403 wrong_audience');
    expect(await verdict(ours, at(TICKETS))).toBe('403 wrong_audience');
    expect(await verdict(ours, at(api))).toBe('ok');
  });

  it('gives JWTs to the clients that want them', async () => {
    const client = await addClient(portaria, 'jwt-for-us', { tokenFormat: 'jwt', scope: SCOPE });
    const { access_token: ours } = await tokensFor(client, 'openid read', [api]);
    expect(ours.split('.')).toHaveLength(3);
    expect(await statusOf('/api/user', ours)).toBe(200);
    expect(await statusOf('/oauth/userinfo', ours)).toBe(200);
  });

  it('lets a machine see people only with a token for us or for nobody in particular', async () => {
    const client = await addClient(portaria, 'directory', {
      grantTypes: ['client_credentials'],
      scope: 'users.read reports.read',
    });
    await portaria.services.resources.create('https://users.example.com', { scope: 'users.read' });
    const ask = async (resource?: string) => {
      const fields = { scope: 'users.read', ...(resource && { resource }) };
      const { access_token: bearer } = (await machine(client, fields)).body;
      return statusOf(`/api/users/${ana}`, bearer);
    };
    expect(await ask()).toBe(200);
    expect(await ask(api)).toBe(200);
    expect(await ask('https://users.example.com')).toBe(403);
  });
});

describe('each grant', () => {
  it('refuses a resource that is not registered: invalid_target (RFC 8707 §2)', async () => {
    const { page } = await authorize(desk, 'read', ['https://unknown.example.com']);
    expect(new URL(page.url).searchParams.get('error')).toBe('invalid_target');
    for (const resource of ['https://unknown.example.com', 'nowhere', `${TICKETS}#part`]) {
      const answer = await machine(desk, { scope: 'tickets.read', resource });
      expect([resource, answer.status, answer.body.error]).toEqual([resource, 400, 'invalid_target']);
    }
    const device = await postForm<{ error: string }>(`${portaria.url}/oauth/device_authorization`, {
      client_id: 'cli',
      resource: 'https://unknown.example.com',
    });
    expect([device.status, device.body.error]).toEqual([400, 'invalid_target']);
  });

  it('of client credentials takes one resource', async () => {
    const answer = await machine(desk, { scope: 'tickets.read reports.read', resource: TICKETS });
    expect(answer.body).toMatchObject({ scope: 'tickets.read', expires_in: 120 });
    expect(await verdict(answer.body.access_token, at(TICKETS, '&allow=client'))).toBe('ok');
    expect(await verdict(answer.body.access_token, '?allow=client')).toBe('403 wrong_audience');
  });

  it('without a resource gives no scope that belongs to one', async () => {
    const short = await machine(desk, { scope: 'read tickets.read' });
    expect(short.body.scope).toBe('read');
    expect((await tokensFor(desk, 'read tickets.read', [])).scope).toBe('read');
  });

  it('of a code keeps to the resource that was granted, whether or not it is named again', async () => {
    const { page, verifier } = await authorize(desk, 'tickets.read', [TICKETS]);
    const other = await exchange(desk, codeIn(page), verifier, { resource: REPORTS });
    expect([other.status, other.body.error]).toEqual([400, 'invalid_target']);
    const again = await authorize(desk, 'tickets.read', [TICKETS]);
    const answer = await exchange(desk, codeIn(again.page), again.verifier, { resource: TICKETS });
    expect(await verdict(answer.body.access_token, at(TICKETS))).toBe('ok');
  });

  it('of a code for two resources gives a token for one at a time', async () => {
    const two = [TICKETS, REPORTS];
    const scope = 'tickets.read reports.read';
    const tokens = await tokensFor(desk, scope, two, { resource: TICKETS });
    expect(tokens.scope).toBe('tickets.read');
    const reports = (await refreshed(desk, tokens, { resource: REPORTS })).body;
    expect(reports.scope).toBe('reports.read');
    expect(await verdict(reports.access_token, at(REPORTS))).toBe('ok');
    expect(await verdict(reports.access_token, at(TICKETS))).toBe('403 wrong_audience');
    const { page, verifier } = await authorize(desk, scope, two);
    expect((await exchange(desk, codeIn(page), verifier)).body.error).toBe('invalid_target');
  });

  it('of a refresh token keeps to the resource, may narrow its scope and never widen anything', async () => {
    const first = await tokensFor(desk, 'tickets.read tickets.write', [TICKETS]);
    const second = (await refreshed(desk, first)).body;
    expect(second.scope).toBe('tickets.read tickets.write');
    expect(await verdict(second.access_token, at(TICKETS))).toBe('ok');
    expect(await verdict(second.access_token)).toBe('403 wrong_audience');
    const third = (await refreshed(desk, second, { scope: 'tickets.read' })).body;
    expect(third.scope).toBe('tickets.read');
    const wrong = await refreshed(desk, third, { resource: REPORTS });
    expect([wrong.status, wrong.body.error]).toEqual([400, 'invalid_target']);
  });

  it('of a device code is for the resource that the device named', async () => {
    await addClient(portaria, 'scanner', {
      isNative: true,
      isPublic: true,
      scope: SCOPE,
      grantTypes: ['device_code', 'refresh_token'],
    });
    const device = await postForm<DeviceAnswer>(`${portaria.url}/oauth/device_authorization`, {
      client_id: 'scanner',
      scope: 'openid tickets.read',
      resource: TICKETS,
    });
    const browser = new Browser(portaria.url);
    const consent = await signInAt(browser, await confirmCode(browser, device.body));
    expect(consent.text).toContain('Tickets');
    await browser.submit(consent, { decision: 'allow' }, '/consent');
    const tokens = (await poll(portaria, 'scanner', device.body)).body;
    expect(tokens.scope).toBe('tickets.read');
    expect(await verdict(tokens.access_token, at(TICKETS))).toBe('ok');
  });

  it('works for a pushed request (RFC 9126)', async () => {
    const request = authorizationRequest(portaria, { client_id: desk.id, scope: 'tickets.read' });
    const fields = Object.fromEntries(new URL(request.url).searchParams);
    const pushed = await postForm<{ request_uri: string }>(
      `${portaria.url}/oauth/par`,
      { ...fields, resource: TICKETS },
      desk,
    );
    const query = new URLSearchParams({ client_id: desk.id, request_uri: pushed.body.request_uri });
    const page = await signIn(new Browser(portaria.url), `${portaria.url}/oauth/authorize?${query}`);
    const tokens = (await exchange(desk, codeIn(page), request.verifier)).body;
    expect(await verdict(tokens.access_token, at(TICKETS))).toBe('ok');
  });
});

async function signInAt(browser: Browser, page: Awaited<ReturnType<typeof confirmCode>>) {
  return browser.submit(page, { login: 'ana', password: 'a password that is long enough' }, '/login');
}

describe('a client that always sends resource (as programs for models do)', () => {
  it('and no scope gets what it is registered for there', async () => {
    const tokens = await tokensFor(desk, undefined, [TICKETS]);
    expect(tokens.scope).toBe('tickets.read tickets.write email');
    expect((await tokensFor(desk, undefined, [])).scope).toBe('read');
    expect((await tokensFor(desk, undefined, [api])).scope).toBe('read');
  });

  it('of somebody else is confirmed by a person who reads what for and where, and nothing that nobody knows', async () => {
    const foreign = await addClient(portaria, 'foreign', {
      isFirstParty: false,
      isPublic: true,
      scope: 'openid tickets.read reports.read',
    });
    const scope = 'openid tickets.read tickets.write reports.read free_money';
    const { page, browser, verifier } = await authorize(foreign, scope, [TICKETS]);
    expect(page.text).toContain('Tickets');
    expect(page.text).toContain('tickets.read');
    for (const other of ['tickets.write', 'reports.read', 'free_money', 'Reports']) {
      expect(page.text).not.toContain(other);
    }
    const done = await browser.submit(page, { decision: 'allow' }, '/consent');
    const tokens = (await exchange(foreign, codeIn(done), verifier)).body;
    expect(tokens.scope).toBe('tickets.read');
    const query = at(TICKETS, '&client_id=foreign');
    expect(await verdict(tokens.access_token, query)).toBe('ok');
    // Both lines of the table: the client has to be welcome, and the token has to be for the service.
    expect(await verdict(tokens.access_token, at(TICKETS))).toBe('403 wrong_audience');
    expect(await verdict(tokens.access_token, '?client_id=foreign')).toBe('403 wrong_audience');
  });
});

describe('scopes of resources', () => {
  it('are for the clients that are registered for them', async () => {
    const plain = await addClient(portaria, 'plain', { scope: 'openid read', grantTypes: GRANTS });
    const answer = await machine(plain, { scope: 'tickets.write', resource: TICKETS });
    expect(answer.body.scope).toBeUndefined();
    expect(await verdict(answer.body.access_token, at(TICKETS, '&allow=client&scope=tickets.write'))).toBe(
      '403 insufficient_scope',
    );
  });

  it('can be all that a client has: then it has none of ours', async () => {
    for (const [id, scope] of [
      ['only-tickets', 'tickets.read'],
      ['nothing', ''],
    ] as const) {
      const client = await addClient(portaria, id, { scope, grantTypes: GRANTS });
      for (const wanted of ['admin', 'read', 'openid', 'users.read']) {
        const answer = await machine(client, { scope: wanted });
        expect([id, wanted, answer.status, answer.body.error]).toEqual([id, wanted, 400, 'invalid_scope']);
        const { page } = await authorize(client, wanted, []);
        expect(new URL(page.url).searchParams.get('error')).toBe('invalid_scope');
        const there = await machine(client, { scope: wanted, resource: api });
        expect(there.status).toBe(400);
      }
    }
    const answer = await machine(
      { id: 'only-tickets', secret: (await portaria.services.clients.get('only-tickets')).secret ?? '' },
      { scope: 'tickets.read', resource: TICKETS },
    );
    expect(answer.body.scope).toBe('tickets.read');
  });

  it.each<[string, ClientInput]>([
    ['that no resource has', { scope: 'read tickets.delete' }],
    ['that is a part of one', { scope: 'tickets' }],
  ])('cannot be registered %s', async (_what, input) => {
    await expect(addClient(portaria, 'too-much', input)).rejects.toMatchObject({ field: 'scope' });
  });
});

describe('tokens for a resource end at once', () => {
  const EPHEMERAL = 'https://ephemeral.example.com';
  let client: Client;

  beforeAll(async () => {
    await portaria.services.resources.create(EPHEMERAL, { scope: 'e.read e.write', clientId: 'tickets' });
    client = await addClient(portaria, 'ephemeral', { scope: 'e.read e.write', grantTypes: GRANTS });
  });

  async function isAlive(accessToken: string): Promise<boolean[]> {
    const posted = await postForm<{ active: boolean }>(
      `${portaria.url}/oauth/introspect`,
      { token: accessToken },
      client,
    );
    return [(await verdict(accessToken, at(EPHEMERAL, '&allow=client'))) === 'ok', posted.body.active];
  }

  it('when the resource loses a scope; later ones have what is left', async () => {
    const before = (await machine(client, { scope: 'e.read e.write', resource: EPHEMERAL })).body;
    expect(await isAlive(before.access_token)).toEqual([true, true]);
    await portaria.services.resources.update(EPHEMERAL, { scope: 'e.read' });
    expect(await isAlive(before.access_token)).toEqual([false, false]);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2_000);
    const after = (await machine(client, { scope: 'e.read e.write', resource: EPHEMERAL })).body;
    expect(after.scope).toBe('e.read');
    expect(await isAlive(after.access_token)).toEqual([true, true]);
  });

  it('when the resource is deleted, and do not come back with its name', async () => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 10_000);
    const { access_token: bound } = (await machine(client, { scope: 'e.read', resource: EPHEMERAL })).body;
    expect(await isAlive(bound)).toEqual([true, true]);
    await portaria.services.resources.delete(EPHEMERAL);
    expect(await isAlive(bound)).toEqual([false, false]);
    expect((await machine(client, { scope: 'e.read', resource: EPHEMERAL })).body.error).toBe(
      'invalid_target',
    );
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_000);
    await portaria.services.resources.create(EPHEMERAL, { scope: 'e.read' });
    expect(await isAlive(bound)).toEqual([false, false]);
  });
});

describe('what happens to a resource', () => {
  it('is true on every node at once, also where a token for it was good a moment ago', async () => {
    const second = await startAnotherNode(portaria);
    const there = { ...second, url: second.address };
    const resource = 'https://two-nodes.example.com';
    const { resources } = portaria.services;
    await resources.create(resource, { scope: 'n.read n.write' });
    const client = await addClient(portaria, 'two-nodes', { scope: 'n.read', grantTypes: GRANTS });
    const question = at(resource, '&allow=client');
    const fields = { scope: 'n.read', resource };
    const alive = async (accessToken: string) => (await verify(there, accessToken, question)).status === 200;
    try {
      const before = (await machine(client, fields)).body.access_token;
      expect([await alive(before), await alive(before)]).toEqual([true, true]);
      await resources.update(resource, { scope: 'n.read' });
      await expectSoon(async () => !(await alive(before)));

      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2_000);
      const after = (await machine(client, fields)).body.access_token;
      expect([await alive(after), await alive(after)]).toEqual([true, true]);
      await resources.delete(resource);
      await expectSoon(async () => !(await alive(after)));
    } finally {
      await second.stop();
    }
  });
});

/** Within the second in which everybody has to know. */
async function expectSoon(isSo: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await isSo())) expect(performance.now() - startedAt).toBeLessThan(1_000);
}

describe('a resource is refused that', () => {
  it.each([
    ['is no absolute URI', 'tickets', {}],
    ['has a fragment', 'https://a.example.com/#x', {}],
    ['has a space', 'https://a.example.com/a b', {}],
    ['is longer than a token should carry', `https://a.example.com/${'a'.repeat(250)}`, {}],
    ['has a scope that is no name', 'https://a.example.com', { scope: 'a "b"' }],
    [
      'has too many scopes',
      'https://a.example.com',
      { scope: Array.from({ length: 60 }, (_, n) => `a-scope-with-the-number-${n}`).join(' ') },
    ],
    ['belongs to nobody we know', 'https://a.example.com', { clientId: 'nobody' }],
    ['has no name', 'https://a.example.com', { name: ' ' }],
  ])('%s', async (_what, identifier, input) => {
    await expect(portaria.services.resources.create(identifier, input)).rejects.toMatchObject({
      status: 400,
    });
  });

  it('is ourselves, or is there already', async () => {
    for (const ours of [portaria.url, `${portaria.url}/`, api, `${api}/`, `${api}/user`]) {
      await expect(portaria.services.resources.create(ours, {})).rejects.toMatchObject({ status: 400 });
    }
    await expect(portaria.services.resources.create(TICKETS, {})).rejects.toMatchObject({ status: 409 });
  });
});
