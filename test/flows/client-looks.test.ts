// Each client's own look, as far as it may have one: services of the house on every page of their sign-in, other people's where
// the page asks about them, and programs that registered themselves nowhere.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import { addClient, addPerson, authorizationRequest, REDIRECT_URI, signIn } from '../support/people.ts';
import { png } from '../support/pictures.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { until } from '../support/redis.ts';
import { startDevice } from '../support/walks.ts';

const LOOK = { logo: png(), brandColor: '#F5D90A' };

let portaria: Portaria;
let another: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ REGISTRATION: 'open', TRUSTED_PROXIES: '127.0.0.1' });
  another = await startAnotherNode(portaria);
  await addPerson(portaria);
  await addClient(portaria, 'tickets', { name: 'Example Tickets', ...LOOK });
  await addClient(portaria, 'notes', {
    name: 'Example Notes',
    isFirstParty: false,
    policyUri: 'https://notes.example.com/privacy?a=1&b=2',
    tosUri: 'https://notes.example.com/terms',
    ...LOOK,
  });
});
afterAll(async () => {
  await another.stop();
  await portaria.stop();
});

function signInPage(
  clientId: string,
  { browser = new Browser(portaria.url), prompt = '' } = {},
): Promise<Page> {
  const more = { client_id: clientId, ...(prompt && { prompt }) };
  return browser.get(authorizationRequest(portaria, more).url);
}

function consentPage(clientId: string): Promise<Page> {
  const { url } = authorizationRequest(portaria, { client_id: clientId, scope: 'openid' });
  return signIn(new Browser(portaria.url), url);
}

/** What a page shows of a client. */
function lookOf({ text }: Page): { picture?: string; initial?: string; style?: string } {
  const [, picture] = /src="(\/client-logos\/[^"]*)"/.exec(text) ?? [];
  const [, initial] = /class="client-mark[^>]*>(?:<rect[^>]*><text[^>]*>)?([^<\n]+)</.exec(text) ?? [];
  const [, style] = /href="(\/brand\/[^"]*)"/.exec(text) ?? [];
  return { ...(picture && { picture }), ...(initial && { initial }), ...(style && { style }) };
}

const WHOLE = {
  picture: expect.stringMatching(/^\/client-logos\/[0-9a-f]{64}$/),
  style: expect.stringMatching(/^\/brand\/f5d90a\.[0-9a-f]{12}\.css$/),
};

