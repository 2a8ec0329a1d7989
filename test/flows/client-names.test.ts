// What a client is called: in the reader's language where it has a name in it (RFC 7591 §2.2), wherever a page names it.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { addClient, addPerson, authorizationRequest, postForm, signIn } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startDevice } from '../support/walks.ts';

const NAMES = { 'pt-BR': 'Ingressos de exemplo', ko: '예시 티켓' };

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ REGISTRATION: 'open' });
  await addPerson(portaria);
  const own = { name: 'Example Tickets', names: NAMES, initiateLoginUri: 'https://tickets.example.com/' };
  await addClient(portaria, 'tickets', own);
  const machine = { isPublic: true, isNative: true, grantTypes: ['device_code'], redirectUris: [] };
  await addClient(portaria, 'tv', { name: 'Example TV', names: { ko: '예시 TV' }, ...machine });
});
afterAll(() => portaria.stop());

it.each([
  ['en', 'Example Tickets', 'Example TV'],
  ['pt-BR', 'Ingressos de exemplo', 'Example TV'],
  ['ko', '예시 티켓', '예시 TV'],
])('is in the language of the reader: %s', async (language, name, device) => {
  const browser = new Browser(portaria.url, { 'accept-language': language });
  const { url } = authorizationRequest(portaria, { client_id: 'tickets' });
  const page = await browser.get(url);
  const lead = /class="lead">([^<]*)</.exec(page.text)?.[1] ?? '';
  expect(lead).toContain(name);
  await signIn(browser, url);
  const { text } = await browser.get('/');
  expect(text).toContain(`<span class="title">${name}</span>`);
  expect((await browser.get('/oauth/logout?client_id=tickets')).text).toContain(name);

  const { verification_uri_complete: link } = await startDevice(portaria, 'tv', 'openid');
  const confirm = await browser.submit(await browser.get(link), {});
  expect(confirm.text).toContain(device);
  const consent = await browser.submit(confirm, { confirm: 'yes' });
  expect([consent.status, consent.text.includes(device)]).toEqual([200, true]);
  await browser.submit(consent, { decision: 'allow' }, '/consent');
  for (const path of ['/account/programs', '/account/history'])
    expect([path, (await browser.get(path)).text.includes(device)]).toEqual([path, true]);
});

it('changes language by language', async () => {
  const { clients } = portaria.services;
  await addClient(portaria, 'shop', { name: 'Shop', names: { 'pt-BR': 'Loja', ko: '가게' } });
  const namesAfter = async (names: Record<string, string>) =>
    (await clients.update('shop', { names })).metadata.names;
  expect(await namesAfter({ en: 'The shop', ko: '' })).toEqual({ 'pt-BR': 'Loja', en: 'The shop' });
  expect((await clients.update('shop', { name: 'Other' })).metadata.names).toEqual({
    'pt-BR': 'Loja',
    en: 'The shop',
  });
  expect(await namesAfter({ en: '', 'pt-BR': '' })).toBeUndefined();
  for (const wrong of [{ fr: 'Boutique' }, { ko: ' ' }, { en: 'x'.repeat(101) }])
    await expect(namesAfter(wrong as never)).rejects.toMatchObject({ status: 400 });
});

it('is not for a program that registers itself to take, in any language', async () => {
  const register = (client_name: string) =>
    fetch(`${portaria.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name,
        'client_name#ko': '예시 티켓',
        redirect_uris: ['https://stranger.example.com/callback'],
      }),
    }).then((answer) => answer.json() as Promise<{ client_id: string; client_name: string }>);
  expect((await register('예시 티켓')).client_name).toBe('stranger.example.com');
  const { client_id: id } = await register('Stranger');
  const client = await portaria.services.clients.get(id);
  expect([client.name, client.metadata.names]).toEqual(['Stranger', undefined]);
});

it('does not keep anybody from a token', async () => {
  const input = {
    names: NAMES,
    policyUri: 'http://localhost:8080/privacy',
    grantTypes: ['client_credentials'],
  };
  const machine = await addClient(portaria, 'machine', { ...input, redirectUris: [], scope: 'read' });
  const answer = await postForm(
    `${portaria.url}/oauth/token`,
    { grant_type: 'client_credentials', scope: 'read' },
    machine,
  );
  expect(answer.status).toBe(200);
});
