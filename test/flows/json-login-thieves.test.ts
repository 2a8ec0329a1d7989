// JSON login and whoever would make a way around the sign-in page of it: second factors, guesses, two at once, other people's pages,
// other people's clients, and the mail to somebody who was signed in from somewhere new.
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { MULTI_FACTOR } from '../../src/oidc/authentication-context.ts';
import { Browser } from '../support/browser.ts';
import { addApp, ask, login, say, sayRaw, tokensOf } from '../support/json-login.ts';
import { mailsTo } from '../support/mailbox.ts';
import { addPerson, PASSWORD, signIn, verify } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { holder, somebody } from '../support/second-factors.ts';
import { openSocket } from '../support/sockets.ts';

let portaria: Portaria;
let another: Portaria;
const SPA = 'https://spa.example.com';

beforeAll(async () => {
  const settings = { TRUSTED_PROXIES: '127.0.0.1', CORS_ORIGINS: 'https://named.example.com' };
  portaria = await startPortaria(settings);
  another = await startAnotherNode(portaria, settings);
  await addApp(portaria);
  await addApp(portaria, 'spa', { redirectUris: [`${SPA}/callback`] });
});
afterAll(async () => {
  await another.stop();
  await portaria.stop();
});

const from = (address: string) => ({ 'x-forwarded-for': address });

describe('the token of a reset', () => {
  /** A tunnel leaves nothing on a request but the name under which it was asked for. */
  const asked = (host: string, email: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { method: 'POST', headers: { host, 'content-type': 'application/json' } };
      httpRequest(`${portaria.address}/api/auth/request-password-reset`, options, (answer) => {
        text(answer).then(resolve, reject);
      })
        .on('error', reject)
        .end(JSON.stringify({ client_id: 'app', email }));
    });

  it('is not told to strangers who come through a tunnel that says nothing of itself', async () => {
    await addPerson(portaria, 'ines');
    const [email, host] = ['ines@example.com', 'login.example.com'];
    expect(JSON.parse(await asked(host, email))).toEqual({ action: 'request_password_reset', ok: true });
    const socket = await openSocket(portaria, { headers: { host } });
    expect(await socket.say({ action: 'request_password_reset', email })).not.toHaveProperty('token');
    socket.raw.close();
    await socket.closed;
    expect(JSON.parse(await asked('localhost:3000', email))).toHaveProperty('token');
  });

  it('is not told of anybody who may administer, however little', async () => {
    const id = await addPerson(portaria, 'jose');
    await portaria.database.database.query(
      `insert into roles (id, permissions) values ('auditor', '{audit.read}')`,
    );
    await portaria.services.administration.update(id, { roles: ['auditor'] });
    expect(JSON.parse(await asked('localhost', 'jose@example.com'))).not.toHaveProperty('token');
  });
});

