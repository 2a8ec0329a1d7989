// The rules of registered clients: what is refused, with which field at fault, and what is not.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientInput } from '../../src/oidc/client.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

const web: ClientInput = { redirectUris: ['https://tickets.example.com/callback'] };

describe('a client is refused that', () => {
  const cases: [string, string, ClientInput, string][] = [
    ['has an id with spaces', 'my client', web, 'id'],
    ['has no redirect URI for authorization_code', 'c', {}, 'redirect-uri'],
    [
      'is redirected to in clear text over a network',
      'c',
      { redirectUris: ['http://tickets.example.com/cb'] },
      'redirect-uri',
    ],
    ['wants an unknown grant', 'c', { ...web, grantTypes: ['password'] }, 'grant'],
    ['wants an unknown scope', 'c', { ...web, scope: 'openid everything' }, 'scope'],
    [
      'is public and wants client credentials',
      'c',
      { isPublic: true, grantTypes: ['client_credentials'] },
      'grant',
    ],
    [
      'is public and wants to do without PKCE',
      'c',
      { ...web, isPublic: true, requirePkce: false },
      'no-pkce',
    ],
    ['is public and has a secret', 'c', { ...web, isPublic: true, secret: 'a secret of its own' }, 'secret'],
    ['has a secret that is no secret', 'c', { ...web, secret: 'short' }, 'secret'],
    ['has an empty name', 'c', { ...web, name: ' ' }, 'name'],
  ];
  it.each(cases)('%s', async (_what, id, input, field) => {
    await expect(portaria.services.clients.create(id, input)).rejects.toMatchObject({ status: 400, field });
    expect(await portaria.services.clientStore.find(id)).toBeUndefined();
  });

  it('has the id of another', async () => {
    await portaria.services.clients.create('taken', web);
    await expect(portaria.services.clients.create('taken', web)).rejects.toMatchObject({ status: 409 });
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    '/relative',
    'https://tickets.example.com/#fragment',
    'not an address',
  ])('is redirected to %s', async (uri) => {
    await expect(portaria.services.clients.create('c', { redirectUris: [uri] })).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe('a native client may be redirected to', () => {
  it.each([
    'http://127.0.0.1/callback',
    'http://[::1]/callback',
    'vscode://publisher.extension/callback',
    'com.example.app:/cb',
  ])('%s', async (uri) => {
    const id = `native-${Buffer.from(uri).toString('hex').slice(0, 40)}`;
    const client = await portaria.services.clients.create(id, {
      isNative: true,
      isPublic: true,
      redirectUris: [uri],
    });
    expect(client.metadata.redirect_uris).toEqual([uri]);
  });
});
