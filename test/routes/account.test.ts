// /account: what a person changes about themself, by the rules of accounts and for everybody at once.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, signIn, tokensFor, verify } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let ana: string;
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria();
  ana = await addPerson(portaria);
  await addPerson(portaria, 'bia');
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterAll(() => portaria.stop());

async function save(fields: Record<string, string>): Promise<Page> {
  const { name, username = '', locale = '' } = await portaria.services.administration.get(ana);
  const page = await browser.get('/account');
  return browser.submit(page, { name, username, locale, ...fields }, '/account');
}

async function lastChange(): Promise<unknown> {
  const rows = await portaria.services.auditStore.list({ accountId: ana, limit: 50 });
  return rows.find(({ event }) => event === 'account.updated')?.details;
}

describe('the profile', () => {
  it('shows the identifier, with a button that copies it, and what services see', async () => {
    const { text } = await browser.get('/account');
    expect(text).toContain(`data-copy="${ana}"`);
    expect(text).toContain('ana@example.com (confirmed)');
  });

  it('leads to the other pages, and each of them leads back', async () => {
    const sections = (text: string) =>
      [...(/<nav class="sections".*?<\/nav>/s.exec(text)?.[0] ?? '').matchAll(/href="([^"]+)"/g)].map(
        ([, href = '']) => href,
      );
    const hrefs = sections((await browser.get('/account')).text);
    expect(hrefs.length).toBeGreaterThan(5);
    for (const href of hrefs.filter((path) => path !== '/')) {
      const page = await browser.get(href);
      expect([page.url, page.status, sections(page.text)]).toEqual([`${portaria.url}${href}`, 200, hrefs]);
      expect(page.text).toContain(`href="${href}" aria-current="page"`);
    }
  });

  it('changes name, username and language; services that ask learn of it at once, and it is written down', async () => {
    const client = await addClient(portaria, 'tickets');
    const { access_token: token } = await tokensFor(portaria, client);
    expect((await verify(portaria, token)).body['name']).toBe('Ana');
    const page = await save({ name: 'Ana Example', username: 'ana.example', locale: 'pt-BR' });
    expect(page.url).toBe(`${portaria.url}/account?done=saved`);
    // In the language that was chosen.
    expect(page.text).toContain('Suas alterações foram salvas.');
    const { body } = await verify(portaria, token);
    expect([body['name'], body['username'], body['locale']]).toEqual(['Ana Example', 'ana.example', 'pt-BR']);
    expect(await lastChange()).toEqual({ fields: ['name', 'username', 'locale'] });
    await save({ locale: '' });
    expect((await verify(portaria, token)).body['locale']).toBeNull();
  });

  it('writes nothing down when nothing was changed', async () => {
    const before = (await portaria.services.administration.get(ana)).updatedAt;
    expect((await save({})).status).toBe(200);
    expect((await portaria.services.administration.get(ana)).updatedAt).toEqual(before);
  });

  it('takes a picture away, and no picture from anybody', async () => {
    await portaria.services.database.query(
      `update accounts set picture = 'https://a.example.com/p' where id = $1`,
      [ana],
    );
    await save({ picture: 'https://evil.example/pixel.png' });
    expect((await portaria.services.administration.get(ana)).picture).toBe('https://a.example.com/p');
    await save({ remove_picture: 'yes' });
    expect((await portaria.services.administration.get(ana)).picture).toBeUndefined();
  });

  it.each([
    [{ name: ' ' }, 400, 'Enter your name.'],
    [{ name: 'a'.repeat(201) }, 400, 'This name is too long.'],
    [{ username: 'a@b' }, 400, 'Use only letters'],
    [{ username: '' }, 400, 'not removed'],
    [{ username: 'BIA' }, 409, 'This username is taken.'],
    [{ locale: 'xx-evil' }, 400, 'Choose one of the languages'],
    [{ locale: '__proto__' }, 400, 'Choose one of the languages'],
  ])('refuses %j beside its field, and changes nothing', async (fields, status, sentence) => {
    const before = await portaria.services.administration.get(ana);
    const page = await save(fields);
    expect([page.status, page.text.includes(sentence)]).toEqual([status, true]);
    expect(page.text).toContain('aria-invalid="true"');
    expect(await portaria.services.administration.get(ana)).toEqual(before);
  });

  it('keeps no letter that would steer a terminal or turn a line around', async () => {
    await save({ name: 'Ana\u001b[31m\u202eelpmaxE' });
    expect((await portaria.services.administration.get(ana)).name).toBe('Ana [31m elpmaxE');
    await save({ name: 'Ana' });
  });

  it('changes nothing else of the account, whatever is posted', async () => {
    const before = await portaria.services.administration.get(ana);
    await save({ roles: 'admin', tier: 'gold', email: 'evil@example.com', emailVerified: 'true', id: 'x' });
    expect(await portaria.services.administration.get(ana)).toEqual(before);
  });

  it('answers an empty form with what is missing', async () => {
    const csrf = /name="csrf" value="([^"]+)"/.exec((await browser.get('/account')).text)?.[1] ?? '';
    const page = await browser.post(`${portaria.url}/account`, { csrf });
    expect(page.status).toBe(400);
  });

  it('says nothing that somebody wrote into the address', async () => {
    for (const done of ['<script>', 'constructor', 'toString', '__proto__']) {
      const { text } = await browser.get(`/account?done=${encodeURIComponent(done)}`);
      expect(text).not.toContain('class="notice"');
    }
  });
});
