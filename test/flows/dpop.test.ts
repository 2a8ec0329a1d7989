// RFC 9449: tokens that are bound to a key of the client. A stolen one is worth nothing without the key, wherever it is
// shown, and at every node: what a proof is made for is the issuer's address, whatever address the node has.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  postForm,
  REDIRECT_URI,
  signIn,
  signInForCode,
  verify,
  type Answer,
  type TokenAnswer,
} from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { dpopProof, makeKey, seconds, type Key, type ProofInput } from '../support/proofs.ts';

let first: Portaria;
let second: Portaria;
let client: { id: string; secret: string };
let machine: { id: string; secret: string };
let key: Key;

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  await addPerson(first);
  client = await addClient(first, 'tickets');
  machine = await addClient(first, 'machine', { grantTypes: ['client_credentials'], scope: 'read' });
  key = makeKey();
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await second.stop();
  await first.stop();
});

const tokenUrl = () => `${first.url}/oauth/token`;

function proven(fields: Record<string, string>, input: Partial<ProofInput> = {}, by = key): Promise<Answer> {
  const dpop = dpopProof(by, { url: tokenUrl(), ...input });
  return postForm(`${second.address}/oauth/token`, fields, client, { dpop });
}

function codeFields(parameters: Record<string, string> = {}): Promise<Record<string, string>> {
  return signInForCode(first, { client_id: client.id, ...parameters });
}

async function boundTokens(): Promise<TokenAnswer> {
  const answer = await proven(await codeFields());
  expect([answer.status, answer.body.token_type]).toEqual([200, 'DPoP']);
  return answer.body;
}

async function userinfo(authorization: string, proof?: string): Promise<Response> {
  const headers = { authorization, ...(proof && { dpop: proof }) };
  return fetch(`${second.address}/oauth/userinfo`, { headers });
}

const userinfoProof = (accessToken: string, by = key, claims: object = {}) =>
  dpopProof(by, { url: `${first.url}/oauth/userinfo`, method: 'GET', accessToken, claims });

