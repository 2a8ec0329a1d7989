// An independent implementation talks to us: openid-client, certified by the OpenID Foundation, checks what we say as
// any service would. One story for each thing that services do.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as openid from 'openid-client';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, REDIRECT_URI, signIn, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { approveDevice, signOut, type DeviceAnswer } from '../support/walks.ts';

const GOODBYE = 'https://tickets.example.com/goodbye';

let portaria: Portaria;
let ana: string;
let service: openid.Configuration;
let program: openid.Configuration;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  const { id, secret } = await addClient(portaria, 'tickets', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    postLogoutRedirectUris: [GOODBYE],
  });
  const issuer = new URL(portaria.url);
  const options = { execute: [openid.allowInsecureRequests] };
  service = await openid.discovery(issuer, id, secret, openid.ClientSecretBasic(secret), options);
  program = await openid.discovery(issuer, 'cli', undefined, openid.None(), {
    ...options,
    algorithm: 'oauth2',
  });
});
afterAll(() => portaria.stop());

/** Code with PKCE, state and nonce, every check switched on. */
async function signInAtService(browser = new CarefulBrowser(portaria.url), scope = 'openid profile email') {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(service, {
    redirect_uri: REDIRECT_URI,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const callback = new URL((await signIn(browser, url.href)).url);
  return openid.authorizationCodeGrant(service, callback, { pkceCodeVerifier, expectedState, expectedNonce });
}

describe('openid-client', () => {
  it('finds everything in the metadata (OpenID Connect Discovery §4, RFC 8414)', () => {
    for (const configuration of [service, program]) {
      expect(configuration.serverMetadata()).toMatchObject({
        issuer: portaria.url,
        authorization_endpoint: `${portaria.url}/oauth/authorize`,
        token_endpoint: `${portaria.url}/oauth/token`,
        device_authorization_endpoint: `${portaria.url}/oauth/device_authorization`,
        introspection_endpoint: `${portaria.url}/oauth/introspect`,
        revocation_endpoint: `${portaria.url}/oauth/revoke`,
        userinfo_endpoint: `${portaria.url}/oauth/userinfo`,
        end_session_endpoint: `${portaria.url}/oauth/logout`,
        jwks_uri: `${portaria.url}/.well-known/jwks.json`,
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        subject_types_supported: ['public'],
      });
    }
    const { response_types_supported: types = [], id_token_signing_alg_values_supported: algorithms = [] } =
      service.serverMetadata();
    expect(types).toContain('code');
    expect(types.filter((type) => type.includes('token'))).toEqual([]);
    expect([...algorithms].sort()).toEqual(['ES256', 'EdDSA', 'RS256']);
  });

  it('signs a person in by code and PKCE, and believes the ID token with its signature and the userinfo', async () => {
    openid.enableNonRepudiationChecks(service);
    const tokens = await signInAtService();
    expect(tokens.claims()).toMatchObject({ iss: portaria.url, aud: 'tickets', sub: ana });
    const person = await openid.fetchUserInfo(service, tokens.access_token, ana);
    expect(person).toMatchObject({ sub: ana, name: 'Ana', email: 'ana@example.com', email_verified: true });
  });

  // The second one is a word that only we may say.
  it.each<[string, Record<string, string>, number]>([
    ['openid', { portaria_offline: '1' }, 401],
    ['openid offline_access', {}, 200],
  ])(
    'signs a person in by a pushed request (RFC 9126): the scope %s with %j, after a sign-out %i',
    async (scope, more, status) => {
      const browser = new CarefulBrowser(portaria.url);
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const url = await openid.buildAuthorizationUrlWithPAR(service, {
        redirect_uri: REDIRECT_URI,
        scope,
        ...more,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      });
      const page = await signIn(browser, url.href);
      const tokens = await openid.authorizationCodeGrant(service, new URL(page.url), { pkceCodeVerifier });
      expect(tokens.claims()?.sub).toBe(ana);
      await signOut(browser);
      expect((await verify(portaria, tokens.access_token)).status).toBe(status);
    },
  );

  it('refreshes, and gets a new refresh token each time', async () => {
    const { refresh_token: first = '' } = await signInAtService();
    const second = await openid.refreshTokenGrant(service, first);
    expect(second.refresh_token).not.toBe(first);
    expect(second.claims()?.sub).toBe(ana);
    const third = await openid.refreshTokenGrant(service, second.refresh_token ?? '');
    expect((await verify(portaria, third.access_token)).status).toBe(200);
  });

  it('gets a token of its own by client credentials', async () => {
    const { access_token: token } = await openid.clientCredentialsGrant(service, { scope: 'read' });
    expect((await verify(portaria, token)).body['error']).toBe('user_required');
    expect((await verify(portaria, token, '?allow=client')).body).toMatchObject({
      client_id: 'tickets',
      scope: 'read',
    });
  });

  it('learns by introspection whether a token is alive (RFC 7662)', async () => {
    const { access_token: token } = await signInAtService();
    expect(await openid.tokenIntrospection(service, token)).toMatchObject({
      active: true,
      client_id: 'tickets',
      sub: ana,
      scope: 'openid profile email',
      token_type: 'Bearer',
    });
    expect(await openid.tokenIntrospection(service, 'made-up')).toEqual({ active: false });
  });

  it('revokes an access token alone and a refresh token with all it gave (RFC 7009 §2.1)', async () => {
    const { access_token: token, refresh_token: refreshToken = '' } = await signInAtService();
    await openid.tokenRevocation(service, token);
    expect(await openid.tokenIntrospection(service, token)).toEqual({ active: false });
    const { access_token: next, refresh_token: last = '' } = await openid.refreshTokenGrant(
      service,
      refreshToken,
    );
    await openid.tokenRevocation(service, last);
    expect((await verify(portaria, next)).status).toBe(401);
    await expect(openid.refreshTokenGrant(service, last)).rejects.toMatchObject({ error: 'invalid_grant' });
    await openid.tokenRevocation(service, 'made-up');
  });

  it('signs a person in on a device (RFC 8628)', async () => {
    const device = await openid.initiateDeviceAuthorization(program, { scope: 'openid offline_access' });
    expect(device.interval).toBe(5);
    await approveDevice(new CarefulBrowser(portaria.url), device as DeviceAnswer);
    // The first poll at once, instead of after five seconds.
    const tokens = await openid.pollDeviceAuthorizationGrant(program, { ...device, interval: 0.05 });
    expect((await verify(portaria, tokens.access_token)).body).toMatchObject({ sub: ana, client_id: 'cli' });
    const next = await openid.refreshTokenGrant(program, tokens.refresh_token ?? '');
    expect((await verify(portaria, next.access_token)).status).toBe(200);
  });

  it('signs a person out and gets them back', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const tokens = await signInAtService(browser);
    const url = openid.buildEndSessionUrl(service, {
      post_logout_redirect_uri: GOODBYE,
      id_token_hint: tokens.id_token ?? '',
      state: 'the state',
    });
    const back = await browser.get(url.href);
    expect(back.url).toBe(`${GOODBYE}?state=the+state`);
    expect(await openid.tokenIntrospection(service, tokens.access_token)).toEqual({ active: false });
  });
});
