// Who may open our own pages, and where a sign-in that was begun for one of them ends.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { returnPathOf } from '../../src/http/signed-in.ts';
import { Browser } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPerson, PASSWORD, signIn } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  await addPerson(portaria, 'bia');
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => portaria.stop());

async function visitor(login = 'ana'): Promise<CarefulBrowser> {
  const browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in', login);
  return browser;
}

describe('somebody who is not signed in', () => {
  it('signs in and comes to the page that was asked for', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/account?ui_locales=pt-BR');
    expect(page.url).toContain('/interaction/');
    const there = await browser.submit(page, { login: 'ana', password: PASSWORD }, '/login');
    expect([there.status, there.url]).toEqual([200, `${portaria.url}/account?ui_locales=pt-BR`]);
  });

  it('who turns back is at the front desk, not in a circle', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/?iss=x&error=access_denied&state=%2Faccount');
    expect([page.status, page.url]).toEqual([200, `${portaria.url}/`]);
  });

  it('is told so when a form is posted, and nothing is changed', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.post(`${portaria.url}/account`, { name: 'Mallory' });
    expect([page.status, page.text.includes('Sign in again, please')]).toEqual([403, true]);
    expect(page.text).toContain('href="/sign-in?return_to=%2Faccount"');
    expect((await portaria.services.administration.get(ana)).name).toBe('Ana');
  });

  it.each([
    '//evil.example/account',
    'https://evil.example/account',
    '/\\evil.example',
    '/account/../../evil',
    '/account//evil.example',
    '/accounts',
    '/account?x=%0d%0aSet-Cookie:a',
    '/oauth/logout',
    `/account/${'a'.repeat(400)}`,
    ['/account'],
    undefined,
  ])('never comes back to %s', (text) => {
    expect(returnPathOf(text)).toBe('/');
  });

  it('is sent nowhere else by an address that somebody made up', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const page = await browser.get('/sign-in?return_to=https%3A%2F%2Fevil.example%2F');
    const there = await browser.submit(page, { login: 'ana', password: PASSWORD }, '/login');
    expect(there.url).toBe(`${portaria.url}/`);
    expect((await browser.get('/?iss=x&state=%2F%2Fevil.example')).url).toBe(`${portaria.url}/`);
  });
});

describe('somebody who is signed in', () => {
  it('sees nothing of the account any more from the moment that it is blocked', async () => {
    const browser = await visitor('bia');
    const bia = await portaria.services.administration.get('bia');
    expect((await browser.get('/account')).text).toContain('value="Bia"');
    await portaria.services.administration.block(bia.id);
    expect((await browser.get('/account')).text).toContain('name="password"');
    await portaria.services.administration.unblock(bia.id);
  });

  it('has forms that only this session can send', async () => {
    const [mine, other] = [await visitor(), await visitor()];
    const page = await mine.get('/account');
    const refused = await other.submit(page, { name: 'Mallory' }, '/account');
    expect([refused.status, refused.text.includes('This form has expired')]).toEqual([403, true]);
    expect(refused.text).toContain('href="/account"');
    const bare = await mine.post(`${portaria.url}/account`, { name: 'Mallory' });
    expect(bare.status).toBe(403);
    expect((await portaria.services.administration.get(ana)).name).toBe('Ana');
  });

  it('is not served by a form on somebody else’s page, even with the right token', async () => {
    const browser = await visitor();
    const csrf = /name="csrf" value="([^"]+)"/.exec((await browser.get('/account')).text)?.[1] ?? '';
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      const refused = await browser.post(`${portaria.url}/account`, { name: 'Mallory', csrf }, headers);
      expect(refused.status).toBe(403);
    }
    expect((await portaria.services.administration.get(ana)).name).toBe('Ana');
  });

  it('signs in once more for what wants a recent sign-in, and comes back', async () => {
    const browser = await visitor();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60_000);
    const page = await browser.get('/sign-in?return_to=%2Faccount&again=yes');
    expect(page.url).toContain('/interaction/');
    const there = await browser.submit(page, { login: 'ana', password: PASSWORD }, '/login');
    expect(there.url).toBe(`${portaria.url}/account`);
    // Now it is recent, and the same address leads right back.
    expect((await browser.get('/sign-in?return_to=%2Faccount&again=yes')).url).toBe(
      `${portaria.url}/account`,
    );
  });

  it('with an old cookie on another machine is a stranger', async () => {
    const browser = await visitor();
    const thief = new Browser(portaria.url);
    thief.cookies = [...browser.cookies];
    await portaria.services.administration.signOut(ana);
    expect((await thief.get('/account')).text).toContain('name="password"');
  });
});
