// Tokens for a person that were made outside an authorization request: they are tokens like all others, and come to nothing for
// whoever may not have them.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { MOST_SIGN_INS, type MintInput, type MintedTokens } from '../../src/oidc/mint.ts';
import { fillGrants, withPatience } from '../support/fill.ts';
import { addClient, addPerson, postForm, refresh, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
const cli = { id: 'cli', secret: '' };
const authTime = Math.floor(Date.now() / 1000) - 60;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await portaria.stop();
});

async function mint(input: Partial<MintInput> & { clientId?: string } = {}): Promise<MintedTokens> {
  const { mint: its, provider } = portaria.services;
  const client = await provider.Client.find(input.clientId ?? 'cli');
  if (!client) throw new Error('no such client');
  return its.mint({ accountId: ana, client, scope: 'openid read', by: 'polling', authTime, ...input });
}

const isAlive = async (token: string) => (await verify(portaria, token)).status === 200;

describe('minted tokens', () => {
  it('are answered as RFC 6749 §5.1 says, and are good everywhere', async () => {
    const tokens = await mint();
    expect(Object.keys(tokens).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'refresh_token',
      'scope',
      'token_type',
    ]);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid read' });
    expect((await verify(portaria, tokens.access_token)).body).toMatchObject({
      sub: ana,
      client_id: 'cli',
      scope: 'openid read',
    });
  });

  it('refresh, and end with their grant', async () => {
    const { refresh_token: first = '' } = await mint();
    const { body } = await refresh(portaria, cli, first);
    expect(body).toMatchObject({ scope: 'openid read', token_type: 'Bearer' });
    expect(await isAlive(body.access_token)).toBe(true);
    await postForm(`${portaria.url}/oauth/revoke`, { token: body.refresh_token ?? '' }, cli);
    expect(await isAlive(body.access_token)).toBe(false);
  });

  it('stand under the programs of the person, each sign-in as one of them, and end with them', async () => {
    const name = await addPerson(portaria, 'bea');
    const [one, two] = [await mint({ accountId: name }), await mint({ accountId: name })];
    const { presence } = portaria.services;
    const [program] = await presence.listPrograms(name);
    expect(program).toMatchObject({ clientId: 'cli', grants: 2, scopes: ['openid', 'read'] });
    await presence.disconnect(name, 'cli');
    expect([await isAlive(one.access_token), await isAlive(two.access_token)]).toEqual([false, false]);
  });

  it('are never for administering, and for nothing that the client is not registered for', async () => {
    await addClient(portaria, 'narrow', { scope: 'openid read admin' });
    expect(await mint({ clientId: 'narrow', scope: 'admin read write vault' })).toMatchObject({
      scope: 'read',
    });
    await expect(mint({ clientId: 'narrow', scope: 'admin write' })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_scope',
    });
  });

  it('are not given to a client whose tokens have to be bound to a key', async () => {
    await addClient(portaria, 'bound', { requireDpop: true });
    await expect(mint({ clientId: 'bound' })).rejects.toMatchObject({ code: 'unauthorized_client' });
  });

  it('are JWTs that say how the person signed in, also after a refresh, when they come from a password', async () => {
    const proof = { by: 'password_login', amr: ['pwd', 'otp'], acr: 'two proofs' } as const;
    const tokens = await mint(proof);
    const claims = {
      sub: ana,
      client_id: 'cli',
      amr: ['pwd', 'otp'],
      acr: 'two proofs',
      auth_time: authTime,
    };
    expect(decodeJwt(tokens.access_token)).toMatchObject(claims);
    const { body } = await refresh(portaria, cli, tokens.refresh_token ?? '');
    expect(decodeJwt(body.access_token)).toMatchObject(claims);
    const again = await refresh(portaria, cli, body.refresh_token ?? '');
    expect(decodeJwt(again.body.access_token)).toMatchObject(claims);
    await portaria.services.administration.signOut(ana);
    expect(await isAlive(again.body.access_token)).toBe(false);
  });

  it('are of so many sign-ins of one client at most: the oldest end for the newest, and no others', async () => {
    const hugo = await addPerson(portaria, 'hugo');
    await addClient(portaria, 'loop');
    const other = await mint({ accountId: hugo });
    const first = await mint({ accountId: hugo, clientId: 'loop' });
    await withPatience(portaria.database, (client) =>
      fillGrants(client, {
        prefix: 'loop',
        count: MOST_SIGN_INS - 2,
        accountId: hugo,
        clientId: 'loop',
        expiresInSeconds: 300 * 86_400,
      }),
    );
    const second = await mint({ accountId: hugo, clientId: 'loop' });
    expect([await isAlive(first.access_token), await isAlive(second.access_token)]).toEqual([true, true]);
    const third = await mint({ accountId: hugo, clientId: 'loop' });
    const all = [first, second, third, other].map(({ access_token: token }) => isAlive(token));
    expect(await Promise.all(all)).toEqual([false, true, true, true]);
    const programs = await portaria.services.presence.listPrograms(hugo);
    expect(programs.find(({ clientId }) => clientId === 'loop')?.grants).toBe(MOST_SIGN_INS);
  });

  it('are in the audit and in the numbers', async () => {
    const before = portaria.services.metrics;
    await mint();
    const [last] = await portaria.services.auditStore.list({ limit: 1 });
    expect(last).toMatchObject({
      event: 'token.issued',
      accountId: ana,
      clientId: 'cli',
      details: { grant_type: 'polling', scope: 'openid read' },
    });
    expect(await before.print()).toContain(
      'portaria_token_requests_total{grant_type="polling",outcome="issued"}',
    );
  });
});

describe('whoever may not sign in', () => {
  it('gets nothing when the account is blocked or gone, and nothing of it stays', async () => {
    const { administration, database, presence } = portaria.services;
    const cora = await addPerson(portaria, 'cora');
    await administration.block(cora);
    await expect(mint({ accountId: cora })).rejects.toMatchObject({ status: 403, code: 'sign_in_again' });
    const whole = database.transaction(() => mint({ accountId: cora }));
    await expect(whole).rejects.toMatchObject({ code: 'sign_in_again' });
    expect(await presence.listPrograms(cora)).toEqual([]);
    await administration.delete(cora);
    await expect(mint({ accountId: cora })).rejects.toMatchObject({ code: 'sign_in_again' });
  });

  it('gets nothing that outlives a block at the same moment', async () => {
    const { administration } = portaria.services;
    const people = await Promise.all(
      ['dora', 'edda', 'fred', 'gina'].map((name) => addPerson(portaria, name)),
    );
    const given = await Promise.all(
      people.map(async (accountId) => {
        const [tokens] = await Promise.all([
          mint({ accountId }).catch(() => undefined),
          administration.block(accountId),
        ]);
        return tokens?.access_token;
      }),
    );
    for (const token of given) if (token) expect(await isAlive(token)).toBe(false);
  });
});
