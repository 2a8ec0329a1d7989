// RFC 7591: programs that register themselves. Off unless the settings say otherwise; what a stranger writes about itself
// gives it nothing that is not for strangers.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  postForm,
  REDIRECT_URI,
  signIn,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { assertion, makeKey } from '../support/proofs.ts';

interface Registered {
  client_id: string;
  client_secret?: string;
  client_name: string;
  scope: string;
  grant_types: string[];
  redirect_uris: string[];
  token_endpoint_auth_method: string;
  application_type: string;
  error?: string;
  error_description?: string;
}

const WEB = { client_name: 'Notes', redirect_uris: [REDIRECT_URI] };

let open: Portaria;
let closed: Portaria;

beforeAll(async () => {
  // Behind a proxy that says who asks, so that each story comes from an address of its own.
  open = await startPortaria({ REGISTRATION: 'open', TRUSTED_PROXIES: '127.0.0.1' });
  closed = await startPortaria({ REGISTRATION: 'token' });
  await addPerson(open);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await closed.stop();
  await open.stop();
});

let addresses = 0;
const newAddress = () => `198.51.100.${(addresses += 1)}`;

async function register(
  metadata: unknown,
  { node = open, bearer = '', from = newAddress(), body = JSON.stringify(metadata) } = {},
): Promise<{ status: number; headers: Headers; body: Registered }> {
  const answer = await fetch(`${node.address}/oauth/register`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': from,
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    body,
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Registered };
}

const clientCount = async (node: Portaria) => (await node.services.clients.list({ limit: 1_000 })).length;

describe('where nothing is said', () => {
  it('there is nothing at the address, and the metadata does not name it', async () => {
    const silent = await startPortaria();
    try {
      expect((await register(WEB, { node: silent })).status).toBe(404);
      const metadata = await fetch(`${silent.url}/.well-known/oauth-authorization-server`);
      expect(Object.keys((await metadata.json()) as object)).not.toContain('registration_endpoint');
    } finally {
      await silent.stop();
    }
  });
});