describe('a token that was asked for with a proof', () => {
  it('is bound to its key, and introspection names the key', async () => {
    const { access_token: token } = await boundTokens();
    const answer = await postForm<Record<string, unknown>>(
      `${first.url}/oauth/introspect`,
      { token },
      client,
    );
    expect(answer.body).toMatchObject({
      active: true,
      token_type: 'DPoP',
      cnf: { jkt: key.thumbprint },
    });
  });

  it('opens userinfo with a proof for this very token', async () => {
    const { access_token: token } = await boundTokens();
    const answer = await userinfo(`DPoP ${token}`, userinfoProof(token));
    expect([answer.status, await answer.json()]).toMatchObject([200, { email: 'ana@example.com' }]);
  });

  it('is no bearer: verify, user and userinfo refuse it with 401 (§7.2)', async () => {
    const { access_token: token } = await boundTokens();
    expect(await verify(first, token)).toMatchObject({
      status: 401,
      body: { active: false, error: 'invalid_token' },
    });
    for (const path of ['/api/user', '/oauth/userinfo']) {
      const answer = await fetch(`${first.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect([path, answer.status]).toEqual([path, 401]);
      expect(answer.headers.get('www-authenticate')).toContain('invalid_token');
    }
  });

  it('is worth nothing to a thief with a key of their own, or with a proof for another token', async () => {
    const { access_token: token } = await boundTokens();
    const { access_token: other } = await boundTokens();
    expect((await userinfo(`DPoP ${token}`, userinfoProof(token, makeKey()))).status).toBe(401);
    expect((await userinfo(`DPoP ${token}`, userinfoProof(other))).status).toBe(401);
    expect((await userinfo(`DPoP ${token}`)).status).toBe(400);
  });

  it('does not take the same proof twice, at any node', async () => {
    const { access_token: token } = await boundTokens();
    const proof = userinfoProof(token);
    expect((await userinfo(`DPoP ${token}`, proof)).status).toBe(200);
    const again = await fetch(`${first.url}/oauth/userinfo`, {
      headers: { authorization: `DPoP ${token}`, dpop: proof },
    });
    expect(again.status).toBe(401);
  });

  it('does not take a proof again that was made for the future, once the engine has forgotten it', async () => {
    const { access_token: token } = await boundTokens();
    const proof = userinfoProof(token, key, { iat: seconds() + 290 });
    expect((await userinfo(`DPoP ${token}`, proof)).status).toBe(200);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 400_000);
    expect((await userinfo(`DPoP ${token}`, proof)).status).toBe(401);
  });
});

describe('a refresh token of a public client', () => {
  it('is bound to the key that it was issued to (§5)', async () => {
    await addClient(first, 'browser-app', { isPublic: true });
    const request = authorizationRequest(first, { client_id: 'browser-app' });
    const code = codeIn(await signIn(new Browser(first.url), request.url));
    const ask = (fields: Record<string, string>, by: Key) =>
      postForm(tokenUrl(), { client_id: 'browser-app', ...fields }, undefined, {
        dpop: dpopProof(by, { url: tokenUrl() }),
      });
    const issued = await ask(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: REDIRECT_URI,
        code_verifier: request.verifier,
      },
      key,
    );
    const fields = { grant_type: 'refresh_token', refresh_token: issued.body.refresh_token ?? '' };
    const stolen = await ask(fields, makeKey());
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    const bare = await postForm(tokenUrl(), { client_id: 'browser-app', ...fields });
    expect(bare.status).toBe(400);
    const refreshed = await ask(fields, key);
    expect([refreshed.status, refreshed.body.token_type]).toEqual([200, 'DPoP']);
  });
});

describe('a proof', () => {
  const machineAsks = (proof: string, node = second) =>
    postForm(`${node.address}/oauth/token`, { grant_type: 'client_credentials' }, machine, { dpop: proof });

  it('binds the token of a machine too', async () => {
    const answer = await machineAsks(dpopProof(key, { url: tokenUrl() }));
    expect([answer.status, answer.body.token_type]).toEqual([200, 'DPoP']);
    expect((await verify(first, answer.body.access_token, '?allow=client')).status).toBe(401);
  });

  it.each<[string, () => Partial<ProofInput>]>([
    ["the node's own address instead of the issuer's", () => ({ url: `${second.address}/oauth/token` })],
    ['another endpoint', () => ({ url: `${first.url}/oauth/revoke` })],
    ['another method', () => ({ method: 'GET' })],
    ['another day', () => ({ claims: { iat: seconds() - 86_400 } })],
    ['nobody in particular (no jti)', () => ({ claims: { jti: undefined } })],
  ])('is refused that was made for %s', async (_what, input) => {
    const answer = await machineAsks(dpopProof(key, { url: tokenUrl(), ...input() }));
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/^(invalid_dpop_proof|use_dpop_nonce)$/);
  });

  it('that is no proof is refused, not overlooked', async () => {
    const answer = await machineAsks('not.a.proof');
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_dpop_proof']);
  });

  it('may carry the nonce of another node, which helps a program whose clock is wrong (§8)', async () => {
    const early = { iat: seconds() - 3_600 };
    const refused = await machineAsks(dpopProof(key, { url: tokenUrl(), claims: early }), first);
    expect(refused.body.error).toBe('use_dpop_nonce');
    const nonce = refused.headers.get('dpop-nonce');
    const answer = await machineAsks(
      dpopProof(key, { url: tokenUrl(), claims: { ...early, nonce } }),
      second,
    );
    expect(answer.status).toBe(200);
    const forged = dpopProof(key, { url: tokenUrl(), claims: { nonce: 'a nonce of my own' } });
    expect((await machineAsks(forged)).body.error).toBe('use_dpop_nonce');
  });
});

describe('a client that must prove a key (--dpop)', () => {
  it('gets nothing without a proof, by the short way of machines either', async () => {
    const strict = await addClient(first, 'strict', {
      grantTypes: ['client_credentials'],
      scope: 'read',
      requireDpop: true,
    });
    const fields = { grant_type: 'client_credentials' };
    const bare = await postForm(tokenUrl(), fields, strict);
    expect([bare.status, bare.body.error]).toEqual([400, 'invalid_grant']);
    const answer = await postForm(tokenUrl(), fields, strict, { dpop: dpopProof(key, { url: tokenUrl() }) });
    expect(answer.status).toBe(200);
  });
});

describe('an authorization code', () => {
  it('that was asked for with a key (dpop_jkt) is worth nothing with another (§10)', async () => {
    const bound = { dpop_jkt: key.thumbprint };
    const stolen = await proven(await codeFields(bound), {}, makeKey());
    expect([stolen.status, stolen.body.error]).toEqual([400, 'invalid_grant']);
    expect((await proven(await codeFields(bound))).status).toBe(200);
  });
});

describe('a program elsewhere', () => {
  it('finds DPoP in the metadata', async () => {
    const metadata = await fetch(`${first.url}/.well-known/oauth-authorization-server`);
    expect(await metadata.json()).toMatchObject({
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
    });
  });

  it('in a browser may send proofs and read nonces', async () => {
    const origin = new URL(REDIRECT_URI).origin;
    const preflight = await fetch(tokenUrl(), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'dpop,content-type',
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain('dpop');
    const fields = { client_id: client.id, client_secret: client.secret, ...(await codeFields()) };
    const answer = await postForm(tokenUrl(), fields, undefined, {
      origin,
      dpop: dpopProof(key, { url: tokenUrl() }),
    });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    expect(answer.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
  });
});
