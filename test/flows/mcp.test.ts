// A program for the Model Context Protocol that nobody here has heard of, written with the protocol's own library: it knows the
// address of a service and nothing else, finds us by RFC 9728 and RFC 8414, registers itself (RFC 7591), sends a person
// to sign in with PKCE, and gets a token for that service alone (RFC 8707).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { Browser } from '../support/browser.ts';
import { startMcpServer, type ExampleMcpServer } from '../support/mcp-server.ts';
import { addClient, addPerson, codeIn, PASSWORD, postForm, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let server: ExampleMcpServer;
let ana: string;

beforeAll(async () => {
  portaria = await startPortaria({ REGISTRATION: 'open' });
  ana = await addPerson(portaria);
  const client = await addClient(portaria, 'notes', { grantTypes: ['client_credentials'], redirectUris: [] });
  server = await startMcpServer({
    issuer: portaria.url,
    scopes: ['notes.read', 'notes.write'],
    client,
  });
  await portaria.services.resources.create(server.url, {
    name: 'Example notes',
    clientId: client.id,
    scope: 'notes.read notes.write',
  });
});
afterAll(async () => {
  await server.stop();
  await portaria.stop();
});

/** What a program on a person's machine keeps between two starts, and the person's browser. */
class Desktop implements OAuthClientProvider {
  readonly browser = new Browser(portaria.url);
  readonly redirectUrl = 'http://localhost:33418/callback';
  readonly clientMetadata = {
    client_name: 'Example assistant',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  registered: OAuthClientInformationMixed | undefined;
  kept: OAuthTokens | undefined;
  address: URL | undefined;
  #verifier = '';

  clientInformation = () => this.registered;
  saveClientInformation = (information: OAuthClientInformationMixed) => void (this.registered = information);
  tokens = () => this.kept;
  saveTokens = (tokens: OAuthTokens) => void (this.kept = tokens);
  redirectToAuthorization = (address: URL) => void (this.address = address);
  saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier);
  codeVerifier = () => this.#verifier;

  /** The person signs in and allows it. */
  async personAllows(): Promise<{ consent: string; code: string }> {
    const page = await this.browser.get(this.address?.href ?? '');
    const isNew = page.text.includes('name="password"');
    const consent = isNew
      ? await this.browser.submit(page, { login: 'ana', password: PASSWORD }, '/login')
      : page;
    const done = await this.browser.submit(consent, { decision: 'allow' }, '/consent');
    return { consent: consent.text, code: codeIn(done) };
  }
}

function connect(desktop: Desktop): { client: Client; transport: StreamableHTTPClientTransport } {
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: desktop });
  return { client: new Client({ name: 'example-assistant', version: '1.0.0' }), transport };
}

/** Starts, is sent to sign in, and starts again. */
async function connected(desktop: Desktop): Promise<{ client: Client; consent: string }> {
  const before = connect(desktop);
  await expect(before.client.connect(before.transport as never)).rejects.toThrow('Unauthorized');
  const { consent, code } = await desktop.personAllows();
  await before.transport.finishAuth(code);
  const after = connect(desktop);
  await after.client.connect(after.transport);
  return { client: after.client, consent };
}

async function whoami(client: Client): Promise<unknown> {
  const answer = await client.callTool({ name: 'whoami' });
  return (answer.content as { text: string }[])[0]?.text;
}

describe('a program that knows the address of a service only', () => {
  it('finds its way here, registers, signs a person in, and is let in', async () => {
    const desktop = new Desktop();
    const { client, consent } = await connected(desktop);
    expect(await whoami(client)).toBe(ana);
    expect(consent).toContain('Example assistant');

    const id = desktop.registered?.client_id ?? '';
    expect(await portaria.services.clients.get(id)).toMatchObject({
      isSelfRegistered: true,
      isFirstParty: false,
      metadata: { application_type: 'native', scope: 'notes.read notes.write' },
    });
    expect(desktop.address?.searchParams.get('resource')).toBe(server.url);
    await client.close();
  });

  it('gets a token for that service and for nobody else', async () => {
    const desktop = new Desktop();
    const { client } = await connected(desktop);
    const token = desktop.kept?.access_token ?? '';
    const id = `client_id=${desktop.registered?.client_id}`;
    const statuses = await Promise.all(
      [`?${id}`, `?${id}&resource=https://other.example.com`, `?${id}&resource=${server.url}`].map(
        async (query) => (await verify(portaria, token, query)).status,
      ),
    );
    expect(statuses).toEqual([403, 403, 200]);
    for (const path of ['/api/user', '/oauth/userinfo']) {
      const answer = await fetch(portaria.url + path, { headers: { authorization: `Bearer ${token}` } });
      expect([path, answer.ok]).toEqual([path, false]);
    }
    await client.close();
  });

  it('goes on by itself when its token has ended, until the person says no', async () => {
    const desktop = new Desktop();
    const { client } = await connected(desktop);
    const { access_token: token = '', refresh_token: refreshToken = '' } = desktop.kept ?? {};
    const own = { client_id: desktop.registered?.client_id ?? '' };
    await postForm(`${portaria.url}/oauth/revoke`, { token, ...own });
    expect(await whoami(client)).toBe(ana);
    expect(desktop.kept?.access_token).not.toBe(token);
    expect(desktop.kept?.refresh_token).not.toBe(refreshToken);

    await portaria.services.administration.signOut(ana);
    await expect(whoami(client)).rejects.toThrow();
    await client.close();
  });

  it('gets a token for our own API in the same way', async () => {
    const desktop = new Desktop();
    const serverUrl = `${portaria.url}/api`;
    expect(await auth(desktop, { serverUrl })).toBe('REDIRECT');
    const { code } = await desktop.personAllows();
    expect(await auth(desktop, { serverUrl, authorizationCode: code })).toBe('AUTHORIZED');
    const authorization = `Bearer ${desktop.kept?.access_token}`;
    const answer = await fetch(`${serverUrl}/user`, { headers: { authorization } });
    expect([answer.status, await answer.json()]).toMatchObject([200, { sub: ana }]);
  });

  it('registers again after we have forgotten it', async () => {
    const desktop = new Desktop();
    const { client } = await connected(desktop);
    const before = desktop.registered?.client_id ?? '';
    await client.close();
    await portaria.services.clients.delete(before);
    Object.assign(desktop, {
      invalidateCredentials: () => {
        desktop.registered = undefined;
        desktop.kept = undefined;
      },
    });
    const again = await connected(desktop);
    expect(desktop.registered?.client_id).not.toBe(before);
    expect(await whoami(again.client)).toBe(ana);
    await again.client.close();
  });
});
