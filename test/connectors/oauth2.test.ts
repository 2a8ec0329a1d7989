// Plain OAuth 2.0 upstreams: Kakao and Naver with their own ways, and whatever settings describe.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connector, Profile } from '../../src/connectors/connector.ts';
import { KakaoConnector } from '../../src/connectors/kakao.ts';
import { NaverConnector } from '../../src/connectors/naver.ts';
import { OAuth2Connector, profileByFields, type OAuth2Options } from '../../src/connectors/oauth2.ts';
import { startPretendUpstream, type Lie, type PretendUpstream } from '../support/pretend-upstream.ts';

const CALLBACK = 'https://login.example.com/connect/example/callback';
const failed = { status: 502, code: 'upstream_failed' };

const kakaoPerson = {
  id: 4_000_000_001,
  kakao_account: {
    profile: { nickname: '보리', profile_image_url: 'https://pictures.example.com/bori.png' },
    email: 'bori@example.com',
    is_email_valid: true,
    is_email_verified: true,
  },
};
const naverPerson = {
  resultcode: '00',
  message: 'success',
  response: { id: 'naver-of-bori', name: '보리', nickname: 'bori', email: 'bori@example.com' },
};
const plainPerson = {
  id: 'p-1',
  name: 'Pia Example',
  login: 'pia',
  email: 'pia@example.com',
  confirmed: true,
};

let upstream: PretendUpstream;

beforeAll(async () => {
  upstream = await startPretendUpstream();
});
afterAll(() => upstream.close());
afterEach(() => {
  upstream.lies.clear();
  upstream.people.clear();
  upstream.iss = upstream.url;
  upstream.requests.length = 0;
});

function credentials() {
  const { clientId, clientSecret } = upstream;
  return { clientId, clientSecret, callbackUrl: CALLBACK, timeoutMs: 300 };
}

function kakao(person: unknown = kakaoPerson): KakaoConnector {
  upstream.people.set('/v2/user/me', person);
  return new KakaoConnector({ ...credentials(), url: upstream.url, apiUrl: upstream.url });
}

function naver(person: unknown = naverPerson): NaverConnector {
  upstream.people.set('/v1/nid/me', person);
  return new NaverConnector({ ...credentials(), url: upstream.url, apiUrl: upstream.url });
}

function plain(person: unknown = plainPerson, options: Partial<OAuth2Options> = {}): OAuth2Connector {
  upstream.people.set('/plain/user', person);
  return new OAuth2Connector({
    ...credentials(),
    id: 'example',
    label: 'Example',
    authorizationUrl: `${upstream.url}/plain/authorize?audience=people`,
    tokenUrl: `${upstream.url}/plain/token`,
    userUrl: `${upstream.url}/plain/user`,
    scope: 'profile email',
    pkce: true,
    tokenAuth: 'post',
    profileOf: profileByFields(
      { subject: 'id', name: 'name', username: 'login', email: 'email', emailVerified: 'confirmed' },
      'Example',
    ),
    ...options,
  });
}

/** To the upstream and back, as a browser goes. */
async function signIn(connector: Connector): Promise<Profile> {
  const { redirectTo, memory } = await connector.start('the-state');
  const answer = await fetch(redirectTo, { redirect: 'manual' });
  const { code = '', iss } = Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams);
  return connector.finish(code, memory, { iss });
}

async function parametersOf(connector: Connector): Promise<Record<string, string>> {
  return Object.fromEntries(new URL((await connector.start('the-state')).redirectTo).searchParams);
}

describe('Kakao', () => {
  it('knows people by number', async () => {
    expect(await signIn(kakao())).toEqual({
      subject: '4000000001',
      name: '보리',
      email: 'bori@example.com',
      emailVerified: true,
      picture: 'https://pictures.example.com/bori.png',
    });
  });

  it('is asked for what its console says, with PKCE', async () => {
    const { code_challenge: challenge, ...rest } = await parametersOf(kakao());
    expect(challenge).toMatch(/^[\w-]{43}$/);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: upstream.clientId,
      redirect_uri: CALLBACK,
      state: 'the-state',
      code_challenge_method: 'S256',
    });
  });

  it.each([
    ['is not valid any more', { is_email_valid: false }],
    ['is not verified', { is_email_verified: false }],
    ['is of unknown validity', { is_email_valid: undefined }],
    ['is verified by a word', { is_email_verified: 'true' }],
  ])('vouches for no address that %s', async (_, fields) => {
    const account = { ...kakaoPerson.kakao_account, ...fields };
    expect(await signIn(kakao({ ...kakaoPerson, kakao_account: account }))).toMatchObject({
      emailVerified: false,
    });
  });

  it('lets people keep name and address to themselves', async () => {
    expect(await signIn(kakao({ id: 7 }))).toEqual({
      subject: '7',
      name: 'Kakao',
      email: undefined,
      emailVerified: false,
      picture: undefined,
    });
  });

  it.each([['7'], [0], [1.5], [2 ** 60], [null], [undefined]])('names nobody by the id %j', async (id) => {
    await expect(signIn(kakao({ ...kakaoPerson, id }))).rejects.toMatchObject(failed);
  });
});

