// Signing in with a passkey and nothing else: whoever holds one is in, and nobody who only says so.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { answerWith, askedBy, givePasskey, refusalsIn, usePasskey } from '../../support/passkeys.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  codeIn,
  exchange,
  signIn,
} from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';
import type { SoftAuthenticator, Lies } from '../../support/soft-authenticator.ts';

let portaria: Portaria;
let elsewhere: Portaria;
let client: { id: string; secret: string };
let people = 0;

beforeAll(async () => {
  portaria = await startPortaria();
  elsewhere = await startAnotherNode(portaria);
  client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
});
afterAll(async () => {
  await elsewhere.stop();
  await portaria.stop();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Somebody with a passkey. */
async function holder(options: { counts?: boolean } = {}) {
  const name = `person${++people}`;
  const id = await addPerson(portaria, name);
  return { id, name, device: await givePasskey(portaria, id, options) };
}

/** Somebody at the sign-in page, in a browser of their own. */
async function guest(url = '/sign-in') {
  const browser = new CarefulBrowser(portaria.url);
  return { browser, page: await browser.get(url) };
}

async function come(device: SoftAuthenticator, lies: Lies = {}) {
  const { browser, page } = await guest();
  return { browser, page: await usePasskey(browser, page, device, lies) };
}

function expectRefused(page: Page, sentence: string, status = 400): void {
  expect([page.status, page.text.includes(sentence)]).toEqual([status, true]);
  expect(page.text).toContain('<h1>Sign in</h1>');
}

function idTokenIn(text: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(text?.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

describe('somebody with a passkey', () => {
  it('is signed in without a name and without a password, and it is written down', async () => {
    const { id, device } = await holder();
    const { browser, page } = await come(device);
    expect([page.status, page.text.includes('Hello, Person')]).toEqual([200, true]);
    const account = await browser.get('/account');
    expect(account.text).toContain(`data-copy="${id}"`);
    expect((await browser.get('/account/history')).text).toContain('You signed in with a passkey.');
    const [kept] = await portaria.services.passkeys.list(id);
    expect(kept?.lastUsedAt?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('comes to the application, which is told how surely when it asks', async () => {
    const { id, device } = await holder({ counts: true });
    const request = authorizationRequest(portaria, { client_id: client.id, acr_values: 'phr' });
    const { browser, page } = await guest(request.url);
    const code = codeIn(await usePasskey(browser, page, device));
    const { body } = await exchange(portaria, client, code, request.verifier);
    expect(idTokenIn(body.id_token)).toMatchObject({ sub: id, acr: 'phr', amr: ['hwk', 'user', 'mfa'] });
  });

  it('may have nothing else: an account of passkeys alone', async () => {
    const { id, device } = await holder();
    await portaria.database.database.query('update accounts set password_digest = null where id = $1', [id]);
    expect((await come(device)).page.text).toContain('Hello, Person');
  });

  it('is no longer somebody when the passkey is removed, or the account is blocked or gone', async () => {
    const { administration, passkeys } = portaria.services;
    const blocked = await holder();
    await administration.block(blocked.id);
    expectRefused((await come(blocked.device)).page, 'This account is blocked', 403);
    const removed = await holder();
    const account = await administration.get(removed.id);
    expect(await passkeys.remove(account, removed.device.id)).toBe('removed');
    const gone = await holder();
    await administration.delete(gone.id);
    for (const { device } of [removed, gone])
      expectRefused((await come(device)).page, 'does not open an account here');
    expect((await refusalsIn(portaria, blocked.id))[0]).toBe('account_blocked');
  });
});

describe('the question', () => {
  it('is the same kind for everybody: it asks for the owner, and names nobody', async () => {
    const { name } = await holder();
    const { browser, page } = await guest(`/sign-in?login_hint=${name}`);
    const { challenge, ...options } = await askedBy<Record<string, string>>(browser, page);
    expect(options).toEqual({ rpId: 'localhost', timeout: 600_000, userVerification: 'required' });
    expect(Buffer.from(challenge ?? '', 'base64url')).toHaveLength(32);
  });

  it('is answered by one of fifty who send the same answer, over two processes', async () => {
    const { device } = await holder();
    const { browser, page } = await guest();
    const answer = device.get(await askedBy(browser, page));
    const step = `sign-in:${new URL(page.url).pathname.split('/').at(-1)}`;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, turn) => {
        const address = `192.0.2.${turn}`;
        return (turn % 2 ? portaria : elsewhere).services.passkeySignIn
          .prove({ step }, { answer, address })
          .catch(({ status }: { status: number }) => status);
      }),
    );
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'over').length).toBeGreaterThanOrEqual(10);
  });

  it('is answered once, in its own sign-in, in its own browser, within ten minutes', async () => {
    const { device } = await holder();
    const [mine, theirs] = [await guest(), await guest()];
    const answer = device.get(await askedBy(mine.browser, mine.page));
    await askedBy(theirs.browser, theirs.page);
    // Another sign-in.
    expectRefused(await answerWith(theirs.browser, theirs.page, answer), 'took too long');
    // Another browser.
    expect((await answerWith(theirs.browser, mine.page, answer)).status).toBe(400);
    expect((await answerWith(mine.browser, mine.page, answer)).text).toContain('Hello, Person');
    // Once more, where the sign-in is over.
    expect((await answerWith(mine.browser, mine.page, answer)).status).toBe(400);
    const late = await guest();
    const lateAnswer = device.get(await askedBy(late.browser, late.page));
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 10 * 60_000 + 1000);
    expectRefused(await answerWith(late.browser, late.page, lateAnswer), 'took too long');
  });

  it('is the latest one: an answer to the one before is late', async () => {
    const { device } = await holder();
    const { browser, page } = await guest();
    const first = device.get(await askedBy(browser, page));
    const second = device.get(await askedBy(browser, page));
    expectRefused(await answerWith(browser, page, first), 'took too long');
    expect((await answerWith(browser, page, second)).text).toContain('Hello, Person');
  });

  it('leaves one row, however often it is asked, and none when its time is over', async () => {
    const rows = () => portaria.database.database.query('select 1 from passkey_challenges');
    await portaria.database.database.query('delete from passkey_challenges');
    const { browser, page } = await guest();
    for (let count = 0; count < 5; count++) await askedBy(browser, page);
    await portaria.services.passkeys.deleteExpired();
    expect(await rows()).toHaveLength(1);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 10 * 60_000 + 1000);
    await portaria.services.passkeys.deleteExpired();
    expect(await rows()).toHaveLength(0);
  });

  it('is only asked, and answered, by our own form of this sign-in', async () => {
    const { device } = await holder();
    const { browser, page } = await guest();
    const other = await guest();
    const answer = device.get(await askedBy(browser, page));
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const foreign = /name="csrf" value="([^"]+)"/.exec(other.page.text)?.[1] ?? '';
    for (const path of ['passkey', 'passkey/options']) {
      const url = `${page.url}/${path}`;
      const statuses = [
        await browser.post(url, { csrf, answer }, { origin: 'https://evil.example' }),
        await browser.post(url, { csrf: foreign, answer }),
        await browser.post(url, { answer }),
      ].map(({ status }) => status);
      expect([path, ...statuses]).toEqual([path, 403, 403, 403]);
    }
  });
});