describe('where anybody may register', () => {
  it('a web application gets an id and a secret, and signs people in with them, who are asked', async () => {
    const metadata = await fetch(`${open.url}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).toMatchObject({ registration_endpoint: `${open.url}/oauth/register` });

    const { status, headers, body } = await register({ ...WEB, grant_types: ['authorization_code'] });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toMatchObject({
      ...WEB,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret_expires_at: 0,
    });
    const client = { id: body.client_id, secret: body.client_secret ?? '' };
    const browser = new Browser(open.url);
    const request = authorizationRequest(open, { client_id: client.id, scope: 'openid profile' });
    const consent = await signIn(browser, request.url);
    expect(consent.text).toContain('Notes');
    const done = await browser.submit(consent, { decision: 'allow' }, '/consent');
    const tokens = (await exchange(open, client, codeIn(done), request.verifier)).body;
    // It is a third party: whoever takes its tokens says so.
    expect((await verify(open, tokens.access_token)).body).toMatchObject({ error: 'wrong_audience' });
    expect((await verify(open, tokens.access_token, `?client_id=${client.id}`)).status).toBe(200);
  });

  it('gives nothing that is not for strangers, whatever they write', async () => {
    const { status, body } = await register({
      ...WEB,
      first_party: true,
      introspect: true,
      password_login: true,
      require_pkce: false,
      is_built_in: true,
      access_token_ttl_seconds: 999_999_999,
      client_id: 'console',
      client_secret: 'a secret of my choice',
      logo_uri: 'https://evil.example/portaria.png',
      grant_types: ['authorization_code', 'client_credentials', 'password', 'implicit'],
      response_types: ['token'],
      scope: 'openid admin vault users.read',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ scope: 'openid', grant_types: ['authorization_code'] });
    expect(body.client_id).not.toBe('console');
    expect(body.client_secret).not.toBe('a secret of my choice');
    expect(JSON.stringify(body)).not.toContain('logo_uri');
    const client = await open.services.clients.get(body.client_id);
    expect(client).toMatchObject({ isFirstParty: false, isBuiltIn: false, isSelfRegistered: true });
    expect(client.metadata).toMatchObject({
      introspect: false,
      password_login: false,
      require_pkce: true,
      scope: 'openid',
    });
    expect(client.metadata.access_token_ttl_seconds).toBeUndefined();

    const machine = { id: body.client_id, secret: body.client_secret ?? '' };
    const token = await postForm(`${open.url}/oauth/token`, { grant_type: 'client_credentials' }, machine);
    expect(token.status).toBe(400);
    const greedy = authorizationRequest(open, { client_id: machine.id, scope: 'openid admin' });
    expect((await new Browser(open.url).get(greedy.url)).url).toContain('error=invalid_scope');
    const bare = new URL(greedy.url);
    for (const name of ['code_challenge', 'code_challenge_method']) bare.searchParams.delete(name);
    bare.searchParams.set('scope', 'openid');
    expect((await new Browser(open.url).get(bare.href)).url).toContain('error=invalid_request');
  });

  it('may be for the scopes of a resource, but not for ours that are not for strangers, though a resource knows them', async () => {
    await open.services.resources.create('https://notes.example.com', {
      scope: 'notes.read admin users.read',
    });
    const { body } = await register({ ...WEB, scope: 'notes.read admin users.read unheard.of' });
    expect(body.scope).toBe('notes.read');
  });

  it.each<[string, object, string]>([
    ['native', { redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'] }, 'native'],
    ['native', { redirect_uris: ['cursor://publisher.extension/callback'] }, 'native'],
    ['native', { redirect_uris: ['http://localhost:6274/oauth/callback'] }, 'native'],
    ['web', { redirect_uris: ['http://localhost:6274/cb'], application_type: 'web' }, 'web'],
  ])('takes a program for %s that returns to %j', async (_kind, metadata, kind) => {
    const answer = await register({ token_endpoint_auth_method: 'none', ...metadata });
    expect([answer.status, answer.body.application_type]).toEqual([201, kind]);
    expect(answer.body.client_secret).toBeUndefined();
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript://tickets.example.com/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'view-source:https://tickets.example.com/',
    'intent://tickets#Intent;end',
    'ms-msdt:/id',
    'http://tickets.example.com/callback',
    'https://tickets.example.com@evil.example/',
    'https://tickets.example.com/#code',
    'https://tickets.example.com/\u202Ecallback',
    '//tickets.example.com/callback',
    `https://tickets.example.com/${'x'.repeat(2_000)}`,
  ])('does not return people to %s', async (uri) => {
    for (const application_type of ['web', 'native', undefined]) {
      const { status, body } = await register({ redirect_uris: [uri], application_type });
      expect([status, body.error]).toEqual([
        400,
        expect.stringMatching(/^invalid_(redirect_uri|client_metadata)$/),
      ]);
    }
  });

  it.each<[string, unknown]>([
    ['a list', []],
    ['nothing', null],
    ['redirect URIs that are none', { redirect_uris: 'https://a.example.com/' }],
    ['redirect URIs of another kind', { redirect_uris: [{}] }],
    ['no redirect URI', { client_name: 'Notes' }],
    ['too many', { redirect_uris: Array.from({ length: 21 }, (_, n) => `https://a.example.com/${n}`) }],
    ['only machines', { ...WEB, grant_types: ['client_credentials'] }],
    ['another way to prove itself', { ...WEB, token_endpoint_auth_method: 'tls_client_auth' }],
    ['a key that it has not', { ...WEB, token_endpoint_auth_method: 'private_key_jwt' }],
    [
      'keys in clear text',
      { ...WEB, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://a.example.com' },
    ],
    ['a name that is none', { ...WEB, client_name: { toString: 'x' } }],
  ])('refuses metadata with %s, and nothing is left behind', async (_what, metadata) => {
    const before = await clientCount(open);
    const { status, body } = await register(metadata);
    expect([status, body.error]).toEqual([
      400,
      expect.stringMatching(/^invalid_(redirect_uri|client_metadata)$/),
    ]);
    expect(body.error_description).toBeTruthy();
    expect(await clientCount(open)).toBe(before);
  });

  it('refuses what is no JSON, or says that it is something else', async () => {
    expect((await register(undefined, { body: '{"redirect_uris":' })).status).toBe(400);
    const form = await postForm(`${open.url}/oauth/register`, { client_name: 'Notes' });
    expect(form.status).toBe(400);
  });

  it('shows people a name of one line that nobody has turned around', async () => {
    const name = `  Nor\u202Emal\u0007\n${'x'.repeat(300)}\u{1F600}`;
    const { body } = await register({ ...WEB, client_name: name });
    expect(body.client_name).toMatch(/^Nor mal x+$/);
    expect(body.client_name.length).toBeLessThanOrEqual(100);
    expect((await register({ redirect_uris: WEB.redirect_uris })).body.client_name).toBe(
      'tickets.example.com',
    );
  });

  it.each([
    'P\u043Ertaria',
    'Port\u0430ria Support',
    'N\u03BFtes',
    '\u0420ortaria',
    'P\u0585rtaria',
    'N\u0585tes',
    '\u13A2ickets',
    '\uA4D1\uA4F3\uA4E3\uA4D4\uA4EE\uA4E3\uA4F2\uA4EE',
    '\u1D18\u1D0F\u0280\u1D1B\u1D00\u0280\u026A\u1D00',
    'Port\u0251ria',
    'Portaria\u3164',
    'Port\u115Faria\uFFA0',
    '\u3164\u2800',
    `N\u0336${'\u0354'.repeat(40)}otes`,
  ])('shows the host of the program instead of a name that is dressed up as another (%s)', async (name) => {
    const { body } = await register({ ...WEB, client_name: name });
    expect(body.client_name).toBe('tickets.example.com');
  });

  it.each(['com.example.app://Portaria/back', 'https://portaria/back'])(
    'takes no name from an address either (%s)',
    async (uri) => {
      const { body } = await register({ client_name: 'Portaria', redirect_uris: [uri] });
      expect(body.client_name).toBe('Unnamed application');
    },
  );

  it.each([
    'Блокнот',
    'Блокнот Pro',
    'Σημειώσεις',
    '메모장 for Mac',
    'Anotações',
    'メモ帳',
    'LINEメモ',
    'ملاحظات',
  ])('shows an honest name in any alphabet (%s)', async (name) => {
    const { body } = await register({ ...WEB, client_name: name });
    expect(body.client_name).toBe(name);
  });

  it('takes nothing larger than an honest program has to say', async () => {
    const response = await fetch(`${open.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...WEB, software_statement: 'x'.repeat(9_000) }),
    });
    expect(response.status).toBe(413);
  });

  it('lets a program register a key of its own', async () => {
    const key = makeKey();
    const { body } = await register({
      ...WEB,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      dpop_bound_access_tokens: true,
    });
    expect(body).toMatchObject({ jwks: { keys: [key.jwk] }, dpop_bound_access_tokens: true });
    expect(body.client_secret).toBeUndefined();
    const answer = await postForm(`${open.url}/oauth/token`, {
      grant_type: 'authorization_code',
      code: 'none',
      ...assertion(key, body.client_id, open.url),
    });
    // Known by its key; there is only no such code.
    expect(answer.body.error).toBe('invalid_grant');
  });

  it('leaves a row in the audit, with the address', async () => {
    const from = newAddress();
    const { body } = await register(WEB, { from });
    const [row] = await open.services.auditStore.list({ limit: 1 });
    expect(row).toMatchObject({
      event: 'client.registered',
      clientId: body.client_id,
      address: from,
      details: { name: 'Notes' },
    });
  });

  it('takes twenty an hour from one address, and then says when to come back', async () => {
    const from = '2001:db8::1';
    for (let turn = 0; turn < 20; turn++) expect((await register(WEB, { from })).status).toBe(201);
    // The whole network of a person counts as one.
    const refused = await register(WEB, { from: '2001:db8::2' });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 60]).toEqual([429, true]);
    expect((await register(WEB)).status).toBe(201);
  });

  it('answers browsers of any origin: the page that registers is not known yet', async () => {
    const preflight = await fetch(`${open.url}/oauth/register`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.example.com',
    ]);
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('forgets after thirty days who was never used, and nobody else', async () => {
    const [unused, used, ours, young] = await Promise.all(
      [1, 2, 3, 4].map(
        async () => (await register({ ...WEB, token_endpoint_auth_method: 'none' })).body.client_id,
      ),
    );
    const request = authorizationRequest(open, { client_id: used ?? '' });
    const browser = new Browser(open.url);
    await browser.submit(await signIn(browser, request.url), { decision: 'allow' }, '/consent');
    await open.services.clients.update(ours ?? '', { isFirstParty: true });
    await open.database.database.query(
      `update clients set created_at = now() - interval '31 days' where id = any($1)`,
      [[unused, used, ours]],
    );
    // What the person allowed outlives the code and every token.
    await open.database.database.query('delete from tokens where client_id = $1', [used]);
    await open.services.registration.sweep();
    const left = await Promise.all(
      [unused, used, ours, young].map(
        async (id) => (await open.services.clientStore.find(id ?? '')) !== undefined,
      ),
    );
    expect(left).toEqual([false, true, true, true]);
    expect((await open.services.auditStore.list({ limit: 1 }))[0]).toMatchObject({
      event: 'client.deleted',
      clientId: unused,
    });
  });
});

describe('where a token is needed', () => {
  const token = async (seconds = 60) => (await closed.services.registration.makeToken(seconds)).token;

  it('registers one program with it', async () => {
    const bearer = await token();
    expect((await register(WEB, { node: closed, bearer })).status).toBe(201);
    const again = await register(WEB, { node: closed, bearer });
    expect([again.status, again.body.error]).toEqual([401, 'invalid_token']);
    expect(again.headers.get('www-authenticate')).toContain('invalid_token');
  });

  it('registers one, however many try at once over two nodes', async () => {
    const second = await startPortaria(
      { ISSUER: closed.url, REGISTRATION: 'token' },
      { database: closed.database },
    );
    try {
      const bearer = await token();
      const before = await clientCount(closed);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          register(WEB, { node: index % 2 === 0 ? closed : second, bearer }),
        ),
      );
      const counts = [201, 401].map((status) => answers.filter((one) => one.status === status).length);
      expect([...counts, (await clientCount(closed)) - before]).toEqual([1, 49, 1]);
    } finally {
      await second.stop();
    }
  });

  it('is not used up by what was refused', async () => {
    const bearer = await token();
    expect((await register({}, { node: closed, bearer })).status).toBe(400);
    expect((await register(WEB, { node: closed, bearer })).status).toBe(201);
  });

  it.each<[string, () => Promise<string>]>([
    ['no token', async () => ''],
    ['a made-up one', async () => 'ptr_reg_made-up'],
    ['the token of a person', async () => 'an-access-token'],
    [
      'one that is too old',
      async () => {
        const old = await token(60);
        const now = Date.now();
        jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000);
        return old;
      },
    ],
  ])('registers nobody with %s', async (_what, bearer) => {
    const before = await clientCount(closed);
    expect((await register(WEB, { node: closed, bearer: await bearer() })).status).toBe(401);
    expect(await clientCount(closed)).toBe(before);
  });

  it('keeps only a digest of it', async () => {
    const bearer = await token();
    const rows = await closed.database.database.query(
      `select t::text as row from one_time_tokens t where purpose = 'registration'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(bearer.slice(8));
  });
});