describe('a second factor', () => {
  it('is asked for once the password is right, and is in the token afterwards', async () => {
    const { name, app } = await holder(portaria);
    const wrong = await login(portaria, { username: name, password: 'a wrong one', otp: app.code() });
    expect(wrong).toMatchObject({ status: 401, payload: { error: 'invalid_grant' } });
    const asked = await login(portaria, { username: name });
    expect(asked).toMatchObject({ status: 403, payload: { ok: false, error: 'mfa_required' } });
    expect(asked.payload.error_description).toContain('"otp"');
    const { access, refresh } = await tokensOf(portaria, { username: name, otp: app.code() });
    const claims = { amr: ['pwd', 'otp', 'mfa'], acr: MULTI_FACTOR };
    expect(decodeJwt(access)).toMatchObject(claims);
    const { payload } = await say(portaria, { action: 'refresh', refresh_token: refresh });
    expect(decodeJwt(payload.access_token ?? '')).toMatchObject(claims);
  });

  it('may be a code on paper, once', async () => {
    const { id, name } = await holder(portaria);
    const account = await portaria.services.administration.get(id);
    const [code = ''] = await portaria.services.secondFactors.renewRecoveryCodes(account);
    await tokensOf(portaria, { username: name, otp: code });
    expect((await login(portaria, { username: name, otp: code })).status).toBe(401);
  });

  it('lets one of twenty in who show the same code at once, over two nodes', async () => {
    const { name, app } = await holder(portaria);
    const code = app.code();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => login(n % 2 ? another : portaria, { username: name, otp: code })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => [200, 401, 429].includes(status))).toBe(true);
  });

  it('is guessed ten times at most, and counts with wrong passwords', async () => {
    const { name, app } = await holder(portaria);
    const guess = (otp: string) => login(portaria, { username: name, otp }, from('192.0.2.50'));
    for (let n = 0; n < 10; n += 1) await guess(app.code(50 + n));
    const refused = await guess(app.code());
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.payload).toMatchObject({ ok: false, error: 'too_many_requests' });
    expect(refused.payload.retry_after).toBe(Number(refused.headers.get('retry-after')));
  });

  it('that a role wants and nobody has set up is not a thing that this way can do without', async () => {
    const { id, name } = await somebody(portaria);
    const { administration, roles, roleStore } = portaria.services;
    await roleStore.ensure('auditor', []);
    await roles.requireSecondFactor('auditor', true);
    await administration.update(id, { roles: ['auditor'] });
    const refused = await login(portaria, { username: name });
    expect(refused).toMatchObject({ status: 403, payload: { error: 'mfa_not_set_up' } });
    expect(refused.payload.error_description).toContain('/account');
    expect((await login(portaria, { username: name, password: 'a wrong one' })).status).toBe(401);
  });
});

describe('guesses', () => {
  it('have one limit for this way and for the page, for an account of nobody as well', async () => {
    await addPerson(portaria, 'gina');
    for (const [name, address] of [
      ['gina', '192.0.2.60'],
      ['nobody-at-all', '192.0.2.61'],
    ] as const) {
      for (let n = 0; n < 10; n += 1) {
        const refused = await login(portaria, { username: name, password: `guess ${n}` }, from(address));
        expect(refused.status).toBe(401);
      }
      expect((await login(portaria, { username: name }, from(address))).status).toBe(429);
    }
    const page = await signIn(new Browser(portaria.url, from('192.0.2.62')), '/sign-in', 'gina');
    expect(page.status).toBe(429);
  });

  it('at the secret of a client are stopped before any password is looked at', async () => {
    await addApp(portaria, 'guessed', { isPublic: false });
    const guess = (n: number) =>
      login(portaria, { client_id: 'guessed', client_secret: `guess ${n}` }, from('192.0.2.70'));
    for (let n = 0; n < 10; n += 1) expect((await guess(n)).status).toBe(401);
    const refused = await guess(11);
    expect(refused).toMatchObject({ status: 429, payload: { ok: false, error: 'too_many_requests' } });
    const rows = await portaria.services.auditStore.list({ limit: 15 });
    expect(
      rows.filter(({ address, event }) => address === '192.0.2.70' && event === 'sign_in.refused'),
    ).toEqual([]);
  });
});

describe('a password that changes meanwhile', () => {
  it('leaves nothing to whoever signs in with the old one at the same moment', async () => {
    const people = await Promise.all(['kim', 'lea', 'mia', 'noa'].map((name) => addPerson(portaria, name)));
    const given = await Promise.all(
      people.map(async (id, n) => {
        const username = ['kim', 'lea', 'mia', 'noa'][n];
        const [answer] = await Promise.all([
          login(another, { username }),
          portaria.services.administration.update(id, { password: 'another one that is long enough' }),
        ]);
        return answer.payload;
      }),
    );
    for (const { ok, error, access_token: token = '' } of given) {
      if (ok) expect((await verify(portaria, token)).status).toBe(401);
      else expect(['invalid_grant', 'sign_in_again']).toContain(error);
    }
    for (const id of people) expect(await portaria.services.presence.listPrograms(id)).toEqual([]);
  });
});

