// Any OpenID provider: what is asked of it, when, and what of its answers is believed.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OidcConnector } from '../../src/connectors/oidc.ts';
import { freePort } from '../support/ports.ts';
import {
  bento,
  startPretendUpstream,
  type Lie,
  type PretendUpstream,
  type TokenLie,
} from '../support/pretend-upstream.ts';

const CALLBACK = 'https://login.example.com/connect/example/callback';
const DISCOVERY = '/.well-known/openid-configuration';
const failed = { status: 502, code: 'upstream_failed' };

let upstream: PretendUpstream;
let connector: OidcConnector;

beforeAll(async () => {
  upstream = await startPretendUpstream();
  connector = connectorFor(upstream);
});
afterAll(() => upstream.close());
afterEach(() => {
  jest.restoreAllMocks();
  Object.assign(upstream, { claims: bento, notInIdToken: [], tokenLie: undefined, iss: upstream.url });
  for (const name of Object.keys(upstream.metadata)) delete upstream.metadata[name];
  upstream.lies.clear();
  upstream.people.clear();
  upstream.requests.length = 0;
});

function connectorFor(
  { url, clientId, clientSecret }: PretendUpstream,
  { issuer = url, timeoutMs = 300 } = {},
): OidcConnector {
  const settings = { id: 'example', label: 'Example', issuer, clientId, clientSecret };
  return new OidcConnector({ ...settings, callbackUrl: CALLBACK, timeoutMs });
}

/** To the provider and back, as a browser goes. */
async function signIn(through = connector) {
  const { redirectTo, memory } = await through.start('the-state');
  const answer = await fetch(redirectTo, { redirect: 'manual' });
  const { code = '', iss } = Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams);
  return through.finish(code, memory, { iss });
}

describe('somebody who is sent to a provider', () => {
  it('brings state, nonce, a PKCE challenge (RFC 7636 S256) and our callback along', async () => {
    const { redirectTo, memory } = await connector.start('the-state');
    const url = new URL(redirectTo);
    expect(url.origin + url.pathname).toBe(`${upstream.url}/authorize`);
    const { nonce, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'pretend client',
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      state: 'the-state',
      code_challenge_method: 'S256',
    });
    expect([nonce, challenge]).toEqual([memory['nonce'], expect.stringMatching(/^[\w-]{43}$/)]);
    expect(redirectTo).not.toContain(memory['verifier']);
  });

  it('comes back as the subject of the ID token, with what the provider vouches for', async () => {
    expect(await signIn()).toEqual({
      subject: 'bento-of-the-upstream',
      username: 'bento',
      name: 'Bento Example',
      email: 'bento@example.com',
      emailVerified: true,
      picture: 'https://pictures.example.com/bento.png',
      locale: 'pt-BR',
    });
    expect(upstream.requests).not.toContain('/userinfo');
  });

  it('is asked about at /userinfo when the ID token is small (OpenID Connect Core §5.4)', async () => {
    upstream.notInIdToken = ['name', 'email', 'email_verified', 'picture'];
    expect(await signIn()).toMatchObject({
      name: 'Bento Example',
      email: 'bento@example.com',
      emailVerified: true,
    });
  });

  it.each(['client_secret_post', 'client_secret_basic'])('is a code that we exchange by %s', async (way) => {
    upstream.metadata['token_endpoint_auth_methods_supported'] = [way];
    expect(await signIn(connectorFor(upstream))).toMatchObject({ subject: bento.sub });
  });
});

describe('an address', () => {
  it.each([
    ['the provider says so', { email_verified: false }],
    ['the provider does not say', { email_verified: undefined }],
    ['"true" is only a word', { email_verified: 'true' }],
    ['there is none', { email: undefined }],
  ])('is not verified when %s', async (_, claims) => {
    upstream.claims = { ...bento, ...claims };
    expect(await signIn()).toMatchObject({ emailVerified: false });
  });

  it('of the ID token is not verified by what /userinfo says of another address', async () => {
    upstream.claims = { ...bento, email: 'victim@example.com', email_verified: undefined, name: undefined };
    upstream.people.set('/userinfo', { sub: bento.sub, email: 'own@example.com', email_verified: true });
    expect(await signIn()).toMatchObject({ email: 'victim@example.com', emailVerified: false });
  });
});