describe('a service of the house', () => {
  it('is in its own colour with its own picture, on every page of a sign-in to it', async () => {
    const browser = new Browser(portaria.url);
    const page = await signInPage('tickets', { browser });
    expect(lookOf(page)).toEqual(WHOLE);
    expect(lookOf(await browser.submit(page, { login: 'ana', password: 'wrong' }, '/login'))).toEqual(WHOLE);
    expect(lookOf(await browser.get(`${page.url}/sign-up`))).toEqual(WHOLE);
    // Not the sign-in to our own pages.
    expect(lookOf(await new Browser(portaria.url).get('/sign-in'))).toEqual({});
  });

  it('has a picture that a browser takes for nothing else, and may keep for ever', async () => {
    const { picture = '' } = lookOf(await signInPage('tickets'));
    const answer = await fetch(portaria.url + picture);
    expect(Buffer.from(await answer.arrayBuffer()).equals(LOOK.logo)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    for (const path of [picture.slice(0, -1), `${picture}0`, '/client-logos/tickets', '/client-logos/%00'])
      expect((await fetch(portaria.url + path)).status).toBeGreaterThanOrEqual(400);
  });

  it('has a style sheet that says its colour and nothing else', async () => {
    const { style = '' } = lookOf(await signInPage('tickets'));
    const answer = await fetch(portaria.url + style);
    expect([answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      'text/css; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    expect(await answer.text()).toMatch(/^:root \{\n(  --[a-z-]+: [#0-9a-z(), -]+;\n)+\}\n$/);
    const wrong = [style.replace('f5d90a', 'f5d90b'), style.replace('f5d90a', 'zzzzzz'), '/brand/red.css'];
    for (const path of wrong) expect((await fetch(portaria.url + path)).status).toBe(404);
  });

  it('without a picture has its initial, which may be more than one letter to a computer', async () => {
    await addClient(portaria, 'plain', { name: ' 예시 <b>', brandColor: '#ffffff' });
    expect(lookOf(await signInPage('plain'))).toMatchObject({ initial: '예' });
    await addClient(portaria, 'emoji', { name: '👩‍🚀 Space', brandColor: '#101010' });
    expect(lookOf(await signInPage('emoji'))).toEqual({
      initial: '👩‍🚀',
      style: expect.stringContaining('/brand/101010.'),
    });
  });

  it('that has neither is in ours', async () => {
    await addClient(portaria, 'bare', { name: 'Bare' });
    expect(lookOf(await signInPage('bare'))).toEqual({});
  });

  it('changes its look at once, on every node, and takes it off', async () => {
    const { clients } = portaria.services;
    const there = async () => (await another.services.clientStore.find('changing'))?.logoDigest;
    await addClient(portaria, 'changing', { name: 'Changing', ...LOOK });
    const { picture = '' } = lookOf(await signInPage('changing'));
    expect(await there()).toBe(picture.split('/').at(-1));
    await clients.update('changing', { logo: png({ color: '#00aa00' }) });
    const changed = lookOf(await signInPage('changing'));
    expect(changed).toEqual(WHOLE);
    expect(changed.picture).not.toBe(picture);
    // By hand: no change of the client's own row, and nobody here was told.
    await portaria.services.clientLogos.delete('changing');
    await until(async () => (await there()) === undefined);
    expect(lookOf(await signInPage('changing'))).toMatchObject({ initial: 'C' });
    await clients.update('changing', { logo: png(), brandColor: '' });
    expect(lookOf(await signInPage('changing'))).toEqual({ picture });
    await clients.update('changing', { logo: null });
    expect(lookOf(await signInPage('changing'))).toEqual({});
  });

  it('takes its picture along when it is deleted', async () => {
    await addClient(portaria, 'passing', { logo: png({ color: '#aa0000' }) });
    const { picture = '' } = lookOf(await signInPage('passing'));
    expect((await fetch(portaria.url + picture)).status).toBe(200);
    await portaria.services.clients.delete('passing');
    expect((await fetch(portaria.url + picture)).status).toBe(404);
  });
});

describe('somebody else’s service', () => {
  it('shows its picture where people decide about it, and none of it where they type a password', async () => {
    expect(lookOf(await signInPage('notes'))).toEqual({});
    expect(lookOf(await consentPage('notes'))).toEqual({ picture: WHOLE.picture });
  });

  it('says what it does with data, and on what terms, where people decide', async () => {
    const { text } = await consentPage('notes');
    expect(text).toContain('href="https://notes.example.com/privacy?a=1&amp;b=2" rel="noreferrer"');
    expect(text).toContain('href="https://notes.example.com/terms" rel="noreferrer"');
    expect((await consentPage('tickets')).text).not.toContain('rel="noreferrer"');
  });

  it('is in our colours from the moment when it is no longer ours', async () => {
    const { clients } = portaria.services;
    await addClient(portaria, 'sold', { name: 'Sold', ...LOOK });
    expect(lookOf(await signInPage('sold'))).toEqual(WHOLE);
    await clients.update('sold', { isFirstParty: false });
    expect(lookOf(await signInPage('sold'))).toEqual({});
  });

  it('on a device is shown beside the code that people compare', async () => {
    const grantTypes = ['device_code'];
    const device = { isPublic: true, isNative: true, isFirstParty: false, redirectUris: [], grantTypes };
    await addClient(portaria, 'tv', { name: 'TV', ...device, ...LOOK });
    const { verification_uri_complete: link } = await startDevice(portaria, 'tv', 'openid');
    const browser = new Browser(portaria.url);
    const page = await browser.get(link);
    const confirm = await browser.submit(page, {});
    expect(lookOf(confirm)).toEqual({ picture: WHOLE.picture });
  });
});

describe('a program that registered itself', () => {
  let addresses = 0;

  async function register(metadata: object): Promise<string> {
    return (await registered(metadata)).client_id;
  }

  async function registered(metadata: object): Promise<{ client_id: string; client_name: string }> {
    const answer = await fetch(`${portaria.url}/oauth/register`, {
      method: 'POST',
      // Each from an address of its own: from one, few may register.
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${(addresses += 1)}` },
      body: JSON.stringify({ client_name: 'Example Stranger', redirect_uris: [REDIRECT_URI], ...metadata }),
    });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { client_id: string; client_name: string };
  }

  it('has its initial and nothing that could make it look like somebody else', async () => {
    const id = await register({
      logo_uri: `${portaria.url}/client-logos/${'0'.repeat(64)}`,
      brand_color: '#f5d90a',
      logo: 'data:image/png;base64,AAAA',
      look: { isOurs: true, color: '#f5d90a' },
      first_party: true,
    });
    expect(lookOf(await signInPage(id))).toEqual({});
    expect(lookOf(await consentPage(id))).toEqual({ initial: 'E' });
    const { clients } = portaria.services;
    await expect(clients.update(id, { logo: png() })).rejects.toMatchObject({ status: 400, field: 'logo' });
    await expect(clients.update(id, { brandColor: '#f5d90a' })).rejects.toMatchObject({
      field: 'brand-color',
    });
    // Whoever makes it theirs vouches for it, for as long.
    await clients.update(id, { isFirstParty: true, ...LOOK });
    expect(lookOf(await signInPage(id))).toEqual(WHOLE);
    await clients.update(id, { isFirstParty: false });
    expect(lookOf(await consentPage(id))).toEqual({ initial: 'E' });
  });

  it.each([
    'Example Tickets',
    'example-tickets',
    'EXAMPLE  TICKETS!',
    'Examp1e Tlckets',
    'Éxample Tickets',
    'Ｅｘａｍｐｌｅ Tickets',
    'Example Notes',
    'Portaria',
    'P0RTAR1A',
    'Роrtаriа',
    'РОЯТАЯІА'.replaceAll('Я', 'R'),
    'Portaria CLI',
    '예 시 <b>',
  ])('is not called %s, as somebody else is', async (name) => {
    expect((await registered({ client_name: name })).client_name).toBe('tickets.example.com');
  });

  it.each(['Example Tickets Reader', 'Tickets', 'Portal', '예시 앱'])('may be called %s', async (name) => {
    expect((await registered({ client_name: name })).client_name).toBe(name);
  });

  it('may link pages of the place where it is itself (RFC 7591 §5)', async () => {
    const own = {
      policy_uri: 'https://tickets.example.com/privacy',
      tos_uri: 'https://tickets.example.com/t',
    };
    const { text } = await consentPage(await register(own));
    for (const uri of Object.values(own)) expect(text).toContain(`href="${uri}"`);
    const others = [
      { policy_uri: 'https://bank.example.com/', tos_uri: 'https://tickets.example.com:8443/' },
      { policy_uri: 'javascript:alert(1)', tos_uri: 'http://tickets.example.com/' },
      { policy_uri: 'https://tickets.example.com@bank.example.com/', tos_uri: '//tickets.example.com/' },
      { policy_uri: 'https://a:b@tickets.example.com/', tos_uri: ' ' },
    ];
    for (const pages of others)
      expect((await consentPage(await register(pages))).text).not.toContain('rel="noreferrer"');
  });
});

describe('nobody', () => {
  it.each([
    ['brandColor', 'red'],
    ['brandColor', '#fff'],
    ['brandColor', '#1d4691;}'],
    ['brandColor', '#1d4691\n'],
    ['policyUri', 'javascript:alert(1)'],
    ['policyUri', 'http://tickets.example.com/'],
    ['tosUri', 'data:text/html,x'],
    ['tosUri', 'https://user:secret@tickets.example.com/'],
  ])('has the %s %j', async (field, value) => {
    await expect(addClient(portaria, 'wrong', { [field]: value })).rejects.toMatchObject({ status: 400 });
  });

  it('has half of a look: a wrong picture changes nothing', async () => {
    const wrong = portaria.services.clients.update('tickets', {
      name: 'Another',
      logo: Buffer.from('<svg/>'),
    });
    await expect(wrong).rejects.toMatchObject({ status: 400, field: 'logo' });
    expect((await portaria.services.clients.get('tickets')).name).toBe('Example Tickets');
  });
});
