// RFC 6749 §4.1, RFC 7636, OpenID Connect Core §3.1: a person signs in, a service gets tokens and knows who it is.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  postForm,
  refresh,
  REDIRECT_URI,
  signIn,
  tokensFor,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
let client: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());

describe('a person signs in to a service', () => {
  it('goes through the sign-in page and comes back with a code, the state and the issuer', async () => {
    const browser = new Browser(portaria.url);
    const { url } = authorizationRequest(portaria, { client_id: client.id });
    const page = await signIn(browser, url);
    const { origin, pathname, searchParams } = new URL(page.url);
    expect(origin + pathname).toBe(REDIRECT_URI);
    expect(searchParams.get('state')).toBe('the state of the client');
    expect(searchParams.get('iss')).toBe(portaria.url);
    expect(searchParams.get('code')).toHaveLength(43);
  });

  it('gives the service tokens that /api/verify, /api/user and userinfo agree on', async () => {
    const tokens = await tokensFor(portaria, client);
    expect(tokens).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.any(String),
    });
    const verified = await verify(portaria, tokens.access_token);
    expect(verified.status).toBe(200);
    expect(verified.body).toMatchObject({
      active: true,
      id: ana,
      sub: ana,
      oauth_id: ana,
      uid: ana,
      email: 'ana@example.com',
      email_verified: true,
      name: 'Ana',
      tier: 'free',
      client_id: 'tickets',
      token_type: 'Bearer',
    });
    const authorization = `Bearer ${tokens.access_token}`;
    const user = await (await fetch(`${portaria.url}/api/user`, { headers: { authorization } })).json();
    const userinfo = await (
      await fetch(`${portaria.url}/oauth/userinfo`, { headers: { authorization } })
    ).json();
    expect(user).toMatchObject({
      id: ana,
      name: 'Ana',
      email: 'ana@example.com',
      roles: [],
      permissions: [],
    });
    expect(userinfo).toMatchObject({ sub: ana, name: 'Ana', email: 'ana@example.com' });
  });

  it('shows whoever has a wrong password the form again, and no session', async () => {
    const browser = new Browser(portaria.url);
    const page = await browser.get(authorizationRequest(portaria, { client_id: client.id }).url);
    const again = await browser.submit(page, { login: 'ana', password: 'not the password' }, '/login');
    expect(again.status).toBe(400);
    expect(again.text).toContain('not right');
    expect(browser.cookies.map(({ name }) => name)).not.toContain('portaria_session');
  });

  it('remembers the person for the next service, without a page', async () => {
    const browser = new Browser(portaria.url);
    await signIn(browser, authorizationRequest(portaria, { client_id: client.id }).url);
    await addClient(portaria, 'second-service');
    const page = await browser.get(authorizationRequest(portaria, { client_id: 'second-service' }).url);
    expect(codeIn(page)).toHaveLength(43);
  });

  it('lets a person go back without signing in: access_denied for the client', async () => {
    const browser = new Browser(portaria.url);
    const page = await browser.get(authorizationRequest(portaria, { client_id: client.id }).url);
    const back = await browser.submit(page, {}, '/abort');
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
  });

  it('does not continue a sign-in in another browser', async () => {
    const page = await new Browser(portaria.url).get(
      authorizationRequest(portaria, { client_id: client.id }).url,
    );
    const stranger = new Browser(portaria.url);
    const refused = await stranger.get(page.url);
    expect(refused.status).toBe(400);
    const posted = await stranger.submit(page, { login: 'ana', password: 'whatever it is' }, '/login');
    expect(posted.status).toBe(400);
    expect(stranger.cookies).toEqual([]);
  });
});

