// A client that was not registered for offline_access gets nothing that outlives the browser session (RFC 6749 §3.3).
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  refresh,
  signIn,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { signOut } from '../support/walks.ts';

let portaria: Portaria;
let client: { id: string; secret: string };
beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  client = await addClient(portaria, 'narrow', { scope: 'openid profile' });
});
afterAll(() => portaria.stop());

async function outlives(url: string, verifier: string): Promise<string> {
  const browser = new Browser(portaria.url);
  const page = await signIn(browser, url).catch(() => undefined);
  const code = page && new URL(page.url).searchParams.get('code');
  if (!page || !code) return 'refused';
  const { body } = await exchange(portaria, client, codeIn(page), verifier);
  await signOut(browser);
  return (await refresh(portaria, client, body.refresh_token ?? '')).status === 200 ? 'outlives' : 'ends';
}

describe('a client registered without offline_access', () => {
  it('loses its refresh token with the session when it asks like everybody', async () => {
    const { url, verifier } = authorizationRequest(portaria, { client_id: client.id, scope: 'openid' });
    expect(await outlives(url, verifier)).toBe('ends');
  });

  it('does not keep it by asking for offline_access all the same', async () => {
    const { url, verifier } = authorizationRequest(portaria, {
      client_id: client.id,
      scope: 'openid offline_access',
    });
    expect(await outlives(url, verifier)).not.toBe('outlives');
  });

  it.each(['/oauth/authorize/?', '/OAUTH/authorize?'])(
    'does not keep it by our own parameter at %s',
    async (path) => {
      const { url, verifier } = authorizationRequest(portaria, { client_id: client.id, scope: 'openid' });
      const own = `${url.replace('/oauth/authorize?', path)}&portaria_offline=1`;
      expect(await outlives(own, verifier)).not.toBe('outlives');
    },
  );
});
