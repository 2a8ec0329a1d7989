// Long-lived tokens of services: they work where every access token works, and die with everything they stand on. Two
// nodes: what is made or ended at one counts at the other.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { addClient, postForm, verify } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { makeKey } from '../support/proofs.ts';

const DAY_MS = 86_400_000;

let first: Portaria;
let second: Portaria;
let reports: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  reports = await addClient(first, 'reports', {
    grantTypes: ['client_credentials'],
    scope: 'openid profile read write users.read',
  });
  const bound = { grantTypes: ['client_credentials'], redirectUris: [], requireDpop: true };
  await addClient(first, 'bound', bound);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

const make = (input = {}, id = reports.id) => first.services.serviceTokens.create(id, input);
const list = async (id = reports.id) => (await first.services.serviceTokens.list(id, { limit: 200 })).tokens;

async function statusAt(node: Portaria, token: string): Promise<number> {
  const response = await fetch(`${node.address}/api/verify?allow=client`, {
    headers: { authorization: `Bearer ${token}` },
  });
  await response.text();
  return response.status;
}

/** At the node where it ended from that moment on; the other hears of it in a moment. */
async function expectDead(token: string, endedAt = first): Promise<void> {
  expect(await statusAt(endedAt, token)).toBe(401);
  const deadline = performance.now() + 5_000;
  const other = endedAt === first ? second : first;
  while ((await statusAt(other, token)) !== 401) expect(performance.now()).toBeLessThan(deadline);
  const { body } = await introspect(token);
  expect(body).toEqual({ active: false });
}

function introspect(token: string, by = reports, node = second) {
  return postForm<Record<string, unknown>>(`${node.address}/oauth/introspect`, { token }, by);
}

describe('a service token', () => {
  it('is a token of a machine, at every node, for a year', async () => {
    const { token } = await make({ scope: 'read' });
    expect(token).toMatch(/^ptr_svc_/);
    expect([await statusAt(first, token), await statusAt(second, token)]).toEqual([200, 200]);
    expect((await verify(first, token)).body.error).toBe('user_required');
    expect((await introspect(token)).body).toMatchObject({
      active: true,
      client_id: 'reports',
      scope: 'read',
    });

    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 364 * DAY_MS);
    expect(await statusAt(first, token)).toBe(200);
    jest.spyOn(Date, 'now').mockReturnValue(now + 366 * DAY_MS);
    expect(await statusAt(first, token)).toBe(401);
  });

  it('has the scopes of its client that mean something without a person, unless others are named', async () => {
    expect((await make()).scope).toBe('read write users.read');
    expect((await make({ scope: 'write  write' })).scope).toBe('write');
    expect((await make({ scope: '' })).scope).toBe('');
  });

  it('is nowhere in the database', async () => {
    const { token, fingerprint } = await make({ name: 'nowhere' });
    const client = new Client(first.database.connection);
    await client.connect();
    const { rows } = await client.query<{ text: string }>(
      `select row_to_json(t)::text as text from tokens t where name = 'nowhere'
        union all select row_to_json(a)::text from audit_events a where event = 'service_token.created'`,
    );
    await client.end();
    const everything = rows.map(({ text }) => text).join('\n');
    expect(everything).toContain(fingerprint);
    expect(everything).not.toContain(token.slice(8, 24));
  });

  it('is for a service that signs with a key of its own as well', async () => {
    const { jwk } = makeKey();
    const input = { grantTypes: ['client_credentials'], redirectUris: [], jwks: { keys: [jwk] } };
    await addClient(first, 'signer', input);
    const { token } = await make({ scope: 'read' }, 'signer');
    expect(await statusAt(first, token)).toBe(200);
  });

  it.each([
    [
      'a scope that the client does not have',
      { scope: 'read admin' },
      'reports',
      /not registered for the scope admin/,
    ],
    ['more than ten years', { expiresInSeconds: 3_651 * 86_400 }, 'reports', /ten years/],
    ['no time at all', { expiresInSeconds: 0 }, 'reports', /ten years/],
    ['an empty name', { name: ' ' }, 'reports', /1 to 100/],
    ['a public client', {}, 'cli', /public client/],
    ['a client that takes bound tokens only', {}, 'bound', /bound to a key/],
    ['an unknown client', {}, 'nobody', /no client "nobody"/],
  ])('is refused for %s', async (_what, input, id, sentence) => {
    await expect(make(input, id)).rejects.toThrow(sentence);
  });

  it('is listed until its end, without what would let anybody in', async () => {
    const listed = await addClient(first, 'listed', { grantTypes: ['client_credentials'], scope: 'read' });
    const long = await make({ name: 'nightly', expiresInSeconds: 9 * 86_400 }, listed.id);
    const short = await make({ name: 'tonight', expiresInSeconds: 3_600 }, listed.id);
    await postForm(`${first.url}/oauth/token`, { grant_type: 'client_credentials' }, listed);
    const tokens = await list(listed.id);
    expect(tokens.map(({ name, fingerprint }) => [name, fingerprint])).toEqual([
      ['tonight', short.fingerprint],
      ['nightly', long.fingerprint],
    ]);
    expect(tokens[1]?.lastFour).toBe(long.token.slice(-4));
    expect(JSON.stringify(tokens)).not.toContain(long.token.slice(8, 24));
    const pages = await first.services.serviceTokens.list(listed.id, { limit: 1 });
    const rest = await first.services.serviceTokens.list(listed.id, { after: pages.next, limit: 5 });
    expect(rest.tokens.map(({ name }) => name)).toEqual(['nightly']);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + DAY_MS);
    expect((await list(listed.id)).map(({ name }) => name)).toEqual(['nightly']);
  });
});

