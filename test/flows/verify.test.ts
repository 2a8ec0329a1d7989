// GET /api/verify, POST /api/verify and GET /api/user: each line of their tables.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { addClient, addPerson, postForm, refresh, tokensFor, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
const clients: Record<string, { id: string; secret: string }> = {};

beforeAll(async () => {
  portaria = await startPortaria({ CORS_ORIGINS: 'https://desk.example.com' });
  ana = await addPerson(portaria);
  clients['own'] = await addClient(portaria, 'own', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  clients['watcher'] = await addClient(portaria, 'watcher', {
    introspect: true,
    grantTypes: ['client_credentials'],
  });
  clients['stranger'] = await addClient(portaria, 'stranger', { grantTypes: ['client_credentials'] });
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

function client(name: string): { id: string; secret: string } {
  return clients[name] ?? { id: name, secret: '' };
}

async function machineToken(): Promise<string> {
  const answer = await postForm(
    `${portaria.url}/oauth/token`,
    { grant_type: 'client_credentials', scope: 'read' },
    client('own'),
  );
  return answer.body.access_token;
}

async function user(token: string): Promise<Response> {
  return fetch(`${portaria.url}/api/user`, { headers: { authorization: `Bearer ${token}` } });
}

function introspect(token: string, by: string, path = '/oauth/introspect') {
  return postForm<Record<string, unknown>>(`${portaria.url}${path}`, { token }, client(by));
}

describe('GET /api/verify', () => {
  it.each(['', 'nonsense', 'a'.repeat(5000), 'header.payload.signature'])(
    'knows no token "%.20s"',
    async (token) => {
      const answer = await verify(portaria, token);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer error="invalid_token"');
      expect(answer.body).toMatchObject({ active: false, error: 'invalid_token' });
    },
  );

  it('takes a token from the header alone (RFC 6750 §5.3)', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'));
    const response = await fetch(`${portaria.url}/api/verify?access_token=${token}`);
    expect(response.status).toBe(401);
  });

  it.each(['/api/verify', '/api/user'])(
    'refuses two credentials in one request (RFC 6750 §2): %s',
    async (path) => {
      const { access_token: token } = await tokensFor(portaria, client('own'));
      const twice = `${path}?access_token=${token}`;
      const bearer = { authorization: `Bearer ${token}` };
      const inBoth = await fetch(portaria.url + twice, { headers: bearer });
      expect([inBoth.status, await inBoth.json()]).toMatchObject([400, { error: 'invalid_request' }]);
      const { request } = await import('node:http');
      const status = await new Promise((resolve) => {
        const headers = ['Authorization', `Bearer ${token}`, 'authorization', 'Bearer another'];
        request(portaria.url + path, { headers }, (answer) => resolve(answer.resume().statusCode)).end();
      });
      expect(status).toBe(400);
    },
  );

  it('says 403 insufficient_scope when a scope is asked for that the token lacks', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'), { scope: 'read' });
    const answer = await verify(portaria, token, '?scope=read%20write');
    expect([answer.status, answer.body.error]).toEqual([403, 'insufficient_scope']);
    expect((await verify(portaria, token, '?scope=read')).status).toBe(200);
  });

  it('asks for every scope that is named, also when each is named for itself', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'), { scope: 'openid read' });
    expect((await verify(portaria, token, '?scope=openid&scope=read')).status).toBe(200);
    for (const query of ['?scope=read&scope=write', '?scope=write&scope=read', '?scope=&scope=write'])
      expect((await verify(portaria, token, query)).body).toMatchObject({ error: 'insufficient_scope' });
  });

  it.each(['%0a', 'a%0d%0aX-Evil:%201', '%22,%20error=%22none', '%e2%82%ac', 'a'.repeat(9_000)])(
    'says so whatever was asked for, in a header that is one: ?scope=%.30s',
    async (scope) => {
      const { access_token: token } = await tokensFor(portaria, client('own'));
      // Asked of the database, then of memory.
      for (let time = 0; time < 2; time += 1) {
        const answer = await verify(portaria, token, `?scope=${scope}x`);
        expect([answer.status, answer.body.error]).toEqual([403, 'insufficient_scope']);
        expect(answer.headers.get('x-evil')).toBeNull();
        // RFC 6750 §3: no quote and no backslash inside.
        expect(answer.headers.get('www-authenticate')).toMatch(
          /^Bearer error="insufficient_scope", error_description="[ !#-[\]-~]{1,300}"$/,
        );
      }
    },
  );

  it("says 403 user_required for a machine's token, unless machines are welcome", async () => {
    const token = await machineToken();
    const refused = await verify(portaria, token);
    expect([refused.status, refused.body.error]).toEqual([403, 'user_required']);
    const allowed = await verify(portaria, token, '?allow=client');
    expect(allowed.status).toBe(200);
    expect(allowed.body).toMatchObject({ active: true, client_id: 'own', scope: 'read' });
    expect(allowed.body).not.toHaveProperty('sub');
  });

  it("says 403 wrong_audience for a third party's token, unless that client is named", async () => {
    const other = await addClient(portaria, 'third-party', { isFirstParty: false });
    const { Browser } = await import('../support/browser.ts');
    const { authorizationRequest, codeIn, exchange, signIn } = await import('../support/people.ts');
    const browser = new Browser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: other.id, scope: 'read' });
    const consent = await signIn(browser, request.url);
    const code = codeIn(await browser.submit(consent, { decision: 'allow' }, '/consent'));
    const { access_token: token } = (await exchange(portaria, other, code, request.verifier)).body;
    const refused = await verify(portaria, token);
    expect([refused.status, refused.body.error]).toEqual([403, 'wrong_audience']);
    expect((await verify(portaria, token, '?client_id=own')).status).toBe(403);
    expect((await verify(portaria, token, '?client_id=third-party')).status).toBe(200);
  });

  it('gives the identifiers alone without a profile scope', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'), { scope: 'write' });
    const { body } = await verify(portaria, token);
    expect(body).toMatchObject({ active: true, sub: ana, oauth_id: ana });
    expect(body).not.toHaveProperty('name');
    expect(body).not.toHaveProperty('email');
  });

  it('forgets a token at its expiry', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'));
    expect((await verify(portaria, token)).status).toBe(200);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 3_601_000);
    expect((await verify(portaria, token)).status).toBe(401);
  });

  it('lets the named origins read the answer, and no others', async () => {
    const ask = async (origin: string) =>
      (await fetch(`${portaria.url}/api/verify`, { headers: { origin } })).headers.get(
        'access-control-allow-origin',
      );
    expect(await ask('https://desk.example.com')).toBe('https://desk.example.com');
    expect(await ask('https://evil.example.com')).toBeNull();
    const preflight = await fetch(`${portaria.url}/api/user`, {
      method: 'OPTIONS',
      headers: { origin: 'https://desk.example.com', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
  });
});

describe('a token is dead at once, after it was alive a moment ago, when', () => {
  it('the client revokes it: it alone, and not the sign-in that it came from (RFC 7009 §2.1)', async () => {
    const tokens = await tokensFor(portaria, client('own'));
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    await postForm(`${portaria.url}/oauth/revoke`, { token: tokens.access_token }, client('own'));
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
    expect((await refresh(portaria, client('own'), tokens.refresh_token ?? '')).status).toBe(200);
  });

  it('its refresh token is revoked', async () => {
    const tokens = await tokensFor(portaria, client('own'));
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    await postForm(`${portaria.url}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, client('own'));
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
  });

  it.each(['block', 'delete'] as const)('its person is the object of "%s"', async (verb) => {
    const id = await addPerson(portaria, `someone-to-${verb}`);
    const tokens = await tokensFor(portaria, client('own'), { login: `someone-to-${verb}` });
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    await portaria.services.administration[verb](id);
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
    expect((await refresh(portaria, client('own'), tokens.refresh_token ?? '')).status).toBe(400);
  });

  it('its client is deleted', async () => {
    const doomed = await addClient(portaria, 'doomed');
    const tokens = await tokensFor(portaria, doomed);
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
    await portaria.services.clients.delete('doomed');
    expect((await verify(portaria, tokens.access_token)).status).toBe(401);
  });

  it('somebody else revokes it: nothing happens', async () => {
    const tokens = await tokensFor(portaria, client('own'));
    await postForm(`${portaria.url}/oauth/revoke`, { token: tokens.access_token }, client('stranger'));
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
  });
});

describe('introspection (RFC 7662), under both of its names', () => {
  it.each(['/oauth/introspect', '/api/verify'])(
    'POST %s tells a client about its own tokens',
    async (path) => {
      const tokens = await tokensFor(portaria, client('own'));
      const { body } = await introspect(tokens.access_token, 'own', path);
      expect(body).toMatchObject({ active: true, sub: ana, client_id: 'own', token_type: 'Bearer' });
      expect((await introspect(tokens.refresh_token ?? '', 'own', path)).body).toMatchObject({
        active: true,
      });
    },
  );

  it('tells a client with introspect about all access tokens, and about no refresh token of others', async () => {
    const tokens = await tokensFor(portaria, client('own'));
    expect((await introspect(tokens.access_token, 'watcher')).body).toMatchObject({ active: true, sub: ana });
    expect((await introspect(tokens.refresh_token ?? '', 'watcher')).body).toEqual({ active: false });
  });

  it('says the same about a living token by its short way as the engine by its long one', async () => {
    const machine = await machineToken();
    const { access_token: person } = await tokensFor(portaria, client('own'), { scope: 'openid read' });
    for (const token of [machine, person]) {
      const short = await introspect(token, 'own');
      // An encoded pair of credentials is for the engine.
      const encoded = { id: '%6fwn', secret: client('own').secret };
      const long = await postForm<Record<string, unknown>>(
        `${portaria.url}/oauth/introspect`,
        { token },
        encoded,
      );
      expect(short.body).toMatchObject({ active: true, iat: expect.any(Number) });
      expect(short.body).toEqual(long.body);
    }
  });

  it.each(['/oauth/introspect', '/api/verify'])(
    'POST %s refuses a wrong secret for a living token',
    async (path) => {
      const { access_token: token } = await tokensFor(portaria, client('own'));
      for (const secret of ['wrong', `${client('own').secret}x`, client('watcher').secret]) {
        expect((await postForm(portaria.url + path, { token }, { id: 'own', secret })).status).toBe(401);
        expect(
          (await postForm(portaria.url + path, { token, client_id: 'own', client_secret: secret })).status,
        ).toBe(401);
      }
      const own = client('own');
      const inForm = { token, client_id: own.id, client_secret: own.secret };
      expect((await postForm<Record<string, unknown>>(portaria.url + path, inForm)).body).toMatchObject({
        active: true,
      });
      const twice = await fetch(portaria.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `token=${token}&token=x&client_id=own&client_secret=${own.secret}`,
      });
      expect(twice.status).toBe(400);
    },
  );

  it("tells nobody else about another's tokens", async () => {
    const tokens = await tokensFor(portaria, client('own'));
    expect((await introspect(tokens.access_token, 'stranger')).body).toEqual({ active: false });
  });

  it('says inactive, not 400, about something that looks like a JWT and is none of ours', async () => {
    const token = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
    const answer = await introspect(token, 'own');
    expect([answer.status, answer.body]).toEqual([200, { active: false }]);
  });

  it('wants a client that proves itself', async () => {
    const answer = await postForm(`${portaria.url}/api/verify`, { token: 'x' });
    expect(answer.status).toBe(400);
    const wrong = await postForm(
      `${portaria.url}/api/verify`,
      { token: 'x' },
      { id: 'own', secret: 'wrong' },
    );
    expect(wrong.status).toBe(401);
  });
});

describe('GET /api/user', () => {
  it('shows as much as the scopes reach', async () => {
    const { access_token: all } = await tokensFor(portaria, client('own'), { scope: 'read' });
    expect(await (await user(all)).json()).toEqual({
      id: ana,
      sub: ana,
      oauth_id: ana,
      uid: ana,
      name: 'Ana',
      email: 'ana@example.com',
      email_verified: true,
      username: 'ana',
      picture: null,
      locale: null,
      roles: [],
      permissions: [],
      tier: 'free',
      updated_at: expect.any(Number),
    });
    const { access_token: profile } = await tokensFor(portaria, client('own'), { scope: 'profile' });
    expect(await (await user(profile)).json()).not.toHaveProperty('email');
  });

  it('refuses a token with none of the scopes, and a machine', async () => {
    const { access_token: token } = await tokensFor(portaria, client('own'), { scope: 'write' });
    const refused = await user(token);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: 'insufficient_scope',
      request_id: expect.any(String),
    });
    expect((await user(await machineToken())).status).toBe(403);
    expect((await user('nobody')).status).toBe(401);
  });
});

describe('refresh tokens', () => {
  it('live their thirty days from each use, and no chain longer than its maximum age', async () => {
    const day = 86_400_000;
    const { refresh_token: first = '' } = await tokensFor(portaria, client('own'), {
      scope: 'read offline_access',
    });
    const start = Date.now();
    const clock = jest.spyOn(Date, 'now');
    let token = first;
    for (const days of [29, 58, 87, 116, 145, 174]) {
      clock.mockReturnValue(start + days * day);
      const answer = await refresh(portaria, client('own'), token);
      expect([days, answer.status]).toEqual([days, 200]);
      token = answer.body.refresh_token ?? '';
    }
    clock.mockReturnValue(start + 181 * day);
    expect((await refresh(portaria, client('own'), token)).status).toBe(400);
  });
});
