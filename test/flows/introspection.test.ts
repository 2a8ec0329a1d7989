// Who is told what about a token (RFC 7662 and the tables of /api/verify), line by line, for both forms of access tokens and by
// every way of asking: GET and POST /api/verify, /oauth/introspect by its short way and by the engine's long one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  postForm,
  signIn,
  verify,
  type TokenAnswer,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

type Client = { id: string; secret: string };

const LEDGER = 'https://ledger.example.com';
const SCOPE = 'openid profile email read write ledger.read';
const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials'];

let portaria: Portaria;
let ana: string;
const clients: Record<string, Client> = {};

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  const machine = { grantTypes: ['client_credentials'] };
  clients['ledger'] = await addClient(portaria, 'ledger', machine);
  clients['watcher'] = await addClient(portaria, 'watcher', { ...machine, introspect: true });
  clients['stranger'] = await addClient(portaria, 'stranger', machine);
  await portaria.services.resources.create(LEDGER, { scope: 'ledger.read', clientId: 'ledger' });
  await portaria.services.resources.create(`${LEDGER}/jwt`, {
    scope: 'ledger.read',
    clientId: 'ledger',
    tokenFormat: 'jwt',
  });
  for (const tokenFormat of ['opaque', 'jwt'] as const) {
    const common = { scope: SCOPE, grantTypes: GRANTS, tokenFormat };
    clients[`own-${tokenFormat}`] = await addClient(portaria, `own-${tokenFormat}`, common);
    clients[`foreign-${tokenFormat}`] = await addClient(portaria, `foreign-${tokenFormat}`, {
      ...common,
      isFirstParty: false,
    });
  }
});
afterAll(() => portaria.stop());

function client(name: string): Client {
  const known = clients[name];
  if (!known) throw new Error(`no client ${name}`);
  return known;
}

async function tokensOf(name: string, scope: string, resource?: string): Promise<TokenAnswer> {
  const browser = new Browser(portaria.url);
  const parameters = { client_id: name, scope, ...(resource && { resource }) };
  const request = authorizationRequest(portaria, parameters);
  let page = await signIn(browser, request.url);
  if (page.url.includes('/interaction/'))
    page = await browser.submit(page, { decision: 'allow' }, '/consent');
  return (await exchange(portaria, client(name), codeIn(page), request.verifier)).body;
}

async function machineToken(name: string, resource?: string): Promise<string> {
  const scope = resource ? 'ledger.read' : 'read';
  const fields = { grant_type: 'client_credentials', scope, ...(resource && { resource }) };
  return (await postForm(`${portaria.url}/oauth/token`, fields, client(name))).body.access_token;
}

async function verdict(token: string, query = ''): Promise<string> {
  const { status, body } = await verify(portaria, token, query);
  return status === 200 ? 'ok' : `${status} ${String(body['error'])}`;
}

/** The same by every way; they have to agree. */
async function introspect(token: string, by: string): Promise<Record<string, unknown>> {
  const { id, secret } = client(by);
  const plain = { id, secret };
  // An encoded pair of credentials is for the engine: past every short way.
  const encoded = { id: `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`, secret };
  const answers = [];
  for (const path of ['/oauth/introspect', '/api/verify']) {
    for (const credentials of [plain, encoded]) {
      for (const hint of [undefined, 'access_token', 'refresh_token']) {
        const fields = { token, ...(hint && { token_type_hint: hint }) };
        const answer = await postForm<Record<string, unknown>>(portaria.url + path, fields, credentials);
        expect([path, answer.status]).toEqual([path, 200]);
        answers.push(answer.body);
      }
    }
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0] ?? {};
}

const INACTIVE = { active: false };