describe('an answer', () => {
  it.each<[string, Lies]>([
    ['given to another page', { origin: 'https://evil.example' }],
    ['given under another port', { origin: 'http://localhost:1' }],
    ['of a passkey of another host', { rpId: 'evil.example' }],
    ['given without making sure of the owner', { isUnverified: true }],
    ['given while nobody was there', { isAbsent: true }],
    ['given in a frame of somebody else', { crossOrigin: true }],
    ['of the making of a passkey', { type: 'webauthn.create' }],
    ['signed with another key', { isForged: true }],
    ['of a device that does not say whose it is', { userHandle: null }],
    ['of a device that says it is somebody else’s', { userHandle: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['of a passkey that could not be copied before', { isSyncable: false }],
  ])('is refused when it is %s', async (_, lies) => {
    const { id, device } = await holder();
    const { browser, page } = await come(device, lies);
    expectRefused(page, 'could not be checked');
    expect(await refusalsIn(portaria, id)).toEqual(['passkey_wrong']);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    // Nothing was changed: the device works as before.
    expect((await come(device)).page.text).toContain('Hello, Person');
  });

  it('is refused when it names somebody else’s passkey', async () => {
    const [mine, theirs] = [await holder(), await holder()];
    const { page } = await come(mine.device, { id: theirs.device.id, userHandle: theirs.device.userHandle });
    expectRefused(page, 'could not be checked');
    expect(await refusalsIn(portaria, theirs.id)).toEqual(['passkey_wrong']);
  });

  it.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['no JSON', 'no JSON'],
    ['a list', '[]'],
    ['an endless id', `{"id":"${'A'.repeat(10_000)}"}`],
  ])('is refused when it is none, but %s', async (_, answer) => {
    const { browser, page } = await guest();
    await askedBy(browser, page);
    expectRefused(await answerWith(browser, page, answer), 'could not be checked');
  });

  it('is refused when the count of uses went back or stood still: somebody has a copy', async () => {
    const { id, device } = await holder({ counts: true });
    expect((await come(device)).page.text).toContain('Hello, Person');
    for (const signCount of [1, 0])
      expectRefused((await come(device, { signCount })).page, 'may have been copied');
    expect(await refusalsIn(portaria, id)).toEqual(['passkey_copied', 'passkey_copied']);
    expect((await come(device, { signCount: 9 })).page.text).toContain('Hello, Person');
    const { browser } = await come(device, { signCount: 10 });
    expect((await browser.get('/account/history')).text).toContain('it may have been copied');
  });

  it('with one count of uses is taken once of two at the same moment', async () => {
    const { device } = await holder({ counts: true });
    const guests = await Promise.all([guest(), guest()]);
    device.signCount = 5;
    const pages = await Promise.all(
      guests.map(({ browser, page }) => usePasskey(browser, page, device, { signCount: 6 })),
    );
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });
});

describe('whoever sends wrong answers', () => {
  let besieged: Portaria;
  beforeAll(async () => {
    besieged = await startPortaria();
  });
  afterAll(() => besieged.stop());

  it('is slowed down where they come from; the owner is not, in a browser that is known', async () => {
    const device = await givePasskey(besieged, await addPerson(besieged));
    const owner = new CarefulBrowser(besieged.url);
    await signIn(owner, '/sign-in');
    const attacker = new CarefulBrowser(besieged.url);
    const statuses: number[] = [];
    for (let tries = 0; tries < 31; tries++) {
      const page = await attacker.get('/sign-in');
      statuses.push((await usePasskey(attacker, page, device, { isForged: true })).status);
    }
    expect([statuses.slice(0, 30).every((status) => status === 400), statuses[30]]).toEqual([true, 429]);
    owner.cookies = owner.cookies.filter(({ name }) => name === 'portaria_device');
    const page = await owner.get('/sign-in');
    expect((await usePasskey(owner, page, device)).status).toBe(200);
  });
});
