// What nobody signed in for does not stay for weeks.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { addClient, postForm } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

describe('a stranger', () => {
  it('leaves no session behind that outlives an hour', async () => {
    await fetch(`${portaria.url}/device`);
    const rows = await portaria.database.database.query<{ seconds: number }>(
      'select extract(epoch from expires_at - now())::int as seconds from sessions where account_id is null',
    );
    expect(Math.max(...rows.map(({ seconds }) => seconds))).toBeLessThanOrEqual(3_600);
  });

  it('fills no audit: refused again and again, they are counted, and the count is written down', async () => {
    const { database } = portaria.database;
    const rows = async (event: string) =>
      (await database.query('select details from audit_events where event = $1', [event])).map(
        ({ details }) => details,
      );
    const knock = () =>
      postForm(`${portaria.url}/oauth/token`, {
        grant_type: 'refresh_token',
        refresh_token: 'made-up',
        client_id: 'cli',
      });
    for (let hundreds = 0; hundreds < 3; hundreds += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, knock));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    }
    expect(await rows('token.refused')).toHaveLength(100);
    const realNow = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 61_000);
    await knock();
    expect(await rows('token.refused')).toHaveLength(101);
    expect(await rows('audit.withheld')).toEqual([{ rows: 200 }]);
  });

  it('writes no long text of their own into it', async () => {
    const { database } = portaria.database;
    const long = `openid ${'profile '.repeat(5_000)}`;
    await postForm(`${portaria.url}/oauth/device_authorization`, { client_id: 'cli', scope: long });
    await addClient(portaria, 'web');
    await fetch(`${portaria.url}/oauth/authorize?client_id=web&response_type=${'x'.repeat(9_000)}`, {
      redirect: 'manual',
    });
    const [longest] = await database.query<{ letters: number }>(
      'select max(length(details::text)) as letters from audit_events',
    );
    expect(longest?.letters).toBeLessThan(500);
  });

  it.each(['/oauth/device_authorization', '/oauth/par', '/OAuth/Device_Authorization/'])(
    'keeps nothing large at %s',
    async (path) => {
      const fields = { client_id: 'cli', scope: 'openid', nonce: 'x'.repeat(9_000) };
      expect((await postForm(portaria.url + path, fields)).status).toBe(413);
    },
  );
});
