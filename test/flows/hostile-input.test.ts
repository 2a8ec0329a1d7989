// Malformed, duplicate, oversized and wrongly typed input: 4xx with a code and a sentence, never 5xx, never a stack,
// never a redirect to somewhere unregistered.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addClient, addPerson, authorizationRequest } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { REQUEST_LIMITS } from '../../src/main.ts';

let portaria: Portaria;
let basic: string;

beforeAll(async () => {
  portaria = await startPortaria(
    {},
    {
      limits: {
        ...REQUEST_LIMITS,
        headersTimeout: 300,
        requestTimeout: 600,
        connectionsCheckingInterval: 50,
      },
    },
  );
  await addPerson(portaria);
  const client = await addClient(portaria, 'tickets');
  basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
});
afterAll(() => portaria.stop());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_BODY = { 'content-type': 'application/json' };

async function expectRefusal(response: Response, statuses = [400, 401, 404, 405, 413, 415]): Promise<string> {
  const text = await response.text();
  expect(statuses).toContain(response.status);
  expect(text).not.toMatch(/node_modules|\bat .+\.(js|ts):\d+/);
  return text;
}

describe('the token endpoint refuses', () => {
  const bodies: [string, Record<string, string>, string | Buffer][] = [
    ['no body', FORM, ''],
    ['no grant type', FORM, 'code=x'],
    ['an unknown grant type', FORM, 'grant_type=password&username=a&password=b'],
    ['a grant type twice', FORM, 'grant_type=client_credentials&grant_type=refresh_token'],
    ['a refresh token twice', FORM, 'grant_type=refresh_token&refresh_token=a&refresh_token=b'],
    ['a NUL character', FORM, 'grant_type=refresh_token&refresh_token=%00'],
    ['a broken percent sign', FORM, 'grant_type=%zz'],
    ['bytes that are no text', FORM, Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['broken JSON', JSON_BODY, '{"grant_type":'],
    ['a JSON list', JSON_BODY, '[]'],
    ['JSON null', JSON_BODY, 'null'],
    ['a JSON object where a text belongs', JSON_BODY, '{"grant_type":{"a":1}}'],
    ['a prototype in JSON', JSON_BODY, '{"__proto__":{"grant_type":"client_credentials"}}'],
    ['another type of content', { 'content-type': 'text/xml' }, '<grant_type/>'],
    ['a scope with strange characters', FORM, 'grant_type=refresh_token&refresh_token=x&scope=%22%5C'],
  ];
  it.each(bodies)('%s', async (_what, headers, body) => {
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: { ...headers, authorization: basic },
      body: body as never,
    });
    const answer = JSON.parse(await expectRefusal(response)) as { error: string; error_description: string };
    expect(answer.error).toMatch(/^[a-z_]+$/);
    expect(answer.error_description.length).toBeGreaterThan(5);
  });

  it.each([
    'Basic',
    'Basic !!!',
    'Bearer abc',
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    'Basic JXp6OiV6eg==',
  ])('the credentials "%s"', async (authorization) => {
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: { ...FORM, authorization },
      body: 'grant_type=client_credentials',
    });
    await expectRefusal(response);
  });

  it.each(['/oauth/token', '/oauth/introspect', '/api/verify', '/interaction/x/login'])(
    'a body over 56 KiB at %s with 413',
    async (path) => {
      const response = await fetch(portaria.url + path, {
        method: 'POST',
        headers: FORM,
        body: `a=${'x'.repeat(57 * 1024)}`,
      });
      await expectRefusal(response, [413]);
    },
  );

  it('an endless body in chunks with 413', async () => {
    const chunk = 'x'.repeat(8 * 1024);
    async function* chunks() {
      for (let sent = 0; sent < 20; sent++) yield chunk;
    }
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: FORM,
      body: ReadableStream.from(chunks()),
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    // The connection may end before the client has read the answer; what it must not do is go on reading.
    if (response) await expectRefusal(response, [413]);
  });
});

