// The front desk: what a person can open from there with one click, and that nobody gets a tile who should not have one.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, authorizationRequest, codeIn, signIn } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TICKETS = 'https://tickets.example.com/login';

let portaria: Portaria;
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  await addPerson(portaria, 'bia');
  await addClient(portaria, 'tickets', {
    name: 'Example Tickets',
    initiateLoginUri: `${TICKETS}?from=desk`,
  });
  await addClient(portaria, 'notes', { name: 'Notes without a start' });
  await addClient(portaria, 'stranger', {
    name: '<b>Stranger</b>',
    isFirstParty: false,
    initiateLoginUri: 'https://stranger.example.com/',
  });
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterAll(() => portaria.stop());

async function tiles(of: CarefulBrowser = browser): Promise<string[]> {
  const { text } = await of.get('/');
  const list = /<ul class="tiles">(.*?)<\/ul>/s.exec(text)?.[1] ?? '';
  return [...list.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
}

describe('the front desk', () => {
  it('opens a service where its sign-in begins, and says who sends the person (OpenID Connect Core §4)', async () => {
    const [tile = '', ...others] = await tiles();
    expect(others).toEqual([]);
    const url = new URL(tile);
    expect(url.origin + url.pathname).toBe(TICKETS);
    expect(Object.fromEntries(url.searchParams)).toEqual({ from: 'desk', iss: portaria.url });
    // What the service does then: the person is in without a question.
    codeIn(await browser.get(authorizationRequest(portaria, { client_id: 'tickets' }).url));
  });

  it('shows somebody else’s service to those who connected it, as long as it is connected', async () => {
    const request = authorizationRequest(portaria, { client_id: 'stranger', scope: 'openid' });
    codeIn(await browser.submit(await browser.get(request.url), { decision: 'allow' }, '/consent'));
    expect((await tiles()).some((href) => href.startsWith('https://stranger.example.com/'))).toBe(true);
    expect((await browser.get('/')).text).toContain('&lt;b&gt;Stranger&lt;/b&gt;');
    const bias = new CarefulBrowser(portaria.url);
    await signIn(bias, '/sign-in', 'bia');
    expect(await tiles(bias)).toHaveLength(1);
    const page = await browser.get('/account/programs');
    await browser.submit(page, { client: 'stranger' }, '/disconnect');
    expect(await tiles()).toHaveLength(1);
  });

  it('shows a visitor nothing', async () => {
    expect(await tiles(new CarefulBrowser(portaria.url))).toEqual([]);
  });

  it('follows a change of the client at once, and its end', async () => {
    const { clients } = portaria.services;
    await addClient(portaria, 'passing', { initiateLoginUri: 'http://localhost:8080/' });
    expect(await tiles()).toHaveLength(2);
    await clients.update('passing', { name: 'Another name' });
    expect(await tiles()).toHaveLength(2);
    await clients.update('passing', { initiateLoginUri: '' });
    expect(await tiles()).toHaveLength(1);
    await clients.update('passing', { initiateLoginUri: 'https://passing.example.com/' });
    await clients.delete('passing');
    expect(await tiles()).toHaveLength(1);
  });
});

describe('a client', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://tickets.example.com/',
    'https://user:secret@tickets.example.com/',
    'tickets.example.com',
    '//tickets.example.com',
    ' ',
    `https://tickets.example.com/${'a'.repeat(2_000)}`,
  ])('cannot begin at %s', async (initiateLoginUri) => {
    await expect(addClient(portaria, 'wrong', { initiateLoginUri })).rejects.toMatchObject({
      status: 400,
      field: 'initiate-login-uri',
    });
  });

  it('that registers itself gets no tile, whatever it says', async () => {
    const open = await startPortaria({ REGISTRATION: 'open' });
    const answer = await fetch(`${open.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: ['https://stranger.example.com/callback'],
        initiate_login_uri: 'https://stranger.example.com/',
      }),
    });
    const { client_id: id } = (await answer.json()) as { client_id: string };
    expect((await open.services.clients.get(id)).metadata.initiate_login_uri).toBeUndefined();
    await open.stop();
  });
});
