// RFC 6749 §4.4: machines get tokens by a short way past the engine, and by its long way; nobody can tell which it was.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addClient, postForm, REDIRECT_URI, verify, type Answer } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let machine: { id: string; secret: string };

beforeAll(async () => {
  portaria = await startPortaria();
  machine = await addClient(portaria, 'machine', { grantTypes: ['client_credentials'], scope: 'read write' });
  await addClient(portaria, 'web-only', { redirectUris: [REDIRECT_URI], secret: 'secret of the web client' });
  // The short way is for a client that has been right before.
  expect((await ask({}, machine)).status).toBe(200);
});
afterAll(() => portaria.stop());

const ask = (fields: Record<string, string>, client?: { id: string; secret: string }): Promise<Answer> =>
  postForm(`${portaria.url}/oauth/token`, { grant_type: 'client_credentials', ...fields }, client);

/** An encoded pair of credentials is for the engine. */
const encoded = () => ({ id: '%6dachine', secret: machine.secret });

/** What is stored of a token, but for the times and ids that differ from token to token. */
async function storedOf(token: string): Promise<unknown> {
  const { digest } = await import('../../src/base/crypto.ts');
  const [row] = await portaria.database.database.query<{ payload: Record<string, unknown> }>(
    `select kind, client_id, account_id, grant_digest, session_uid, stage, payload,
            round(extract(epoch from expires_at - now()) / 60)::int as minutes
       from tokens where id_digest = $1`,
    [digest(token)],
  );
  const { iat, exp, ...payload } = row?.payload ?? {};
  return { ...row, payload, life: Number(exp) - Number(iat) };
}

describe('a machine', () => {
  it.each(['', 'read', 'read write'])('gets the same by both ways for the scope "%s"', async (scope) => {
    const fields: Record<string, string> = scope === '' ? {} : { scope };
    const [short, long] = [await ask(fields, machine), await ask(fields, encoded())];
    const { access_token: one, ...shortRest } = short.body;
    const { access_token: two, ...longRest } = long.body;
    expect([short.status, long.status]).toEqual([200, 200]);
    expect(shortRest).toEqual(longRest);
    expect(one).toHaveLength(two.length);
    expect(await storedOf(one)).toEqual(await storedOf(two));
    expect(short.headers.get('cache-control')).toBe(long.headers.get('cache-control'));
    expect((await verify(portaria, one, '?allow=client')).body).toMatchObject({
      active: true,
      client_id: 'machine',
    });
  });

  it('leaves the same row of the audit by both ways', async () => {
    await ask({ scope: 'read' }, machine);
    await ask({ scope: 'read' }, encoded());
    const [second, first] = await portaria.services.auditStore.list({ limit: 2 });
    expect([first?.event, first?.clientId, first?.details]).toEqual([
      second?.event,
      second?.clientId,
      second?.details,
    ]);
    expect(first?.requestId).toHaveLength(36);
  });

  it('may send its credentials in the form', async () => {
    const { status } = await ask({ client_id: machine.id, client_secret: machine.secret });
    expect(status).toBe(200);
  });

  it.each([
    ['a wrong secret', {}, () => ({ id: 'machine', secret: 'not it' }), 401, 'invalid_client'],
    ['the secret of another', {}, () => ({ id: 'web-only', secret: machine.secret }), 401, 'invalid_client'],
    ['an unknown client', {}, () => ({ id: 'nobody', secret: 'x' }), 401, 'invalid_client'],
    [
      'scopes that nobody knows (RFC 6749 §5.1)',
      { scope: 'tickets.read tickets.write' },
      () => machine,
      400,
      'invalid_scope',
    ],
    ['a scope that it is not registered for', { scope: 'read admin' }, () => machine, 400, 'invalid_scope'],
    [
      'a grant that it does not have',
      {},
      () => ({ id: 'web-only', secret: 'secret of the web client' }),
      400,
      'invalid_request',
    ],
    [
      'credentials twice',
      { client_id: 'machine', client_secret: 'x' },
      () => machine,
      400,
      'invalid_request',
    ],
  ] as const)('is refused with %s', async (_what, fields, client, status, error) => {
    const answer = await ask(fields, client());
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it('is refused with a body of another type, however much that looks like a form', async () => {
    const response = await fetch(`${portaria.url}/oauth/token`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded-not',
        authorization: `Basic ${Buffer.from(`${machine.id}:${machine.secret}`).toString('base64')}`,
      },
      body: 'grant_type=client_credentials',
    });
    expect(response.status).toBe(400);
  });

  it.each(['/oauth/token', '/oauth/introspect'])(
    'at %s, asked from a browser, is answered with the origin',
    async (path) => {
      const web = await addClient(portaria, `web${path.replaceAll('/', '-')}`, {
        redirectUris: [REDIRECT_URI],
        grantTypes: ['authorization_code', 'client_credentials'],
      });
      const { access_token: token } = (await ask({}, web)).body;
      const { origin } = new URL(REDIRECT_URI);
      const response = await fetch(portaria.url + path, {
        method: 'POST',
        headers: {
          origin,
          authorization: `Basic ${Buffer.from(`${web.id}:${web.secret}`).toString('base64')}`,
        },
        body: new URLSearchParams(path === '/oauth/token' ? { grant_type: 'client_credentials' } : { token }),
      });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    },
  );

  it('that was deleted gets nothing, from the same moment on', async () => {
    const doomed = await addClient(portaria, 'doomed', { grantTypes: ['client_credentials'] });
    expect((await ask({}, doomed)).status).toBe(200);
    await portaria.services.clients.delete('doomed');
    expect((await ask({}, doomed)).status).toBe(401);
  });
});
