// JSON login over WebSockets: what is said over HTTP, said over a connection that stays. It belongs to whoever signed in on it, ends with
// that sign-in on whatever node it ends, and costs nobody else anything, whatever is done with it.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SOCKET_LIMITS } from '../../src/http/socket-visitor.ts';
import { addApp, APP } from '../support/json-login.ts';
import { addPerson, verify } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria, type PortariaHere } from '../support/portaria.ts';
import { openSocket, refusedSocket, type Socket } from '../support/sockets.ts';

const SPA = 'https://spa.example.com';
const SIGNED_OUT = { code: 4401, reason: 'signed out' };

let portaria: PortariaHere;
let another: Portaria;
const opened: Socket[] = [];

beforeAll(async () => {
  const settings = { TRUSTED_PROXIES: '127.0.0.1' };
  portaria = await startPortaria(settings);
  another = await startAnotherNode(portaria, settings);
  await addPerson(portaria);
  await addApp(portaria);
  await addApp(portaria, 'spa', { redirectUris: [`${SPA}/callback`] });
});
afterEach(() => {
  jest.restoreAllMocks();
  for (const { raw } of opened.splice(0)) raw.terminate();
});
afterAll(async () => {
  await another.stop();
  await portaria.stop();
});

async function open(...inputs: Parameters<typeof openSocket>): Promise<Socket> {
  const socket = await openSocket(...inputs);
  opened.push(socket);
  return socket;
}

const isAlive = async (token = '') => (await verify(portaria, token)).status === 200;
const later = (ms: number) => {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
};

describe('a socket', () => {
  it('asks where requests are heard of: a server that nobody asks gives its memory back', async () => {
    const heard: string[] = [];
    const hear = ({ url = '' }: IncomingMessage) => void heard.push(url);
    portaria.server.on('request', hear);
    const socket = await open(portaria);
    await socket.say({ action: 'logout', refresh_token: 'none' });
    portaria.server.off('request', hear);
    expect(heard).toEqual(['/api/auth']);
  });

  it('takes the five actions, and gives the answers that a request gets, with the id of the question', async () => {
    const socket = await open(portaria);
    socket.raw.send(
      JSON.stringify({
        type: 'auth',
        id: 7,
        payload: { ...APP, action: 'login', username: 'ana', password: 'wrong' },
      }),
    );
    expect(await socket.hear()).toMatchObject({
      type: 'auth',
      id: 7,
      payload: { action: 'login', ok: false, error: 'invalid_grant' },
    });
    const tokens = await socket.login();
    expect(tokens).toMatchObject({ action: 'login', ok: true, token_type: 'Bearer', scope: 'read' });
    expect(await isAlive(tokens.access_token)).toBe(true);
    const next = await socket.say({ action: 'refresh', refresh_token: tokens.refresh_token });
    expect(next).toMatchObject({ action: 'refresh', ok: true });
    expect((await socket.say({ action: 'logout', refresh_token: next.refresh_token })).ok).toBe(true);
    expect(await isAlive(next.access_token)).toBe(false);
    // It is nobody's now, and may be somebody's again.
    expect((await socket.login()).ok).toBe(true);
    const forgotten = await socket.say({ action: 'request_password_reset', email: 'nobody@example.com' });
    expect(forgotten).toEqual({ action: 'request_password_reset', ok: true });
    const reset = await socket.say({
      action: 'reset_password',
      token: 'used',
      new_password: 'long enough for me',
    });
    expect(reset).toMatchObject({ ok: false, error: 'invalid_grant' });
    expect(socket.isOpen).toBe(true);
  });

  it('is told of what is no message, and goes on', async () => {
    const socket = await open(portaria);
    for (const text of ['', 'hello', '{}', '[]', '{"type":"auth","payload":{"action":"dance"}}']) {
      socket.raw.send(text);
      expect((await socket.hear()).payload).toMatchObject({ ok: false, error: 'invalid_request' });
    }
    socket.raw.send(
      JSON.stringify({ type: 'auth', payload: { action: 'login', username: 'x'.repeat(9_000) } }),
    );
    expect((await socket.hear()).payload).toMatchObject({ ok: false, error: 'request_too_large' });
    expect((await socket.login()).ok).toBe(true);
  });

  it('is known by the address that a trusted proxy tells, in the audit and for the limits', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.9', 'user-agent': 'Terminal/1.0' };
    const socket = await open(portaria, { headers });
    for (let n = 0; n < 10; n += 1) await socket.login('nobody', { password: `guess ${n}` });
    const refused = await socket.login('nobody');
    expect(refused).toMatchObject({ ok: false, error: 'too_many_requests' });
    expect(refused.retry_after).toBeGreaterThan(60);
    const rows = await portaria.services.auditStore.list({ limit: 3 });
    expect(rows[0]).toMatchObject({ event: 'sign_in.refused', address: '192.0.2.9', agent: 'Terminal/1.0' });
  });

  it('answers one after another, in the order of the questions', async () => {
    const socket = await open(portaria);
    const ids = Array.from({ length: SOCKET_LIMITS.burst + 2 }, (_, n) => n);
    socket.sayAtOnce(
      ids.map((id) =>
        JSON.stringify({ type: 'auth', id, payload: { ...APP, action: 'logout', access_token: 'x' } }),
      ),
    );
    const before = performance.now();
    for (const id of ids) expect(await socket.hear()).toMatchObject({ id, payload: { ok: true } });
    expect(performance.now() - before).toBeGreaterThan(300);
  });
});

