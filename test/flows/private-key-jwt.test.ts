// RFC 7523: a client that signs instead of having a secret. Its keys are registered, or behind an address that we fetch, and
// that address is not a way into our own network.
import { generateKeyPairSync } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ClientInput } from '../../src/oidc/client.ts';
import { startHttps, type HttpsServer } from '../support/https.ts';
import { postForm, type Answer } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { assertion, makeKey, seconds, signJwt, type Key } from '../support/proofs.ts';

let portaria: Portaria;
let keys: HttpsServer;
let key: Key;
/** What the client's server answers, and how often it was asked. */
let answerKeys: RequestListener;
let asked = 0;

beforeAll(async () => {
  keys = await startHttps((request, response) => {
    asked += 1;
    answerKeys(request, response);
  });
  portaria = await startPortaria({ JWKS_URI_NETWORKS: '127.0.0.1' });
  key = makeKey();
  await add('signer', { jwks: { keys: [key.jwk] } });
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await portaria.stop();
  await keys.stop();
});

function add(id: string, input: ClientInput): Promise<unknown> {
  return portaria.services.clients.create(id, {
    grantTypes: ['client_credentials'],
    scope: 'read',
    ...input,
  });
}

const send = (fields: Record<string, string>): Promise<Answer> =>
  postForm(`${portaria.url}/oauth/token`, { grant_type: 'client_credentials', ...fields });

describe('a client that signs', () => {
  it.each([
    ['the issuer', () => portaria.url],
    ['the token endpoint', () => `${portaria.url}/oauth/token`],
  ])('gets a token for an assertion to %s', async (_name, audience) => {
    expect((await send(assertion(key, 'signer', audience()))).status).toBe(200);
  });

  it.each<[string, () => Record<string, string>]>([
    ['to somebody else', () => assertion(key, 'signer', 'https://login.example.com')],
    ["with somebody else's key", () => assertion(makeKey(), 'signer', portaria.url)],
    ['that has expired', () => assertion(key, 'signer', portaria.url, { exp: seconds() - 100 })],
    ['that never expires', () => assertion(key, 'signer', portaria.url, { exp: undefined })],
    ['that is good for a day', () => assertion(key, 'signer', portaria.url, { exp: seconds() + 86_400 })],
    ['without an id (§3)', () => assertion(key, 'signer', portaria.url, { jti: undefined })],
    ['in the name of another', () => assertion(key, 'signer', portaria.url, { iss: 'other' })],
  ])('gets none for an assertion %s', async (_what, fields) => {
    const answer = await send(fields());
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });

  it('gets none for its own public key as the secret of a signature', async () => {
    const unsigned = { ...assertion(key, 'signer', portaria.url) };
    const [, claims] = (unsigned['client_assertion'] ?? '').split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const forged of [`${none}.${claims}.`, signJwt(key, { alg: 'HS256' }, {})]) {
      expect((await send({ ...unsigned, client_assertion: forged })).status).toBe(401);
    }
  });

  it('may not send one assertion twice (§3)', async () => {
    const fields = assertion(key, 'signer', portaria.url);
    expect((await send(fields)).status).toBe(200);
    expect((await send(fields)).body.error).toBe('invalid_client');
  });

  it('is not kept from an id by another client', async () => {
    await add('sign', { jwks: { keys: [key.jwk] } });
    // "sign" + "er-1" and "signer" + "-1" are the same text.
    expect((await send(assertion(key, 'sign', portaria.url, { jti: 'er-1' }))).status).toBe(200);
    expect((await send(assertion(key, 'signer', portaria.url, { jti: '-1' }))).status).toBe(200);
  });

  it('is not known by a secret, and has none to rotate', async () => {
    expect((await send({ client_id: 'signer', client_secret: 'a secret of somebody' })).status).toBe(401);
    await expect(portaria.services.clients.rotateSecret('signer')).rejects.toMatchObject({ status: 400 });
  });

  it('changes from a secret to a key and back, and only the last one works', async () => {
    const client = await portaria.services.clients.create('mover', { grantTypes: ['client_credentials'] });
    const withSecret = { client_id: 'mover', client_secret: client.secret ?? '' };
    expect((await send(withSecret)).status).toBe(200);
    await portaria.services.clients.update('mover', { jwks: { keys: [key.jwk] } });
    expect((await send(withSecret)).status).toBe(401);
    expect((await send(assertion(key, 'mover', portaria.url))).status).toBe(200);
    await portaria.services.clients.update('mover', { secret: 'a secret of its own again' });
    expect((await send(assertion(key, 'mover', portaria.url))).status).toBe(401);
  });
});

