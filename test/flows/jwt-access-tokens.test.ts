// Access tokens that are JWTs (RFC 9068), seen by a service that checks them by itself with a library of other people, and
// by everybody who asks us: the same token, and as dead as any other when it ends.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, postForm, refresh, tokensFor, verify } from '../support/people.ts';
import { dpopProof, makeKey } from '../support/proofs.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { approveDevice, poll, signOut, startDevice } from '../support/walks.ts';

type Client = { id: string; secret: string };

let portaria: Portaria;
let ana: string;
let shop: Client;
let keys: ReturnType<typeof createRemoteJWKSet>;

const MACHINE_AND_PERSON = ['authorization_code', 'refresh_token', 'client_credentials'];

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  shop = await addClient(portaria, 'shop', { tokenFormat: 'jwt', grantTypes: MACHINE_AND_PERSON });
  keys = createRemoteJWKSet(new URL(`${portaria.url}/.well-known/jwks.json`));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

/** As a service does that asks nobody (RFC 9068 §4). */
function check(token: string, audience = portaria.url) {
  return jwtVerify(token, keys, { issuer: portaria.url, audience, typ: 'at+jwt' });
}

async function machineToken(client: Client, scope = 'read'): Promise<string> {
  const fields = { grant_type: 'client_credentials', scope };
  return (await postForm(`${portaria.url}/oauth/token`, fields, client)).body.access_token;
}

async function introspect(token: string, by: Client = shop, hint?: string) {
  const fields = { token, ...(hint && { token_type_hint: hint }) };
  return postForm<Record<string, unknown>>(`${portaria.url}/oauth/introspect`, fields, by);
}