describe('whoever does what they should not', () => {
  const cases: [string, (socket: Socket) => void, number][] = [
    ['sends something that is no text', ({ raw }) => raw.send(Buffer.from('{}')), 1003],
    [
      'sends too much in one message',
      ({ raw }) => raw.send('x'.repeat(SOCKET_LIMITS.messageBytes + 1)),
      1009,
    ],
    ['sends a flood', (socket) => socket.sayAtOnce(Array.from({ length: 500 }, () => '{}')), 1008],
  ];
  it.each(cases)('is hung up on: %s', async (_, act, code) => {
    const socket = await open(portaria);
    act(socket);
    expect(await socket.closed).toMatchObject({ code });
  });

  it('is not listened to any more', async () => {
    const socket = await open(portaria);
    const [before] = await portaria.services.auditStore.list({ limit: 1 });
    socket.raw.send(Buffer.from('{}'));
    void socket.login();
    expect(await socket.closed).toMatchObject({ code: 1003 });
    await socket.closed;
    const [after] = await portaria.services.auditStore.list({ limit: 1 });
    expect(after?.id).toBe(before?.id);
  });

  it('opens no more than so many', async () => {
    jest.replaceProperty(SOCKET_LIMITS, 'perAddress', 2);
    const headers = { 'x-forwarded-for': '192.0.2.20' };
    const [first] = [await open(portaria, { headers }), await open(portaria, { headers })];
    expect(await refusedSocket(portaria, { headers })).toBe(429);
    await open(portaria, { headers: { 'x-forwarded-for': '192.0.2.21' } });
    first.raw.close();
    await first.closed;
    await open(portaria, { headers });
  });

  it('sits in a full house without signing in, and makes room for the next; who is signed in stays', async () => {
    const [person, sitter] = [await open(portaria), await open(portaria)];
    await person.login();
    jest.replaceProperty(SOCKET_LIMITS, 'inAll', 1);
    const next = await open(portaria);
    expect((await next.login()).ok).toBe(true);
    expect(await sitter.closed).toMatchObject({ code: 1006 });
    expect(await refusedSocket(portaria)).toBe(503);
    expect(person.isOpen).toBe(true);
  });

  it('is a page of somebody else, and gets none; of a client that may, one for that client alone', async () => {
    expect(await refusedSocket(portaria, { origin: 'https://evil.example' })).toBe(403);
    expect(await refusedSocket(portaria, { origin: 'null' })).toBe(403);
    const socket = await open(portaria, { origin: SPA });
    expect((await socket.login('ana', { client_id: 'spa' })).ok).toBe(true);
    expect(await socket.login('ana')).toMatchObject({ ok: false, error: 'origin_not_allowed' });
    await open(portaria, { origin: portaria.url });
  });

  it('wants to upgrade something else, and is answered as if they did not', async () => {
    const upgrade = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve) => {
        const options = { headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers } };
        httpRequest(`${portaria.address}${path}`, options, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end();
      });
    expect(await upgrade('/healthz', {})).toBe(200);
    expect(await upgrade('/nowhere', { upgrade: 'h2c' })).toBe(404);
    expect(await upgrade('/api/auth/ws', { upgrade: 'h2c' })).toBe(426);
    expect(await upgrade('/api/auth/ws', {})).toBe(400);
    const plain = await fetch(`${portaria.address}/api/auth/ws`);
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  it('is silent for long, or gone, and is let go', async () => {
    const { authSockets } = portaria.services;
    const [stranger, gone, person] = [
      await open(portaria),
      await open(portaria, { autoPong: false }),
      await open(portaria),
    ];
    await person.login();
    await gone.login();
    await authSockets.sweep();
    // Its pong has come by the time of an answer.
    for (const socket of [stranger, person]) expect((await socket.say({ action: 'dance' })).ok).toBe(false);
    later(SOCKET_LIMITS.idleMs + 1_000);
    await authSockets.sweep();
    expect(await stranger.closed).toEqual({ code: 1000, reason: 'idle' });
    expect(await gone.closed).toMatchObject({ code: 1006 });
    expect(person.isOpen).toBe(true);
  });
});