describe.each(['opaque', 'jwt'] as const)('for access tokens that are %s', (form) => {
  const own = `own-${form}`;
  const foreign = `foreign-${form}`;
  const resource = form === 'jwt' ? `${LEDGER}/jwt` : LEDGER;

  it('the form is the one that we mean to test', async () => {
    for (const token of [await machineToken(own), await machineToken(own, resource)]) {
      expect(token.split('.')).toHaveLength(form === 'jwt' ? 3 : 1);
    }
  });

  describe('GET /api/verify', () => {
    it('knows the living token of a client of ours', async () => {
      expect(await verdict((await tokensOf(own, 'read')).access_token)).toBe('ok');
    });

    it('says 403 insufficient_scope when it lacks one of those that are asked for', async () => {
      const { access_token: token } = await tokensOf(own, 'read');
      expect(await verdict(token, '?scope=read+write')).toBe('403 insufficient_scope');
    });

    it('says 403 user_required of a machine, unless machines are welcome', async () => {
      const token = await machineToken(own);
      expect(await verdict(token)).toBe('403 user_required');
      expect(await verdict(token, '?allow=client')).toBe('ok');
    });

    it('says 403 wrong_audience of a third party, unless it is named', async () => {
      const { access_token: token } = await tokensOf(foreign, 'read');
      expect(await verdict(token)).toBe('403 wrong_audience');
      expect(await verdict(token, `?client_id=${own}`)).toBe('403 wrong_audience');
      expect(await verdict(token, `?client_id=${foreign}`)).toBe('ok');
    });

    it('says 403 wrong_audience of a token for a resource, unless that is named', async () => {
      const named = `?resource=${encodeURIComponent(resource)}`;
      const { access_token: token } = await tokensOf(own, 'ledger.read', resource);
      expect(await verdict(token)).toBe('403 wrong_audience');
      expect(await verdict(token, '?resource=https%3A%2F%2Fother.example.com')).toBe('403 wrong_audience');
      expect(await verdict(token, named)).toBe('ok');
      const machine = await machineToken(own, resource);
      expect(await verdict(machine, `${named}&allow=client`)).toBe('ok');
    });
  });

  describe('introspection', () => {
    it('tells a client of its own tokens, whatever they are for', async () => {
      const free = (await tokensOf(own, 'openid read')).access_token;
      expect(await introspect(free, own)).toMatchObject({ active: true, sub: ana, client_id: own });
      const bound = (await tokensOf(own, 'ledger.read', resource)).access_token;
      expect(await introspect(bound, own)).toMatchObject({ active: true, aud: resource });
      expect(await introspect(await machineToken(own), own)).toMatchObject({ active: true });
    });

    it('tells a service of the tokens for a resource of its own, whoever got them', async () => {
      for (const name of [own, foreign]) {
        const { access_token: token } = await tokensOf(name, 'ledger.read', resource);
        expect(await introspect(token, 'ledger')).toMatchObject({
          active: true,
          sub: ana,
          aud: resource,
          client_id: name,
          scope: 'ledger.read',
          token_type: 'Bearer',
          ...(form === 'jwt' && { jti: decodeJwt(token).jti }),
        });
      }
      const machine = await machineToken(own, resource);
      expect(await introspect(machine, 'ledger')).toMatchObject({ active: true, aud: resource });
    });

    it('tells that service of no tokens without an audience, nor anybody else of those for it', async () => {
      const free = (await tokensOf(own, 'read')).access_token;
      const bound = (await tokensOf(own, 'ledger.read', resource)).access_token;
      expect(await introspect(free, 'ledger')).toEqual(INACTIVE);
      expect(await introspect(bound, 'stranger')).toEqual(INACTIVE);
      expect(await introspect(bound, foreign)).toEqual(INACTIVE);
    });

    it('tells a client with introspect of every token without an audience, and of no other', async () => {
      for (const name of [own, foreign]) {
        expect(await introspect((await tokensOf(name, 'read')).access_token, 'watcher')).toMatchObject({
          active: true,
          client_id: name,
        });
        const bound = (await tokensOf(name, 'ledger.read', resource)).access_token;
        expect(await introspect(bound, 'watcher')).toEqual(INACTIVE);
      }
      const ours = (await tokensOf(own, 'read', `${portaria.url}/api`)).access_token;
      expect(await introspect(ours, 'watcher')).toEqual(INACTIVE);
    });

    it("tells nobody of another's refresh tokens", async () => {
      const free = (await tokensOf(own, 'read')).refresh_token ?? '';
      const bound = (await tokensOf(own, 'ledger.read', resource)).refresh_token ?? '';
      expect(await introspect(free, own)).toMatchObject({ active: true });
      for (const token of [free, bound]) {
        for (const name of ['watcher', 'ledger', 'stranger', foreign]) {
          expect(await introspect(token, name)).toEqual(INACTIVE);
        }
      }
    });

    it('follows the resource to its new owner, and to nobody', async () => {
      const { resources } = portaria.services;
      const { access_token: token } = await tokensOf(own, 'ledger.read', resource);
      expect(await introspect(token, 'ledger')).toMatchObject({ active: true });
      await resources.update(resource, { clientId: 'stranger' });
      expect(await introspect(token, 'stranger')).toMatchObject({ active: true });
      expect(await introspect(token, 'ledger')).toEqual(INACTIVE);
      await resources.update(resource, { clientId: '' });
      expect(await introspect(token, 'stranger')).toEqual(INACTIVE);
      await resources.update(resource, { clientId: 'ledger' });
    });
  });
});

it('a resource whose client is deleted is nobody’s, even when a new client takes the name', async () => {
  const shared = `${LEDGER}/passing`;
  clients['passing'] = await addClient(portaria, 'passing', { grantTypes: ['client_credentials'] });
  await portaria.services.resources.create(shared, { scope: 'ledger.read', clientId: 'passing' });
  const token = await machineToken('own-opaque', shared);
  expect(await introspect(token, 'passing')).toMatchObject({ active: true });
  await portaria.services.clients.delete('passing');
  clients['passing'] = await addClient(portaria, 'passing', { grantTypes: ['client_credentials'] });
  expect(await introspect(token, 'passing')).toEqual(INACTIVE);
});