function userinfo(token: string): Promise<Response> {
  return fetch(`${portaria.url}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } });
}

function api(path: string, token: string): Promise<Response> {
  return fetch(portaria.url + path, { headers: { authorization: `Bearer ${token}` } });
}

/** What everybody says of it who can be asked. */
async function isAlive(token: string): Promise<boolean[]> {
  return [
    (await verify(portaria, token, '?allow=client')).status === 200,
    (await api('/api/user', token)).status === 200,
    (await userinfo(token)).status === 200,
    (await introspect(token)).body['active'] === true,
  ];
}
const ALIVE = [true, true, true, true];
const DEAD = [false, false, false, false];

describe('a JWT access token', () => {
  it('is checked by a service that knows our published keys alone, and says what RFC 9068 §2.2 demands', async () => {
    const before = Math.floor(Date.now() / 1000);
    const { access_token: token, expires_in: seconds } = await tokensFor(portaria, shop);
    const { payload, protectedHeader } = await check(token);
    expect(protectedHeader).toEqual({ typ: 'at+jwt', alg: 'ES256', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: portaria.url,
      sub: ana,
      aud: portaria.url,
      client_id: 'shop',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + seconds,
      jti: expect.any(String),
      scope: 'openid profile email',
      auth_time: expect.any(Number),
      amr: ['pwd'],
    });
    expect(payload.iat).toBeGreaterThanOrEqual(before);
    expect(token.length).toBeLessThan(1_000);
  });

  it.each(['ES256', 'EdDSA', 'RS256'] as const)('is signed with %s for whoever wants that', async (alg) => {
    const client = await addClient(portaria, `wants-${alg}`, {
      tokenFormat: 'jwt',
      signingAlgorithm: alg,
      grantTypes: MACHINE_AND_PERSON,
    });
    const tokens = await tokensFor(portaria, client);
    expect((await check(tokens.access_token)).protectedHeader.alg).toBe(alg);
    const idToken = await jwtVerify(tokens.id_token ?? '', keys, {
      issuer: portaria.url,
      audience: client.id,
    });
    expect(idToken.protectedHeader.alg).toBe(alg);
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
  });

  it("has the client for its subject when it is a machine's", async () => {
    const { payload } = await check(await machineToken(shop));
    expect(payload).toMatchObject({ sub: 'shop', client_id: 'shop', scope: 'read' });
    expect(payload).not.toHaveProperty('auth_time');
  });

  it('says how the person signed in after a refresh and on a device, too', async () => {
    const tokens = await tokensFor(portaria, shop);
    const renewed = (await refresh(portaria, shop, tokens.refresh_token ?? '')).body;
    const [first, second] = [decodeJwt(tokens.access_token), decodeJwt(renewed.access_token)];
    expect(second).toMatchObject({ sub: ana, auth_time: first['auth_time'], amr: ['pwd'] });
    expect(second.jti).not.toBe(first.jti);

    await addClient(portaria, 'tv', {
      tokenFormat: 'jwt',
      isNative: true,
      isPublic: true,
      grantTypes: ['device_code', 'refresh_token'],
    });
    const device = await startDevice(portaria, 'tv', 'openid');
    await approveDevice(new Browser(portaria.url), device);
    const { payload } = await check((await poll(portaria, 'tv', device)).body.access_token);
    expect(payload).toMatchObject({ sub: ana, client_id: 'tv', amr: ['pwd'] });
  });

  it('names the key that it is bound to (RFC 9449 §6.1), and is nothing without it', async () => {
    const key = makeKey();
    const fields = { grant_type: 'client_credentials', scope: 'read' };
    const url = `${portaria.url}/oauth/token`;
    const answer = await postForm(url, fields, shop, { dpop: dpopProof(key, { url }) });
    expect(answer.body.token_type).toBe('DPoP');
    const { payload } = await check(answer.body.access_token);
    expect(payload['cnf']).toEqual({ jkt: key.thumbprint });
    expect((await verify(portaria, answer.body.access_token, '?allow=client')).status).toBe(401);
    expect((await introspect(answer.body.access_token)).body).toMatchObject({
      active: true,
      cnf: { jkt: key.thumbprint },
      jti: payload.jti,
    });
  });

  it('works wherever an opaque one does', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    const claims = decodeJwt(token);
    expect((await verify(portaria, token)).body).toMatchObject({
      active: true,
      sub: ana,
      client_id: 'shop',
      scope: 'openid profile email',
      exp: claims.exp,
    });
    expect(await (await api('/api/user', token)).json()).toMatchObject({ id: ana, email: 'ana@example.com' });
    expect(await (await userinfo(token)).json()).toMatchObject({ sub: ana, email: 'ana@example.com' });
    const posted = await postForm<Record<string, unknown>>(`${portaria.url}/api/verify`, { token }, shop);
    expect(posted.body).toMatchObject({ active: true, sub: ana, exp: claims.exp, iat: claims.iat });
  });

  it('is introspected under its own name, never under the token itself (RFC 7662 §2.2)', async () => {
    const { access_token: person } = await tokensFor(portaria, shop);
    // An encoded pair of credentials takes the long way, past the short one.
    const encoded = { id: '%73hop', secret: shop.secret };
    for (const token of [person, await machineToken(shop)]) {
      for (const hint of [undefined, 'access_token', 'refresh_token']) {
        const { status, body } = await introspect(token, shop, hint);
        expect([status, body['active']]).toEqual([200, true]);
        expect(body['jti']).toBe(decodeJwt(token).jti);
        expect(JSON.stringify(body)).not.toContain(token.slice(-40));
        expect((await introspect(token, encoded, hint)).body).toEqual(body);
      }
    }
  });

  it('is introspected under every spelling of the address that leads there', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    for (const path of [
      '/api/verify',
      '/api/verify/',
      '/API/Verify',
      '/oauth/introspect/',
      '/OAuth/Introspect',
    ]) {
      const { body } = await postForm<Record<string, unknown>>(portaria.url + path, { token }, shop);
      expect([path, body['active']]).toEqual([path, true]);
    }
  });

  it('is nowhere in the database: neither whole, nor its signature', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    const tables = ['tokens', 'grants', 'sessions', 'transients', 'audit_events'];
    for (const table of tables) {
      const [row] = await portaria.database.database.query<{ n: number }>(
        `select count(*)::int as n from ${table} t where t::text like $1`,
        [`%${token.split('.')[2]}%`],
      );
      expect([table, row?.n]).toEqual([table, 0]);
    }
  });

  it('has no names or e-mail addresses in it that a log of a service could keep', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    const text = JSON.stringify(decodeJwt(token));
    expect(text).not.toContain('ana@example.com');
    expect(text).not.toContain('Ana');
  });
});

describe('a JWT is worth nothing, and costs nothing, that', () => {
  async function expectUnknown(token: string): Promise<void> {
    expect(await isAlive(token)).toEqual(DEAD);
    const answer = await introspect(token);
    expect([answer.status, answer.body]).toEqual([200, { active: false }]);
    expect((await postForm(`${portaria.url}/oauth/revoke`, { token }, shop)).status).toBe(200);
  }

  it('was changed in any of its parts', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flip = (text: string, at: number) =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const richer = Buffer.from(
      JSON.stringify({ ...decodeJwt(token), scope: 'openid profile email admin' }),
    ).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const changed of [
      `${header}.${payload}.${flip(signature, 10)}`,
      // The last letter carries spare bits: most libraries take either spelling for the same signature.
      `${header}.${payload}.${flip(signature, signature.length - 1)}`,
      `${header}.${richer}.${signature}`,
      `${unsigned}.${payload}.`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${token}=`,
      `${token}.${token}`,
      `jwt:${token}`,
      `jwt:${token.replaceAll('.', ':')}x`,
    ]) {
      await expectUnknown(changed);
    }
    expect(await isAlive(token)).toEqual(ALIVE);
  });

  it('is spelled in the way that is only between us and the engine', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    expect((await userinfo(token)).status).toBe(200);
    const disguised = `jwt:${token.replaceAll('.', ':')}`;
    expect((await userinfo(disguised)).status).toBe(401);
    expect((await api('/api/user', disguised)).status).toBe(401);
    expect((await verify(portaria, disguised)).status).toBe(401);
  });

  it('another server signed, or nobody', async () => {
    const { access_token: opaque } = await tokensFor(portaria, await addClient(portaria, 'opaque'));
    const stranger = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.${'A'.repeat(86)}`;
    for (const token of [
      stranger,
      'a.b.c',
      'a.b.c.d.e',
      '...',
      `jwt:${opaque}`,
      'jwt:a:b:c',
      'x'.repeat(5_000),
    ]) {
      await expectUnknown(token);
    }
  });

  it('has expired, with us at the same second as with everybody else', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    const { exp = 0 } = decodeJwt(token);
    jest.spyOn(Date, 'now').mockReturnValue(exp * 1000 + 1_000);
    await expectUnknown(token);
    const then = new Date(Date.now());
    await expect(jwtVerify(token, keys, { currentDate: then })).rejects.toThrow(/exp/);
  });

  it('is sent twice in one form (RFC 6749 §3.2)', async () => {
    const { access_token: token } = await tokensFor(portaria, shop);
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      const response = await fetch(portaria.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `token=${token}&token=${token}&client_id=${shop.id}&client_secret=${shop.secret}`,
      });
      expect([path, response.status]).toEqual([path, 400]);
    }
    expect(await isAlive(token)).toEqual(ALIVE);
  });
});

describe('a JWT dies at once, everywhere that we are asked, when', () => {
  let tokens: { access_token: string; refresh_token?: string };
  let browser: Browser;

  async function start(client = shop, login = 'ana'): Promise<string> {
    browser = new Browser(portaria.url);
    tokens = await tokensFor(portaria, client, { browser, login });
    expect((await isAlive(tokens.access_token)).slice(0, 3)).toEqual(ALIVE.slice(0, 3));
    return tokens.access_token;
  }

  it('its client revokes it: it alone, and not the sign-in that it came from (RFC 7009 §2.1)', async () => {
    const token = await start();
    await postForm(`${portaria.url}/oauth/revoke`, { token }, shop);
    expect(await isAlive(token)).toEqual(DEAD);
    expect((await refresh(portaria, shop, tokens.refresh_token ?? '')).status).toBe(200);
  });

  it('its refresh token is revoked', async () => {
    const token = await start();
    await postForm(`${portaria.url}/oauth/revoke`, { token: tokens.refresh_token ?? '' }, shop);
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it("a machine's is revoked", async () => {
    const token = await machineToken(shop);
    expect((await verify(portaria, token, '?allow=client')).status).toBe(200);
    await postForm(`${portaria.url}/oauth/revoke`, { token }, shop);
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('its person signs out in the browser that it came from', async () => {
    const token = await start();
    await signOut(browser);
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('its person is signed out everywhere', async () => {
    const token = await start();
    await portaria.services.administration.signOut(ana);
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('its person gets a new password', async () => {
    const id = await addPerson(portaria, 'forgetful');
    const token = await start(shop, 'forgetful');
    await portaria.services.administration.update(id, { password: 'another password, long enough' });
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it.each(['block', 'delete'] as const)('its person is the object of "%s"', async (verb) => {
    const id = await addPerson(portaria, `somebody-to-${verb}`);
    const token = await start(shop, `somebody-to-${verb}`);
    await portaria.services.administration[verb](id);
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('its client loses a scope', async () => {
    const loser = await addClient(portaria, 'loser', { tokenFormat: 'jwt' });
    const token = await start(loser);
    await portaria.services.clients.update('loser', { scope: 'openid' });
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('its client is deleted', async () => {
    const doomed = await addClient(portaria, 'doomed', { tokenFormat: 'jwt' });
    const token = await start(doomed);
    await portaria.services.clients.delete('doomed');
    expect(await isAlive(token)).toEqual(DEAD);
  });

  it('nobody else can end it: a stranger who revokes it hears 200 and nothing happens', async () => {
    const token = await start();
    const stranger = await addClient(portaria, 'stranger', { grantTypes: ['client_credentials'] });
    expect((await postForm(`${portaria.url}/oauth/revoke`, { token }, stranger)).status).toBe(200);
    expect(await isAlive(token)).toEqual(ALIVE);
    expect((await introspect(token, stranger)).body).toEqual({ active: false });
  });
});

describe('the form of the tokens of a client', () => {
  it('is opaque unless it was registered for JWTs, and changes for the next token', async () => {
    const changing = await addClient(portaria, 'changing', { grantTypes: ['client_credentials'] });
    const before = await machineToken(changing);
    expect(before).not.toContain('.');
    await portaria.services.clients.update('changing', { tokenFormat: 'jwt' });
    const after = await machineToken(changing);
    expect(decodeProtectedHeader(after).typ).toBe('at+jwt');
    await portaria.services.clients.update('changing', { tokenFormat: 'opaque' });
    expect(await machineToken(changing)).not.toContain('.');
    for (const token of [before, after]) {
      expect((await verify(portaria, token, '?allow=client')).status).toBe(200);
    }
  });
});
