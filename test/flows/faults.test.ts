// A database that goes away: 503 with Retry-After and never "no", nobody is signed out by it, and the server recovers by
// itself. The database is hurt for real: its connections are cut and new ones refused. More of what may happen to a refresh
// is in refresh-faults.test.ts.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, postForm, refresh, tokensFor, verify } from '../support/people.ts';
import { DatabaseDoor } from '../support/database-away.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let client: { id: string; secret: string };
let door: DatabaseDoor;

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  client = await addClient(portaria, 'tickets', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  });
  door = await DatabaseDoor.of(portaria.database);
});
afterEach(() => door.allowConnections(true));
afterAll(async () => {
  await portaria.stop();
  await door.close();
});

/** A connection or two may still be found dead. */
async function statusOnceBack(token: string): Promise<number> {
  const { status } = await verify(portaria, token);
  return status === 503 ? (await verify(portaria, token)).status : status;
}

describe('while the database is away', () => {
  it('/api/verify says 503 with Retry-After, never "inactive"', async () => {
    const { access_token: token } = await tokensFor(portaria, client);
    await door.allowConnections(false);
    const answer = await verify(portaria, token);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(answer.body).not.toHaveProperty('active');
    await door.allowConnections(true);
    expect(await statusOnceBack(token)).toBe(200);
  });

  it.each(['/oauth/token', '/oauth/introspect', '/api/verify', '/oauth/revoke'])(
    'POST %s says 503',
    async (path) => {
      await door.allowConnections(false);
      const answer = await postForm(
        `${portaria.url}${path}`,
        { grant_type: 'client_credentials', token: 'x' },
        client,
      );
      expect([answer.status, answer.body.error]).toEqual([503, 'temporarily_unavailable']);
      expect(answer.headers.get('retry-after')).not.toBeNull();
      expect(JSON.stringify(answer.body)).not.toMatch(/at |pg|connect/);
    },
  );

  it('a person sees a page that says so', async () => {
    await door.allowConnections(false);
    const page = await new Browser(portaria.url).get('/sign-in');
    expect(page.status).toBe(503);
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  it('/healthz lives and /readyz says no', async () => {
    await door.allowConnections(false);
    expect((await fetch(`${portaria.url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${portaria.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { database: 'failed' } });
  });

  it('a refresh that failed can be sent again: nobody is signed out by a blip', async () => {
    const { refresh_token: token = '' } = await tokensFor(portaria, client);
    await door.allowConnections(false);
    expect((await refresh(portaria, client, token)).status).toBe(503);
    await door.allowConnections(true);
    expect((await refresh(portaria, client, token)).status).toBe(200);
  });
});
