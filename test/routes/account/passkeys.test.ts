// /account/passkeys: somebody who is signed in adds passkeys, names them and takes them away, and nobody else does it for them.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { addPasskey, answerWith, askedBy, PASSKEYS } from '../../support/passkeys.ts';
import { addPerson, signIn } from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';
import { SoftAuthenticator, type Lies } from '../../support/soft-authenticator.ts';

type CreationOptions = Parameters<SoftAuthenticator['create']>[0] & {
  excludeCredentials: { id: string }[];
  authenticatorSelection: object;
};

let portaria: Portaria;
let elsewhere: Portaria;
let people = 0;

beforeAll(async () => {
  portaria = await startPortaria();
  elsewhere = await startAnotherNode(portaria);
});
afterAll(async () => {
  await elsewhere.stop();
  await portaria.stop();
});
afterEach(() => {
  jest.restoreAllMocks();
});

async function visitor() {
  const name = `person${++people}`;
  const id = await addPerson(portaria, name);
  const browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in', name);
  return { id, name, browser };
}

function device(options = {}): SoftAuthenticator {
  return new SoftAuthenticator(portaria.url, options);
}

function keptBy(accountId: string) {
  return portaria.services.passkeys.list(accountId);
}

async function eventsOf(accountId: string): Promise<string[]> {
  const rows = await portaria.services.auditStore.list({ accountId, limit: 50 });
  return rows.map(({ event }) => event).filter((event) => event.startsWith('passkey.'));
}

/** Takes the password away, as whoever came by an upstream never had one. */
async function forgetPassword(accountId: string): Promise<void> {
  await portaria.database.database.query('update accounts set password_digest = null where id = $1', [
    accountId,
  ]);
}