describe('the socket of somebody who is signed in', () => {
  const { services } = { services: () => portaria.services };
  const ends: [string, (accountId: string) => Promise<unknown>][] = [
    ['signed out everywhere', (id) => services().administration.signOut(id)],
    ['blocked', (id) => services().administration.block(id)],
    ['deleted', (id) => services().administration.delete(id)],
    [
      'given another password',
      (id) => services().administration.update(id, { password: 'another that is long enough' }),
    ],
    ['disconnected from the program', (id) => services().presence.disconnect(id, 'app')],
  ];
  let people = 0;

  it.each(ends)('closes on every node when they are %s', async (_, end) => {
    const name = `person${(people += 1)}`;
    const id = await addPerson(portaria, name);
    const sockets = [await open(portaria), await open(another)];
    const stranger = await open(another);
    for (const socket of sockets) expect((await socket.login(name)).ok).toBe(true);
    await end(id);
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([SIGNED_OUT, SIGNED_OUT]);
    expect(stranger.isOpen).toBe(true);
  });

  it('closes too when the news of the end was missed', async () => {
    const id = await addPerson(portaria, 'missed');
    const socket = await open(another);
    await socket.login('missed');
    await another.services.news.close();
    await portaria.services.administration.signOut(id);
    expect(socket.isOpen).toBe(true);
    await another.services.news.start();
    expect(await socket.closed).toEqual(SIGNED_OUT);
  });

  it('hears the answer to a new password that it chose, before it closes', async () => {
    await addPerson(portaria, 'chooser');
    const socket = await open(portaria);
    await socket.login('chooser');
    const { token } = await (
      await open(portaria)
    ).say({
      action: 'request_password_reset',
      email: 'chooser@example.com',
    });
    const answer = await socket.say({
      action: 'reset_password',
      token,
      new_password: 'another that is long enough',
    });
    expect(answer).toEqual({ action: 'reset_password', ok: true });
    expect(await socket.closed).toEqual(SIGNED_OUT);
  });

  it('is not listened to any more once it closes, whatever was said before', async () => {
    const id = await addPerson(portaria, 'hasty');
    const socket = await open(portaria);
    await socket.login('hasty');
    const { token } = await socket.say({
      action: 'request_password_reset',
      email: 'hasty@example.com',
    });
    const payloads = [
      { action: 'reset_password', token, new_password: 'another that is long enough' },
      { action: 'login', username: 'hasty', password: 'another that is long enough' },
    ];
    socket.sayAtOnce(
      payloads.map((payload) => JSON.stringify({ type: 'auth', payload: { ...APP, ...payload } })),
    );
    expect((await socket.hear()).payload).toEqual({ action: 'reset_password', ok: true });
    expect(await socket.closed).toEqual(SIGNED_OUT);
    expect(await portaria.services.presence.listPrograms(id)).toEqual([]);
  });

  it('closes when its refresh token is used a second time, long after: somebody else has it', async () => {
    await addPerson(portaria, 'robbed');
    const socket = await open(portaria);
    const tokens = await socket.login('robbed');
    const next = await socket.say({ action: 'refresh', refresh_token: tokens.refresh_token });
    await socket.say({ action: 'refresh', refresh_token: next.refresh_token });
    const thief = await open(another);
    expect(await thief.say({ action: 'refresh', refresh_token: tokens.refresh_token })).toMatchObject({
      ok: false,
    });
    expect(await socket.closed).toEqual(SIGNED_OUT);
    expect(thief.isOpen).toBe(true);
  });
});

describe('a node that drains', () => {
  it('finishes the message under way, says where to go, and takes no new ones', async () => {
    const node = await startAnotherNode(portaria);
    const [silent, talking] = [await open(node), await open(node)];
    const answer = talking.login();
    await new Promise((resolve) => setImmediate(resolve));
    while (node.services.authSockets.size < 2) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    node.services.readiness.drain();
    node.services.authSockets.close();
    expect((await answer).ok).toBe(true);
    expect(await silent.closed).toEqual({ code: 1001, reason: 'going away' });
    expect(await talking.closed).toEqual({ code: 1001, reason: 'going away' });
    expect(await refusedSocket(node)).toBe(503);
    await node.stop();
  });
});