describe('a registration is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  it.each<[string, () => ClientInput, string]>([
    ['with a private key', () => ({ jwks: { keys: [key.privateKey.export({ format: 'jwk' })] } }), 'jwks'],
    ['with a shared secret as a key', () => ({ jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }), 'jwks'],
    ['with a weak RSA key', () => ({ jwks: { keys: [rsa] } }), 'jwks'],
    ['with no key at all', () => ({ jwks: { keys: [] } }), 'jwks'],
    ['with something else', () => ({ jwks: 'keys' as never }), 'jwks'],
    ['of a public client with keys', () => ({ isPublic: true, jwks: { keys: [key.jwk] } }), 'jwks'],
    [
      'with a secret and keys',
      () => ({ secret: 'a secret of its own', jwks: { keys: [key.jwk] } }),
      'secret',
    ],
    [
      'with keys and an address',
      () => ({ jwks: { keys: [key.jwk] }, jwksUri: 'https://a.example.com/' }),
      'jwks-uri',
    ],
    ['with an address in clear text', () => ({ jwksUri: 'http://keys.example.com/' }), 'jwks-uri'],
    ['with a file for an address', () => ({ jwksUri: 'file:///etc/passwd' }), 'jwks-uri'],
  ])('%s', async (_what, input, field) => {
    const refused = portaria.services.clients.create('c', {
      redirectUris: ['https://c.example.com/cb'],
      ...input(),
    });
    await expect(refused).rejects.toMatchObject({ status: 400, field });
  });
});

describe('keys behind an address', () => {
  const jwks = (): RequestListener => (_request, response) =>
    response.end(JSON.stringify({ keys: [key.jwk] }));

  it('are fetched, remembered for a minute, and changed without a word to us', async () => {
    answerKeys = jwks();
    await add('fetched', { jwksUri: `${keys.url}/jwks` });
    const before = asked;
    for (let turn = 0; turn < 5; turn++) {
      expect((await send(assertion(key, 'fetched', portaria.url))).status).toBe(200);
    }
    expect(asked - before).toBe(1);

    const next = makeKey();
    answerKeys = (_request, response) => response.end(JSON.stringify({ keys: [next.jwk] }));
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000);
    expect((await send(assertion(next, 'fetched', portaria.url))).status).toBe(200);
    expect((await send(assertion(key, 'fetched', portaria.url))).status).toBe(401);
  });

  it('end when their owner takes them away, whatever was said about how long they last', async () => {
    answerKeys = (request, response) => {
      response.setHeader('cache-control', 'max-age=999999999');
      jwks()(request, response);
    };
    await add('forever', { jwksUri: `${keys.url}/forever` });
    expect((await send(assertion(key, 'forever', portaria.url))).status).toBe(200);
    answerKeys = (_request, response) => response.end(JSON.stringify({ keys: [makeKey().jwk] }));
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 601_000);
    expect((await send(assertion(key, 'forever', portaria.url))).status).toBe(401);
  });

  it('go on for an hour when their address does not answer, and no longer', async () => {
    answerKeys = jwks();
    await add('offline', { jwksUri: `${keys.url}/offline` });
    expect((await send(assertion(key, 'offline', portaria.url))).status).toBe(200);
    answerKeys = (_request, response) => response.destroy();
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now');
    clock.mockImplementation(() => now + 3_500_000);
    expect((await send(assertion(key, 'offline', portaria.url))).status).toBe(200);
    clock.mockImplementation(() => now + 3_700_000);
    expect((await send(assertion(key, 'offline', portaria.url))).status).toBe(401);
  });

  it.each<[string, RequestListener]>([
    ['a redirect', (_request, response) => response.writeHead(302, { location: `${keys.url}/jwks` }).end()],
    ['an answer without end', (_request, response) => response.end('x'.repeat(70_000))],
    ['no JSON', (_request, response) => response.end('<html>')],
    ['no content', (_request, response) => response.writeHead(204).end()],
    [
      'half an answer',
      (_request, response) => {
        response.write('{');
        response.destroy();
      },
    ],
  ])('that answers with %s are none, and the program hears invalid_client', async (what, listener) => {
    answerKeys = listener;
    const id = `bad-${what.replaceAll(' ', '-')}`;
    await add(id, { jwksUri: `${keys.url}/${id}` });
    const answer = await send(assertion(key, id, portaria.url));
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    // Nobody uses us to knock again and again.
    const before = asked;
    await send(assertion(key, id, portaria.url));
    expect(asked).toBe(before);
  });

  it.each([
    ['this machine', () => keys.url],
    ['this machine by its number', () => keys.url.replace('localhost', '127.0.0.1')],
    ['this machine in a spelling of its own', () => keys.url.replace('localhost', '0x7f.1')],
    ['this machine as IPv6', () => keys.url.replace('localhost', '[::ffff:127.0.0.1]')],
  ])('that lead to %s are not even knocked at', async (what, address) => {
    answerKeys = jwks();
    const careful = await startPortaria();
    try {
      const id = what.replaceAll(' ', '-').toLowerCase();
      await careful.services.clients.create(id, {
        grantTypes: ['client_credentials'],
        jwksUri: `${address()}/jwks`,
      });
      const before = asked;
      const answer = await postForm(`${careful.url}/oauth/token`, {
        grant_type: 'client_credentials',
        ...assertion(key, id, careful.url),
      });
      expect([answer.status, asked - before]).toEqual([401, 0]);
    } finally {
      await careful.stop();
    }
  });
});