describe('a passkey that is added', () => {
  it('stands in the list under its name, is written down, and is told by mail', async () => {
    const { id, name, browser } = await visitor();
    const page = await addPasskey(browser, device(), { name: '  My <phone>\u0007 ' });
    expect([page.status, page.url]).toEqual([200, `${portaria.url}${PASSKEYS}?done=passkey-added`]);
    expect(page.text).toContain('My &lt;phone&gt;');
    expect(page.text).toContain('on all your devices');
    expect(await keptBy(id)).toMatchObject([{ name: 'My <phone>', transports: ['hybrid', 'internal'] }]);
    expect(await eventsOf(id)).toEqual(['passkey.added']);
    expect((await browser.get('/account/history')).text).toContain('A passkey was added to your account.');
    expect((await mailsTo(portaria, `${name}@example.com`)).at(-1)?.subject).toBe(
      'A passkey was added to your account',
    );
    expect((await browser.get('/account/sign-in-methods')).text).toContain('You have one passkey.');
  });

  it('is asked for with what makes it two factors, and with nothing about the person but their name', async () => {
    const { id, name, browser } = await visitor();
    const first = device();
    await addPasskey(browser, first);
    const options = await askedBy<CreationOptions>(browser, await browser.get(PASSKEYS));
    expect(options).toMatchObject({
      rp: { id: 'localhost' },
      user: { id: Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'), name },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: first.id }],
    });
    expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32);
  });

  it('is called after the browser when it has no name', async () => {
    const { id, browser } = await visitor();
    await addPasskey(browser, device(), { name: '' });
    expect(await keptBy(id)).toMatchObject([{ name: 'Test browser' }]);
  });

  it.each<[string, Lies]>([
    ['made for another page', { origin: 'https://evil.example' }],
    ['made for another host', { rpId: 'evil.example' }],
    ['made without making sure of its owner', { isUnverified: true }],
    ['made while nobody was there', { isAbsent: true }],
    ['made in a frame of somebody else', { crossOrigin: true }],
    ['no new passkey but the use of one', { type: 'webauthn.get' }],
    ['an answer to another question', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['kept under another id than its own', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    [
      'vouched for with a certificate, whose addresses nobody here opens',
      { attestation: { fmt: 'packed', attStmt: new Map([['x5c', [Buffer.from('a certificate')]]]) } },
    ],
  ])('is refused when it is %s', async (_, lies) => {
    const { id, browser } = await visitor();
    const page = await addPasskey(browser, device(), { lies });
    expect([page.status, page.text.includes('role="alert"')]).toEqual([400, true]);
    expect([await keptBy(id), await eventsOf(id)]).toEqual([[], []]);
  });

  it.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['no JSON', 'no JSON'],
    ['a list', '[1,2]'],
    ['an endless id', JSON.stringify({ id: 'x'.repeat(20_000) })],
  ])('is none when what comes is %s', async (_, answer) => {
    const { id, browser } = await visitor();
    const page = await browser.get(PASSKEYS);
    await askedBy(browser, page);
    expect((await answerWith(browser, page, answer)).status).toBe(400);
    expect(await keptBy(id)).toEqual([]);
  });

  it('is added once, however often and wherever its answer is sent', async () => {
    const { id, browser } = await visitor();
    const page = await browser.get(PASSKEYS);
    const options = await askedBy<CreationOptions>(browser, page);
    const answer = device().create(options);
    const account = await portaria.services.administration.get(id);
    const placeUid = (await portaria.services.administration.listSessions(id))[0]?.uid ?? '';
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        (turn % 2 ? portaria : elsewhere).services.passkeys.add(account, { placeUid, name: 'x', answer }),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['added', ...Array.from({ length: 49 }, () => 'over')]);
    const again = await answerWith(browser, page, answer);
    expect([again.status, again.text.includes('took too long')]).toEqual([400, true]);
    expect(await keptBy(id)).toHaveLength(1);
  });

  it('belongs to one account: nobody else can add it, and its owner not twice', async () => {
    const mine = await visitor();
    const theirs = await visitor();
    const key = device();
    await addPasskey(mine.browser, key);
    for (const { browser } of [theirs, mine]) {
      const page = await addPasskey(browser, key);
      expect([page.status, page.text.includes('is there already')]).toEqual([409, true]);
    }
    expect([(await keptBy(mine.id)).length, (await keptBy(theirs.id)).length]).toEqual([1, 0]);
  });

  it('answers the question of its own session, while both are there and young', async () => {
    const { id, name, browser } = await visitor();
    const page = await browser.get(PASSKEYS);
    const other = new CarefulBrowser(portaria.url);
    await signIn(other, '/sign-in', name);
    const theirs = await other.get(PASSKEYS);
    const answer = device().create(await askedBy<CreationOptions>(other, theirs));
    expect((await answerWith(browser, page, answer)).status).toBe(400);
    await portaria.services.administration.signOut(id);
    expect((await answerWith(other, theirs, answer)).status).toBe(403);
    await signIn(browser, PASSKEYS, name);
    const late = device().create(await askedBy<CreationOptions>(browser, await browser.get(PASSKEYS)));
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 10 * 60_000 + 1000);
    await signIn(browser, `/sign-in?again=yes&return_to=${PASSKEYS}`, name);
    expect((await answerWith(browser, await browser.get(PASSKEYS), late)).status).toBe(400);
    clock.mockRestore();
    expect(await keptBy(id)).toEqual([]);
  });

  it('is not planted by whoever is in the account while everything ends there', async () => {
    const { administration, secondFactors } = portaria.services;
    for (let round = 0; round < 5; round++) {
      const { id, browser } = await visitor();
      await addPasskey(browser, device());
      const account = await administration.get(id);
      const [{ uid: placeUid } = { uid: '' }] = await administration.listSessions(id);
      const answer = device().create(await portaria.services.passkeys.offer(account, placeUid));
      const adding = elsewhere.services.passkeys.add(account, { placeUid, name: 'x', answer });
      await Promise.all([adding, secondFactors.reset(account)]);
      expect(await keptBy(id)).toEqual([]);
    }
  });

  it('is not the twenty-first', async () => {
    const { id, browser } = await visitor();
    for (let count = 0; count < 20; count++) await addPasskey(browser, device());
    const page = await addPasskey(browser, device());
    expect([page.status, page.text.includes('as many passkeys')]).toEqual([409, true]);
    expect(await keptBy(id)).toHaveLength(20);
  });
});

