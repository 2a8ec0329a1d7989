// JSON login over HTTP: five actions, at one address with messages, or plain at addresses of their own. What it gives are tokens like
// all others; what is refused has the status and the sentence that a program can do something with.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { addApp, APP, ask, login, say, sayRaw, tokensOf } from '../support/json-login.ts';
import { linkTo, mailsTo } from '../support/mailbox.ts';
import { addClient, addPerson, PASSWORD, postForm, refresh, tokensFor, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const DAY_MS = 86_400_000;
const NEW_PASSWORD = 'another one that is long enough';

let portaria: Portaria;
let ana: string;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  await addApp(portaria);
  await addClient(portaria, 'tickets');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

const isAlive = async (token: string) => (await verify(portaria, token)).status === 200;
const later = (ms: number) => {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
};

describe('login', () => {
  it('by name or by address gives a JWT and a refresh token, and echoes the id', async () => {
    const message = {
      type: 'auth',
      id: 'seven',
      payload: { action: 'login', ...APP, username: 'ana', password: PASSWORD },
    };
    const { status, body } = await sayRaw(portaria, message);
    expect(status).toBe(200);
    expect(body).toEqual({
      type: 'auth',
      id: 'seven',
      payload: {
        action: 'login',
        ok: true,
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'read',
      },
    });
    const { payload } = await ask(portaria, 'login', {
      username: 'ANA@example.com',
      password: PASSWORD,
      scope: 'openid read',
    });
    expect(payload).toMatchObject({ action: 'login', ok: true, scope: 'openid read' });
    const token = payload.access_token ?? '';
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(decodeJwt(token)).toMatchObject({ iss: portaria.url, sub: ana, client_id: 'app', amr: ['pwd'] });
    expect((await verify(portaria, token)).body).toMatchObject({ active: true, sub: ana, client_id: 'app' });
  });

  it('is one answer for a wrong password, a person that is not there, and an address that nobody proved', async () => {
    await portaria.services.administration.create({
      email: 'nobody-proved@example.com',
      name: 'Unproved',
      password: PASSWORD,
      emailVerified: false,
    });
    const answers = await Promise.all([
      login(portaria, { password: 'a wrong one' }),
      login(portaria, { username: 'nobody' }),
      login(portaria, { username: 'nobody@example.com' }),
      login(portaria, { username: 'nobody-proved@example.com' }),
    ]);
    const told = answers.map(({ status, payload }) => ({
      status,
      payload: { ...payload, request_id: undefined },
    }));
    expect(told[0]).toEqual({
      status: 401,
      payload: {
        action: 'login',
        ok: false,
        error: 'invalid_grant',
        error_description: 'Name and password do not belong together. Check both and try again.',
      },
    });
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('tells a person who is blocked, once the password is right', async () => {
    const id = await addPerson(portaria, 'bea');
    await portaria.services.administration.block(id);
    const refused = await login(portaria, { username: 'bea' });
    expect(refused).toMatchObject({ status: 403, payload: { error: 'account_blocked' } });
    expect((await login(portaria, { username: 'bea', password: 'wrong' })).status).toBe(401);
  });

  it('never gives the scope admin, nor one that the client does not have', async () => {
    await addApp(portaria, 'mighty', { scope: 'openid read admin users.read' });
    const asked = { client_id: 'mighty', scope: 'admin write openid' };
    expect((await login(portaria, asked)).payload).toMatchObject({ ok: true, scope: 'openid' });
    const refused = await login(portaria, { client_id: 'mighty', scope: 'admin' });
    expect(refused).toMatchObject({ status: 400, payload: { error: 'invalid_scope' } });
    const [token] = [(await tokensOf(portaria, asked)).refresh];
    const wider = await postForm(`${portaria.url}/oauth/token`, {
      client_id: 'mighty',
      grant_type: 'refresh_token',
      refresh_token: token,
      scope: 'openid admin',
    });
    expect(wider.body.error).toBe('invalid_scope');
  });

  it('is for clients that were allowed it, and for those that prove who they are', async () => {
    const secret = await addApp(portaria, 'server-app', { isPublic: false });
    const forbidden = await login(portaria, { client_id: 'cli' });
    expect(forbidden).toMatchObject({ status: 403, payload: { ok: false, error: 'unauthorized_client' } });
    // What is built in cannot be changed; all others can.
    expect(forbidden.payload.error_description).toMatch(
      /It is built in: .*clients create .*--password-login/,
    );
    await addApp(portaria, 'not-allowed', {
      passwordLogin: false,
      grantTypes: ['client_credentials'],
      isPublic: false,
    });
    const notAllowed = await login(portaria, { client_id: 'not-allowed' });
    expect(notAllowed.payload.error_description).toContain('clients update not-allowed --password-login');
    const self = { client_id: 'server-app' };
    const unproved = (await login(portaria, self)).payload;
    expect(unproved).toMatchObject({ ok: false, error: 'invalid_client' });
    expect(unproved.error_description).toContain('Look at client_id and client_secret.');
    const wrong = await login(portaria, { ...self, client_secret: 'a wrong secret' });
    expect(wrong).toMatchObject({ status: 401, payload: { action: 'login', error: 'invalid_client' } });
    expect(wrong.payload.request_id).toBe(wrong.headers.get('x-request-id'));
    expect((await login(portaria, { ...self, client_secret: secret })).status).toBe(200);
    const basic = `Basic ${Buffer.from(`server-app:${secret}`).toString('base64')}`;
    expect((await login(portaria, self, { authorization: basic })).status).toBe(200);
    expect((await login(portaria, { client_id: 'stranger' })).status).toBe(401);
    const nameless = await sayRaw(portaria, { type: 'auth', payload: { action: 'login' } });
    expect(nameless).toMatchObject({ status: 400, body: { payload: { error: 'invalid_request' } } });
  });

  it('is not a grant that anybody could name at the token endpoint, nor one that is announced', async () => {
    const answer = await postForm(`${portaria.url}/oauth/token`, {
      client_id: 'app',
      grant_type: 'urn:portaria:own-door',
      username: 'ana',
      password: PASSWORD,
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    const metadata = await (await fetch(`${portaria.url}/.well-known/openid-configuration`)).json();
    expect(JSON.stringify(metadata)).not.toContain('own-door');
  });

  it('stands in the history of the person, under the name of the program', async () => {
    const before = await portaria.services.auditStore.list({ accountId: ana, limit: 1 });
    await tokensOf(portaria);
    const rows = await portaria.services.auditStore.list({ accountId: ana, limit: 10 });
    const fresh = rows.filter(({ id }) => Number(id) > Number(before[0]?.id));
    expect(fresh.map(({ event, clientId, address }) => `${event} ${clientId} ${address}`).toSorted()).toEqual(
      ['sign_in.succeeded app 127.0.0.1', 'token.issued app 127.0.0.1'],
    );
    const [program] = await portaria.services.presence.listPrograms(ana);
    expect(program?.clientId).toBe('app');
  });
});

describe('refresh', () => {
  it('gives the next tokens, a JWT again, and the same ones to whoever asks again at once', async () => {
    const { refresh: first } = await tokensOf(portaria, { scope: 'openid read' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        n % 2 === 0
          ? say(portaria, { action: 'refresh', refresh_token: first })
          : ask(portaria, 'refresh', { refresh_token: first }),
      ),
    );
    const successors = new Set(answers.map(({ payload }) => payload.refresh_token));
    expect(answers.every(({ status, payload }) => status === 200 && payload.ok)).toBe(true);
    expect(successors.size).toBe(1);
    const { payload } = answers[0] ?? {};
    expect(Object.keys(payload ?? {}).toSorted()).toEqual(
      ['access_token', 'action', 'expires_in', 'ok', 'refresh_token', 'scope', 'token_type'].toSorted(),
    );
    expect(decodeJwt(payload?.access_token ?? '')).toMatchObject({ sub: ana, amr: ['pwd'] });
    expect(await isAlive(payload?.access_token ?? '')).toBe(true);
    const elsewhere = await refresh(portaria, { id: 'app', secret: '' }, payload?.refresh_token ?? '');
    expect(elsewhere.status).toBe(200);
  });

  it('refuses what has expired, what is unknown, what is another client’s, and what is missing', async () => {
    const { refresh: token } = await tokensOf(portaria);
    await addApp(portaria, 'other-app');
    const others = await say(portaria, { client_id: 'other-app', action: 'refresh', refresh_token: token });
    expect(others).toMatchObject({
      status: 400,
      payload: { action: 'refresh', ok: false, error: 'invalid_grant' },
    });
    const unknown = await say(portaria, { action: 'refresh', refresh_token: 'unknown' });
    expect(unknown).toMatchObject({ status: 400, payload: { error: 'invalid_grant' } });
    expect(unknown.payload.error_description).toContain('Sign in again.');
    expect((await say(portaria, { action: 'refresh' })).payload.error).toBe('invalid_request');
    later(31 * DAY_MS);
    expect((await say(portaria, { action: 'refresh', refresh_token: token })).payload.error).toBe(
      'invalid_grant',
    );
  });
});

describe('logout', () => {
  it('ends both tokens at once, whichever of them is shown', async () => {
    for (const which of ['access', 'refresh'] as const) {
      const tokens = await tokensOf(portaria);
      const shown = { [`${which}_token`]: tokens[which] };
      expect(await say(portaria, { action: 'logout', ...shown })).toMatchObject({
        status: 200,
        payload: { action: 'logout', ok: true },
      });
      expect(await isAlive(tokens.access)).toBe(false);
      const answer = await say(portaria, { action: 'refresh', refresh_token: tokens.refresh });
      expect(answer.status).toBe(400);
    }
  });

  it('ends two sign-ins when it is shown a token of each, and says so of what has ended long ago', async () => {
    const [one, two] = [await tokensOf(portaria), await tokensOf(portaria)];
    const both = { refresh_token: one.refresh, access_token: two.access };
    expect((await ask(portaria, 'logout', both)).payload).toEqual({ action: 'logout', ok: true });
    expect([await isAlive(one.access), await isAlive(two.access)]).toEqual([false, false]);
    expect((await ask(portaria, 'logout', both)).payload.ok).toBe(true);
    expect((await ask(portaria, 'logout', {})).status).toBe(400);
  });

  it('ends nothing of another client', async () => {
    const { access } = await tokensOf(portaria);
    const browsers = await tokensFor(portaria, { id: 'tickets', secret: '' }).catch(() => undefined);
    expect(browsers).toBeUndefined();
    await addApp(portaria, 'thief');
    expect((await ask(portaria, 'logout', { client_id: 'thief', access_token: access })).payload.ok).toBe(
      true,
    );
    expect(await isAlive(access)).toBe(true);
  });
});

describe('a forgotten password', () => {
  it('is replaced by a token that comes by mail, or, on one’s own machine, with the answer', async () => {
    await addPerson(portaria, 'cora');
    const old = await tokensOf(portaria, { username: 'cora' });
    const asked = await say(portaria, { action: 'request_password_reset', email: 'cora@example.com' });
    expect(asked).toMatchObject({ status: 200, payload: { action: 'request_password_reset', ok: true } });
    const { token = '' } = asked.payload;
    expect(new URL(await linkTo(portaria, 'cora@example.com')).searchParams.get('token')).toBe(token);
    const weak = await say(portaria, { action: 'reset_password', token, new_password: 'short' });
    expect(weak).toMatchObject({ status: 400, payload: { error: 'invalid_request' } });
    expect(weak.payload.error_description).toMatch(/12 characters/);
    const reset = { action: 'reset_password', token, new_password: NEW_PASSWORD };
    expect((await say(portaria, reset)).payload).toEqual({ action: 'reset_password', ok: true });
    expect(await isAlive(old.access)).toBe(false);
    expect((await login(portaria, { username: 'cora' })).status).toBe(401);
    await tokensOf(portaria, { username: 'cora', password: NEW_PASSWORD });
    const again = await say(portaria, reset);
    expect(again).toMatchObject({ status: 400, payload: { ok: false, error: 'invalid_grant' } });
    expect(again.payload.error_description).toContain('Ask for a new one');
  });

  it('has one answer for every address that is not told, and for every one of nobody', async () => {
    await addPerson(portaria, 'dora');
    const forwarded = { 'x-forwarded-for': '127.0.0.1' };
    const known = await ask(portaria, 'request-password-reset', { email: 'dora@example.com' }, forwarded);
    const unknown = await ask(portaria, 'request-password-reset', { email: 'nobody@example.com' }, forwarded);
    expect(known.payload).toEqual(unknown.payload);
    expect(known.payload).toEqual({ action: 'request_password_reset', ok: true });
    expect(await mailsTo(portaria, 'dora@example.com')).toHaveLength(1);
    const none = await ask(portaria, 'request-password-reset', { email: 'nobody@example.com' });
    expect(none.payload).toEqual(known.payload);
    expect((await ask(portaria, 'request-password-reset', { email: 'no address' })).status).toBe(400);
  });

  it('is told to nobody who could have another do the asking, and never for an administrator', async () => {
    const email = 'edda@example.com';
    await portaria.services.administration.create({
      email,
      name: 'Edda',
      password: PASSWORD,
      emailVerified: true,
      roles: ['admin'],
    });
    const request = (headers = {}, address = email) =>
      ask(portaria, 'request-password-reset', { email: address }, headers);
    expect((await request()).payload).toEqual({ action: 'request_password_reset', ok: true });
    expect(await mailsTo(portaria, email)).toHaveLength(1);
    const headers = ['forwarded', 'via', 'x-forwarded-host', 'x-real-ip', 'origin'];
    for (const [n, name] of headers.entries()) {
      await addPerson(portaria, `fred${n}`);
      const value = name === 'origin' ? portaria.url : '127.0.0.1';
      const told = await request({ [name]: value }, `fred${n}@example.com`);
      expect([name, told.status, told.payload.token]).toEqual([name, 200, undefined]);
      expect((await request({}, `fred${n}@example.com`)).payload.token).toEqual(expect.any(String));
    }
  });

  it('is mailed three times in an hour, and no more', async () => {
    await addPerson(portaria, 'gina');
    const given = [];
    for (let n = 0; n < 5; n += 1) {
      const { status, payload } = await ask(portaria, 'request-password-reset', {
        email: 'gina@example.com',
      });
      expect(status).toBe(200);
      given.push(payload.token !== undefined);
    }
    expect(given).toEqual([true, true, true, false, false]);
  });

  it('cannot be replaced with a token whose time is over', async () => {
    await addPerson(portaria, 'hana');
    const { payload } = await ask(portaria, 'request-password-reset', { email: 'hana@example.com' });
    later(61 * 60_000);
    const late = await ask(portaria, 'reset-password', { token: payload.token, new_password: NEW_PASSWORD });
    expect(late).toMatchObject({ status: 400, payload: { error: 'invalid_grant' } });
  });
});