describe('a provider that lies', () => {
  it.each<TokenLie>([
    'none at all',
    'unsigned',
    'signed with the secret',
    'signed with the public key as a secret',
    'signed by another key',
    'for another audience',
    'for several audiences',
    'of another issuer',
    'without a nonce',
    'with another nonce',
    'expired',
    'without a subject',
  ])('is not believed: an ID token %s', async (lie) => {
    upstream.tokenLie = lie;
    await expect(signIn()).rejects.toMatchObject(failed);
  });

  it.each([
    ['empty', ''],
    ['a number', 7],
    ['endless', 'x'.repeat(256)],
    ['with a NUL', 'a\0b'],
    ['half a character', 'a\ud800'],
  ])('is not believed: a subject that is %s', async (_, sub) => {
    upstream.claims = { ...bento, sub };
    await expect(signIn()).rejects.toMatchObject(failed);
  });

  it('is not believed when /userinfo is about somebody else (OpenID Connect Core §5.3.2)', async () => {
    upstream.notInIdToken = ['email'];
    upstream.people.set('/userinfo', { ...bento, sub: 'somebody else' });
    await expect(signIn()).rejects.toMatchObject(failed);
  });

  it('is not asked for a token when the redirect names another issuer, or none (RFC 9207 §2.4)', async () => {
    for (const iss of ['https://elsewhere.example.com', `${upstream.url}/`, null]) {
      upstream.iss = iss;
      await expect(signIn()).rejects.toMatchObject(failed);
    }
    expect(upstream.requests).not.toContain('/token');
  });

  it('is not followed when it calls itself by another name', async () => {
    upstream.metadata['issuer'] = 'https://elsewhere.example.com';
    await expect(signIn(connectorFor(upstream))).rejects.toMatchObject(failed);
  });

  it('sends nobody to an address that is no web address', async () => {
    upstream.metadata['authorization_endpoint'] = 'javascript:alert(1)';
    await expect(signIn(connectorFor(upstream))).rejects.toMatchObject(failed);
  });
});

describe('a provider that is broken', () => {
  const paths = [DISCOVERY, '/token', '/jwks', '/userinfo'];
  const lies: Lie[] = ['500', 'not JSON', 'null', 'endless', 'redirect', 'cut off', 'silence', 'limited'];

  it.each(paths.flatMap((path) => lies.map((lie): [string, Lie] => [path, lie])))(
    'ends in a refusal that says why to the log: %s says %s',
    async (path, lie) => {
      upstream.notInIdToken = ['email'];
      upstream.lies.set(path, lie);
      const fault: unknown = await signIn(connectorFor(upstream)).catch((error: unknown) => error);
      expect(fault).toMatchObject({ ...failed, cause: { message: expect.stringMatching(/\w{5}/) } });
      expect(upstream.requests).not.toContain('/elsewhere');
      const told = everythingIn(fault);
      for (const secret of upstream.secrets) expect(told).not.toContain(secret);
    },
  );

  it.each(paths)('is not read to an end that does not come: %s', async (path) => {
    upstream.notInIdToken = ['email'];
    upstream.lies.set(path, 'endless');
    // Time enough, so that it is the size that ends it.
    await expect(signIn(connectorFor(upstream, { timeoutMs: 4_000 }))).rejects.toMatchObject({
      ...failed,
      cause: { message: expect.stringContaining('sent more than 262144 bytes') },
    });
  });

  it('tells the log what it calls its refusal', async () => {
    const { memory } = await connector.start('the-state');
    const refused = connector.finish('made-up', memory, { iss: upstream.url });
    await expect(refused).rejects.toMatchObject({
      ...failed,
      cause: { message: expect.stringContaining('invalid_grant') },
    });
  });

  it('is down when we start, and serves once it is there', async () => {
    const port = await freePort();
    const late = connectorFor(upstream, { issuer: `http://127.0.0.1:${port}` });
    await expect(late.start('the-state')).rejects.toMatchObject(failed);
    const arrived = await startPretendUpstream(port);
    expect((await late.start('the-state')).redirectTo).toContain(`:${port}/authorize?`);
    await arrived.close();
  });

  it('is asked about itself once, by however many wait, and again after an hour', async () => {
    const fresh = connectorFor(upstream);
    const asked = () => upstream.requests.filter((path) => path === DISCOVERY).length;
    await Promise.all(Array.from({ length: 20 }, () => fresh.start('the-state')));
    expect(asked()).toBe(1);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61 * 60 * 1000);
    await fresh.start('the-state');
    expect(asked()).toBe(2);
  });

  it('is remembered when it cannot be asked again, and asked once a minute until it can', async () => {
    const known = connectorFor(upstream);
    await known.start('the-state');
    const asked = async (minutesLater: number) => {
      jest.spyOn(Date, 'now').mockReturnValue(now + minutesLater * 60_000);
      upstream.requests.length = 0;
      expect((await known.start('the-state')).redirectTo).toContain('/authorize?');
      return upstream.requests.includes(DISCOVERY);
    };
    const now = Date.now();
    upstream.lies.set(DISCOVERY, '500');
    expect([await asked(180), await asked(180.5), await asked(182)]).toEqual([true, false, true]);
    upstream.lies.clear();
    expect([await asked(184), await asked(240)]).toEqual([true, false]);
  });

  it('may change its key', async () => {
    const other = connectorFor(upstream);
    await signIn(other);
    upstream.rotate();
    const later = Date.now() + 2 * 60 * 1000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(await signIn(other)).toMatchObject({ subject: bento.sub });
  });
});

/** An error and all its causes, as a log would show them. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return [error.message, error.stack, JSON.stringify(error), error.cause && everythingIn(error.cause)].join(
    '\n',
  );
}