describe('Naver', () => {
  it('knows people by a text, in an envelope, and verifies no address', async () => {
    expect(await signIn(naver())).toEqual({
      subject: 'naver-of-bori',
      name: '보리',
      email: 'bori@example.com',
      emailVerified: false,
      picture: undefined,
    });
  });

  it('verifies no address whatever it says', async () => {
    const response = { ...naverPerson.response, email_verified: true, is_email_verified: true };
    expect(await signIn(naver({ ...naverPerson, response }))).toMatchObject({ emailVerified: false });
  });

  it.each([
    ['another result', { ...naverPerson, resultcode: '024' }],
    ['no result', { response: naverPerson.response }],
    ['a number for a result', { ...naverPerson, resultcode: 0 }],
    ['no envelope', naverPerson.response],
    ['nobody in it', { resultcode: '00', response: {} }],
  ])('names nobody with %s', async (_, person) => {
    await expect(signIn(naver(person))).rejects.toMatchObject(failed);
  });

  it('is not believed when it refuses a code with 200', async () => {
    const connector = naver();
    const { memory } = await connector.start('the-state');
    await expect(connector.finish('made-up', memory)).rejects.toMatchObject({
      ...failed,
      cause: { message: expect.stringContaining('invalid_grant') },
    });
  });
});

describe('an upstream that settings describe', () => {
  it('is believed about the fields that they name', async () => {
    expect(await signIn(plain())).toEqual({
      subject: 'p-1',
      username: 'pia',
      name: 'Pia Example',
      email: 'pia@example.com',
      emailVerified: true,
      picture: undefined,
      locale: undefined,
    });
  });

  it('may have its fields further down', async () => {
    const profileOf = profileByFields({ subject: 'data.user.id', email: 'data.mails.0' }, 'Example');
    const person = { data: { user: { id: 12 }, mails: ['pia@example.com'] } };
    expect(await signIn(plain(person, { profileOf }))).toMatchObject({
      subject: '12',
      name: 'pia@example.com',
      emailVerified: false,
    });
  });

  it('has no person in what every object inherits', async () => {
    const profileOf = profileByFields({ subject: 'constructor.name' }, 'Example');
    await expect(signIn(plain({}, { profileOf }))).rejects.toMatchObject(failed);
  });

  it('gets the parameters that its address has already, the scope, and PKCE unless it is switched off', async () => {
    expect(await parametersOf(plain())).toMatchObject({
      audience: 'people',
      scope: 'profile email',
      code_challenge_method: 'S256',
    });
    const without = plain(plainPerson, { pkce: false });
    expect(Object.keys(await parametersOf(without))).not.toContain('code_challenge');
    expect(await signIn(without)).toMatchObject({ subject: 'p-1' });
  });

  it('gets the secret in the header when it wants it there (RFC 6749 §2.3.1)', async () => {
    expect(await signIn(plain(plainPerson, { tokenAuth: 'basic' }))).toMatchObject({ subject: 'p-1' });
  });

  it('has to be who answered, when it has an issuer (RFC 9207 §2.4)', async () => {
    const connector = plain(plainPerson, { issuer: upstream.url });
    expect(await signIn(connector)).toMatchObject({ subject: 'p-1' });
    upstream.requests.length = 0;
    for (const iss of ['https://elsewhere.example.com', null]) {
      upstream.iss = iss;
      await expect(signIn(connector)).rejects.toMatchObject(failed);
    }
    expect(upstream.requests).not.toContain('/plain/token');
  });

  it('does not take the code of another sign-in: its verifier is missing (RFC 7636 §4.6)', async () => {
    const connector = plain();
    const stolen = await connector.start('the-state');
    const own = await connector.start('another-state');
    const answer = await fetch(stolen.redirectTo, { redirect: 'manual' });
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
    await expect(connector.finish(code, own.memory)).rejects.toMatchObject(failed);
  });
});

describe('an upstream that is broken', () => {
  const ways: [string, () => Connector, string[]][] = [
    ['Kakao', () => kakao(), ['/oauth/token', '/v2/user/me']],
    ['Naver', () => naver(), ['/oauth2.0/token', '/v1/nid/me']],
    ['another', () => plain(), ['/plain/token', '/plain/user']],
  ];
  const lies: Lie[] = ['500', 'not JSON', 'null', 'endless', 'redirect', 'cut off', 'silence', 'forbidden'];

  it.each(
    ways.flatMap(([name, make, paths]) =>
      paths.flatMap((path) => lies.map((lie) => [name, path, lie, make] as const)),
    ),
  )('ends in a refusal (%s, %s: %s)', async (_, path, lie, make) => {
    upstream.lies.set(path, lie);
    const fault: unknown = await signIn(make()).catch((error: unknown) => error);
    expect(fault).toMatchObject(failed);
    const { message, cause, stack } = fault as Error & { cause: Error };
    expect(upstream.requests).not.toContain('/elsewhere');
    for (const secret of upstream.secrets)
      expect([message, stack, cause.message, cause.stack].join()).not.toContain(secret);
  });

  it.each(['/plain/token', '/plain/user'])('is not read to an end that does not come: %s', async (path) => {
    upstream.lies.set(path, 'endless');
    // Time enough, so that it is the size that ends it.
    await expect(signIn(plain(plainPerson, { timeoutMs: 4_000 }))).rejects.toMatchObject({
      ...failed,
      cause: { message: expect.stringContaining('sent more than 262144 bytes') },
    });
  });
});