describe('the authorization endpoint refuses', () => {
  it('an unregistered redirect URI with a page, never with a redirect (RFC 6749 §4.1.2.1)', async () => {
    const browser = new Browser(portaria.url);
    const { url } = authorizationRequest(portaria, {
      client_id: client.id,
      redirect_uri: 'https://evil.example.com/',
    });
    const page = await browser.get(url);
    expect(page.status).toBe(400);
    expect(page.url.startsWith(portaria.url)).toBe(true);
    expect(page.text).not.toContain('href="https://evil.example.com');
  });

  it('an unknown client with a page', async () => {
    const page = await new Browser(portaria.url).get(
      authorizationRequest(portaria, { client_id: 'nobody' }).url,
    );
    expect(page.status).toBe(400);
  });

  it('a request without PKCE (RFC 7636 §4.4.1)', async () => {
    const url = new URL(authorizationRequest(portaria, { client_id: client.id }).url);
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const page = await new Browser(portaria.url).get(url.href);
    expect(new URL(page.url).searchParams.get('error')).toBe('invalid_request');
  });

  it.each(['id_token', 'token', 'code id_token'])('the response type %s', async (type) => {
    const { url } = authorizationRequest(portaria, { client_id: client.id, response_type: type, nonce: 'n' });
    const page = await new Browser(portaria.url).get(url);
    expect(page.url).toContain('unsupported_response_type');
  });

  it('a NUL character with 400', async () => {
    const page = await new Browser(portaria.url).get(
      `${authorizationRequest(portaria, { client_id: client.id }).url}&login_hint=a%00b`,
    );
    expect(page.status).toBe(400);
  });
});

describe('the token endpoint', () => {
  it('refuses a wrong code verifier', async () => {
    const browser = new Browser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: client.id });
    const code = codeIn(await signIn(browser, request.url));
    const answer = await exchange(portaria, client, code, 'x'.repeat(43));
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
  });

  it('refuses a code that was already used, and ends what it gave', async () => {
    const browser = new Browser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: client.id });
    const code = codeIn(await signIn(browser, request.url));
    const first = await exchange(portaria, client, code, request.verifier);
    expect(first.status).toBe(200);
    const second = await exchange(portaria, client, code, request.verifier);
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
    expect((await verify(portaria, first.body.access_token)).status).toBe(401);
  });

  it('refreshes with rotation: the old refresh token gives way to a new one', async () => {
    const tokens = await tokensFor(portaria, client);
    const refreshed = await refresh(portaria, client, tokens.refresh_token ?? '');
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.refresh_token).not.toBe(tokens.refresh_token);
    expect((await verify(portaria, refreshed.body.access_token)).status).toBe(200);
  });

  it('refuses a wrong client secret with 401 and invalid_client', async () => {
    const answer = await postForm(
      `${portaria.url}/oauth/token`,
      { grant_type: 'client_credentials' },
      { id: client.id, secret: 'not the secret' },
    );
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
  });
});

describe('what a program that is no OpenID client does works too', () => {
  it('follows the Laravel controller: read write, no PKCE, JSON at the token endpoint', async () => {
    const laravel = await addClient(portaria, 'laravel', { requirePkce: false });
    const browser = new Browser(portaria.url);
    const query = new URLSearchParams({
      client_id: laravel.id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'read write',
    });
    const code = codeIn(await signIn(browser, `${portaria.url}/oauth/authorize?${query}`));
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        grant_type: 'authorization_code',
        client_id: laravel.id,
        client_secret: laravel.secret,
        redirect_uri: REDIRECT_URI,
        code,
      }),
    });
    const tokens = (await response.json()) as { access_token: string; scope: string };
    expect(response.status).toBe(200);
    expect(tokens.scope).toBe('read write');
    const user = await fetch(`${portaria.url}/api/user`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(await user.json()).toMatchObject({ id: ana, name: 'Ana', email: 'ana@example.com' });
    expect((await verify(portaria, tokens.access_token)).status).toBe(200);
  });

  it('gives a request without any scope the scope read', async () => {
    const browser = new Browser(portaria.url);
    const request = authorizationRequest(portaria, { client_id: client.id, scope: '' });
    const code = codeIn(await signIn(browser, request.url));
    const answer = await exchange(portaria, client, code, request.verifier);
    expect(answer.body.scope).toBe('read');
  });

  it('refuses nested JSON at the token endpoint with a sentence', async () => {
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: { $ne: 1 } }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: 'invalid_request',
      error_description: expect.any(String),
    });
  });

  it('takes a public client with an empty Basic secret for what it is', async () => {
    const answer = await postForm<{ device_code: string }>(
      `${portaria.url}/oauth/device_authorization`,
      { scope: 'openid' },
      { id: 'cli', secret: '' },
    );
    expect(answer.status).toBe(200);
  });
});
