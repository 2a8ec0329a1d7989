// Two nodes on one database, many requests at once: what has ended stays ended. What may be used once is in
// single-use.test.ts, refresh tokens, which may be sent twice, in refresh.test.ts.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, authorizationRequest, signIn } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

let first: Portaria;
let second: Portaria;
let client: { id: string; secret: string };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  await addPerson(first);
  client = await addClient(first, 'tickets');
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

describe('many requests at once over two nodes', () => {
  it('leave a session ended that somebody signs out of while another tab goes on', async () => {
    const browser = new Browser(first.url);
    await signIn(browser, authorizationRequest(first, { client_id: client.id }).url);
    const tab = new Browser(first.url);
    tab.cookies = [...browser.cookies];
    const confirm = await browser.get('/oauth/logout');
    await Promise.all([
      browser.submit(confirm, { logout: 'yes' }),
      ...Array.from({ length: 10 }, () => tab.get(authorizationRequest(first, { client_id: client.id }).url)),
    ]);
    const late = new Browser(first.url);
    late.cookies = tab.cookies.filter(({ name }) => name.startsWith('portaria_session'));
    const page = await late.get(authorizationRequest(first, { client_id: client.id }).url);
    expect(page.url).toContain('/interaction/');
  });
});