describe('a mistyped service token', () => {
  it('is refused without asking the database', async () => {
    const { token } = await make();
    const asked = jest.spyOn(Client.prototype, 'query');
    expect(await statusAt(first, `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`)).toBe(401);
    expect(JSON.stringify(asked.mock.calls)).not.toContain('from tokens');
    expect(await statusAt(first, token)).toBe(200);
    expect(JSON.stringify(asked.mock.calls)).toContain('from tokens');
  });
});

describe('a service token is dead at both nodes when', () => {
  it('an administrator ends it; the others live on', async () => {
    const [one, other] = [await make(), await make()];
    expect(await statusAt(second, one.token)).toBe(200);
    await first.services.serviceTokens.revoke(reports.id, one.fingerprint);
    await expectDead(one.token);
    expect(await statusAt(second, other.token)).toBe(200);
    expect((await list()).map(({ fingerprint }) => fingerprint)).not.toContain(one.fingerprint);
    const [row] = await first.services.auditStore.list({ limit: 1 });
    expect([row?.event, row?.clientId, row?.details]).toEqual([
      'token.revoked',
      'reports',
      { fingerprint: one.fingerprint },
    ]);
  });

  it('its client revokes it (RFC 7009); another client cannot', async () => {
    const { token } = await make();
    const thief = await addClient(first, 'thief', { grantTypes: ['client_credentials'] });
    await postForm(`${second.address}/oauth/revoke`, { token }, thief);
    expect(await statusAt(first, token)).toBe(200);
    await postForm(`${second.address}/oauth/revoke`, { token }, reports);
    await expectDead(token, second);
  });

  it('its client loses a scope', async () => {
    const { token } = await make();
    await first.services.clients.update(reports.id, { scope: 'read write' });
    await expectDead(token);
    await first.services.clients.update(reports.id, { scope: 'openid profile read write users.read' });
    await expectDead(token);
  });

  it('its client is deleted, also when another one of that name is made', async () => {
    const doomed = await addClient(first, 'doomed', { grantTypes: ['client_credentials'] });
    const { token } = await make({}, doomed.id);
    expect(await statusAt(second, token)).toBe(200);
    await first.services.clients.delete(doomed.id);
    await expectDead(token);
    await addClient(first, 'doomed', { grantTypes: ['client_credentials'] });
    await expectDead(token);
  });

  it('a scope is taken away at the very moment that it is made', async () => {
    const racer = await addClient(first, 'racer', {
      grantTypes: ['client_credentials'],
      scope: 'read admin',
    });
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 8 }, () => make({ scope: 'admin' }, racer.id)),
      second.services.clients.update(racer.id, { scope: 'read' }),
      ...Array.from({ length: 8 }, () => make({ scope: 'admin' }, racer.id)),
    ]);
    const made = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' && 'token' in outcome.value ? [outcome.value.token] : [],
    );
    expect(await list(racer.id)).toEqual([]);
    for (const token of made) await expectDead(token, second);
  });
});

describe('whoever ends a service token', () => {
  it.each(['000000000000', '%', '', 'x'.repeat(5_000)])(
    'has to name one of that client, not "%.15s"',
    async (name) => {
      const { token, fingerprint } = await make();
      await addClient(first, `other-${fingerprint}`, { grantTypes: ['client_credentials'] });
      await expect(first.services.serviceTokens.revoke(reports.id, name)).rejects.toThrow(/no such token/);
      await expect(first.services.serviceTokens.revoke(`other-${fingerprint}`, fingerprint)).rejects.toThrow(
        /no such token/,
      );
      expect(await statusAt(first, token)).toBe(200);
    },
  );

  it('cannot end an ordinary token of a machine by its digest', async () => {
    const answer = await postForm(`${first.url}/oauth/token`, { grant_type: 'client_credentials' }, reports);
    const { digest } = await import('../../src/base/crypto.ts');
    const fingerprint = digest(answer.body.access_token).subarray(0, 6).toString('hex');
    await expect(first.services.serviceTokens.revoke(reports.id, fingerprint)).rejects.toThrow(
      /no such token/,
    );
  });
});