describe('the server cuts off', () => {
  function raw(text: string): Promise<string> {
    return new Promise((resolve) => {
      const { port } = new URL(portaria.url);
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('close', () => resolve(answer));
      socket.on('error', () => resolve(answer));
    });
  }

  it('headers that never end with 408', async () => {
    expect(await raw('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')).toContain(' 408 ');
  });

  it('a body that never comes with 408', async () => {
    const answer = await raw(
      'POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ngrant',
    );
    expect(answer).toMatch(/ (408|400) /);
  });

  it('headers over 16 KiB with 431', async () => {
    expect(
      await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(17 * 1024)}\r\n\r\n`),
    ).toContain(' 431 ');
  });

  it('what is not HTTP with 400', async () => {
    expect(await raw('HELLO\r\n\r\n')).toContain(' 400 ');
  });

  it('in production after 10 s and 20 s', () => {
    expect(REQUEST_LIMITS).toMatchObject({ headersTimeout: 10_000, requestTimeout: 20_000 });
  });
});

describe('pages refuse', () => {
  it.each([
    '/interaction/x',
    '/interaction/x/connect/github?state=y',
    '/connect/github/callback',
    '/setup?token=x',
    '/nowhere',
  ])('GET %s with a page', async (path) => {
    const response = await fetch(portaria.url + path, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    const text = await expectRefusal(response, [400, 404, 410]);
    expect(text).toContain('<html lang="en">');
  });

  it('a form from another site', async () => {
    const response = await fetch(`${portaria.url}/setup`, {
      method: 'POST',
      headers: { ...FORM, origin: 'https://evil.example.com', 'sec-fetch-site': 'cross-site' },
      body: 'csrf=x',
    });
    expect(response.status).toBe(403);
  });

  it.each(['/interaction/x/login', '/interaction/x/consent', '/setup', '/device', '/oauth/logout/confirm'])(
    'an empty POST to %s',
    async (path) => {
      const response = await fetch(portaria.url + path, {
        method: 'POST',
        headers: { ...FORM, accept: 'text/html' },
        body: '',
      });
      await expectRefusal(response, [400, 403, 410]);
    },
  );

  it('a Host header that is not ours by not caring: all addresses are the issuer’s', async () => {
    const { port } = new URL(portaria.url);
    const { request } = await import('node:http');
    const text = await new Promise<string>((resolve) => {
      const asked = request(
        {
          port,
          host: '127.0.0.1',
          path: '/.well-known/openid-configuration',
          headers: {
            host: 'evil.example.com',
            'x-forwarded-host': 'evil.example.com',
            'x-forwarded-proto': 'https',
          },
        },
        (response) => {
          let body = '';
          response.on('data', (data: Buffer) => (body += data.toString()));
          response.on('end', () => resolve(body));
        },
      );
      asked.end();
    });
    expect(text).not.toContain('evil.example.com');
    expect((JSON.parse(text) as { issuer: string; token_endpoint: string }).token_endpoint).toBe(
      `${portaria.url}/oauth/token`,
    );
  });

  it('parameters of another type without a fault', async () => {
    const { url } = authorizationRequest(portaria, { client_id: 'tickets' });
    for (const extra of [
      'client_id=x',
      'state[]=1',
      'prompt=unknown',
      'max_age=-1',
      'max_age=x',
      'request=abc',
      'claims={',
      'response_mode=none',
      `login_hint=${'x'.repeat(5000)}`,
      'ui_locales=%F0%9F%92%A9',
      'code_challenge_method=plain',
    ]) {
      const response = await fetch(`${url}&${extra}`, {
        redirect: 'manual',
        headers: { accept: 'text/html' },
      });
      expect([extra, response.status < 500]).toEqual([extra, true]);
      const location = response.headers.get('location') ?? '';
      expect(
        location === '' ||
          location.startsWith('/') ||
          location.startsWith('https://tickets.example.com/') ||
          location.startsWith(portaria.url),
      ).toBe(true);
    }
  });
});

describe('the pages of a device refuse', () => {
  it('to go on with a sign-in that this browser never began, with a page', async () => {
    const response = await fetch(`${portaria.url}/device/made-up`, { headers: { accept: 'text/html' } });
    await expectRefusal(response, [400, 403]);
  });
});