describe('a passkey that is there', () => {
  it('gets another name, but not an empty one, and not from anybody else', async () => {
    const { id, browser } = await visitor();
    const page = await addPasskey(browser, device());
    const empty = await browser.submit(page, { name: ' ' }, '/rename');
    expect([empty.status, empty.text.includes('id="name-0-fault"')]).toEqual([400, true]);
    const renamed = await browser.submit(page, { name: 'Another name' }, '/rename');
    expect([renamed.status, renamed.text.includes('>Another name</h2>')]).toEqual([200, true]);
    const stranger = await visitor();
    const theirs = await addPasskey(stranger.browser, device());
    const [{ id: key } = { id: '' }] = await keptBy(id);
    for (const action of ['/rename', '/remove']) {
      const refused = await stranger.browser.submit(theirs, { passkey: key, name: 'Mine now' }, action);
      expect(refused.status).toBe(404);
    }
    expect(await keptBy(id)).toMatchObject([{ name: 'Another name' }]);
  });

  it('is removed once, is written down, and is told by mail', async () => {
    const { id, name, browser } = await visitor();
    const page = await addPasskey(browser, device());
    expect((await browser.submit(page, {}, '/remove')).text).toContain('Delete it on your device too');
    expect((await browser.submit(page, {}, '/remove')).status).toBe(404);
    expect([await keptBy(id), await eventsOf(id)]).toEqual([[], ['passkey.removed', 'passkey.added']]);
    expect((await mailsTo(portaria, `${name}@example.com`)).at(-1)?.subject).toBe(
      'A passkey was removed from your account',
    );
  });

  it('stays when it is the last way in', async () => {
    const { id, browser } = await visitor();
    const page = await addPasskey(browser, device());
    await forgetPassword(id);
    expect((await browser.get(PASSKEYS)).text).not.toContain('/remove"');
    const refused = await browser.submit(page, {}, '/remove');
    expect([refused.status, refused.text.includes('only way in')]).toEqual([409, true]);
    expect(await keptBy(id)).toHaveLength(1);
  });

  it('or the other way in stays, when both are taken away at the same moment, over two processes', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, browser } = await visitor();
      await addPasskey(browser, device());
      await forgetPassword(id);
      const { signInMethods } = portaria.services;
      await signInMethods.link(id, 'switched-off', { subject: `off ${round}` });
      await addPasskey(browser, device());
      const [one, two] = await keptBy(id);
      const outcomes = await Promise.all([
        signInMethods.removePasskey(id, one?.id ?? ''),
        elsewhere.services.signInMethods.removePasskey(id, two?.id ?? ''),
      ]);
      expect(outcomes.toSorted()).toEqual(['last', 'removed']);
      expect(await keptBy(id)).toHaveLength(1);
    }
  });
});

describe('whoever wants to change something', () => {
  it('has to have signed in a few minutes ago', async () => {
    const { id, browser } = await visitor();
    const page = await addPasskey(browser, device());
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60_000);
    for (const action of ['/rename', '/remove', PASSKEYS])
      expect((await browser.submit(page, { name: 'x' }, action)).status).toBe(403);
    await expect(askedBy(browser, page)).rejects.toThrow('403');
    const later = await browser.get(PASSKEYS);
    expect([later.text.includes('/remove"'), later.text.includes('again=yes')]).toEqual([false, true]);
    expect(await keptBy(id)).toMatchObject([{ name: 'Example key' }]);
  });

  it('has to send our own form of this session', async () => {
    const { id, browser } = await visitor();
    const page = await addPasskey(browser, device());
    const [{ id: passkey } = { id: '' }] = await keptBy(id);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const other = await visitor();
    const post = (from: Browser, path: string, fields: Record<string, string>, headers = {}) =>
      from.post(`${portaria.url}${PASSKEYS}${path}`, { passkey, name: 'x', ...fields }, headers);
    for (const path of ['', '/options', '/rename', '/remove']) {
      const answers = [
        await post(browser, path, { csrf }, { origin: 'https://evil.example' }),
        await post(browser, path, {}),
        await post(other.browser, path, { csrf }),
        await post(new CarefulBrowser(portaria.url), path, { csrf }),
      ];
      expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 403, 403, 403, 403]);
    }
    expect(await keptBy(id)).toMatchObject([{ name: 'Example key' }]);
  });
});

it('says so where a browser would make none: a server without a name', async () => {
  const unnamed = await startPortaria({ ISSUER: 'http://127.0.0.1:3999', HOST: '127.0.0.1' });
  const named = await startPortaria({ ISSUER: 'https://id.example.com' });
  expect([unnamed.services.passkeys.arePossible, named.services.passkeys.arePossible]).toEqual([false, true]);
  await unnamed.stop();
  await named.stop();
});