describe('a sign-in from somewhere new', () => {
  it('is told by mail, once for a program at an address', async () => {
    await addPerson(portaria, 'ana');
    const count = async () => (await mailsTo(portaria, 'ana@example.com')).length;
    await login(portaria, {}, from('192.0.2.1'));
    expect(await count()).toBe(0);
    await login(portaria, {}, from('192.0.2.1'));
    expect(await count()).toBe(0);
    await login(portaria, {}, from('198.51.100.1'));
    expect(await count()).toBe(1);
    const [mail] = await mailsTo(portaria, 'ana@example.com');
    expect(mail?.text).toContain('198.51.100.1');
    await login(another, {}, from('198.51.100.1'));
    expect(await count()).toBe(1);
    await login(portaria, { client_id: 'spa' }, from('198.51.100.1'));
    expect(await count()).toBe(2);
    await login(portaria, {}, from('2001:db8::1'));
    await login(portaria, {}, from('2001:db8::2'));
    expect(await count()).toBe(3);
  });
});

describe('a page of somebody else', () => {
  it('may not ask, whatever it asks for, and is not told anything', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://spa.example.com']) {
      const refused = await login(portaria, { client_id: 'spa' }, { origin });
      expect(refused).toMatchObject({ status: 403, payload: { error: 'origin_not_allowed' } });
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    }
    const simple = await fetch(`${portaria.address}/api/auth`, { method: 'POST', body: '{}' });
    expect(simple.status).toBe(400);
    // Nor is what a program hears for every page.
    for (const username of ['ana', 'nobody'])
      expect((await login(portaria, { username })).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may where the client is at home, or the house allows it, and reads the refusals too', async () => {
    for (const origin of [SPA, 'https://named.example.com', portaria.url]) {
      const refused = await login(portaria, { client_id: 'spa', username: 'nobody' }, { origin });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
      expect(refused.headers.get('access-control-expose-headers')).toContain('Retry-After');
    }
    expect((await login(portaria, {}, { origin: SPA })).status).toBe(403);
    const preflight = (origin: string) =>
      fetch(`${portaria.address}/api/auth/login`, { method: 'OPTIONS', headers: { origin } });
    const allowed = await preflight(SPA);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(SPA);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Content-Type');
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('what is no message', () => {
  const cases: [string, unknown, RegExp][] = [
    ['no JSON', '{', /not valid JSON/],
    ['no object', '[]', /JSON object/],
    ['of another type', { type: 'chat', payload: {} }, /type "auth"/],
    ['without a payload', { type: 'auth' }, /payload/],
    ['of an unknown action', { type: 'auth', payload: { action: 'toString' } }, /one of login, logout/],
    [
      'with a list in it',
      { type: 'auth', payload: { action: 'login', username: ['a'] } },
      /"username" must be a text/,
    ],
    ['with a NUL', { type: 'auth', payload: { action: 'login', client_id: 'app\0' } }, /NUL/],
    ['with an id of its own kind', { type: 'auth', id: {}, payload: {} }, /id of a message/],
  ];

  it.each(cases)('is refused: %s', async (_, message, sentence) => {
    const { status, body } = await sayRaw(portaria, message);
    expect(status).toBe(400);
    expect(body).toMatchObject({ type: 'auth', payload: { ok: false, error: 'invalid_request' } });
    const { payload } = body as { payload: { error_description: string } };
    expect(payload.error_description).toMatch(sentence);
  });

  it('is refused when it is too large, in the form of an answer', async () => {
    const { status, body } = await sayRaw(portaria, {
      type: 'auth',
      payload: { action: 'login', x: 'x'.repeat(60_000) },
    });
    expect(status).toBe(413);
    expect(body).toMatchObject({ type: 'auth', payload: { ok: false, error: 'request_too_large' } });
    expect(
      (await ask(portaria, 'login', { username: 'ana', password: PASSWORD, client_id: '' })).status,
    ).toBe(400);
  });
});
