// "This was not me": whoever has the link of a mail ends everything of the account, and only that; whoever took the account over
// does not come back.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { authenticatorOf, giveAuthenticator } from '../../support/authenticator.ts';
import type { Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import { linkTo, mailsOf, mailsTo } from '../../support/mailbox.ts';
import { addPasskey } from '../../support/passkeys.ts';
import { addClient, addPerson, PASSWORD, signIn, tokensFor } from '../../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../../support/portaria.ts';
import { SoftAuthenticator } from '../../support/soft-authenticator.ts';

const OLD = 'ana@example.com';
const OTHER = 'ana@example.org';
const NEW_PASSWORD = 'quite another sentence to remember';
const DAY = 24 * 3600 * 1000;

let portaria: Portaria;
let client: { id: string; secret: string };
let id: string;
/** Of whoever it is that signs in to Ana's account from somewhere new. */
let stranger: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria();
  client = await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(async () => {
  await mailsOf(portaria);
  for (const table of ['accounts', 'sessions', 'one_time_tokens', 'throttles', 'audit_events'])
    await portaria.database.database.query(`delete from ${table}`);
  id = await addPerson(portaria);
  await signIn(new CarefulBrowser(portaria.url), '/sign-in');
  stranger = new CarefulBrowser(portaria.url);
  await signIn(stranger, '/sign-in');
});
afterEach(() => void jest.restoreAllMocks());

function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

async function open(email = OLD, browser = new CarefulBrowser(portaria.url)) {
  return { browser, page: await browser.get(await linkTo(portaria, email)) };
}

async function raise(email = OLD): Promise<Page> {
  const { browser, page } = await open(email);
  return browser.submit(page, {});
}

async function isSignedIn(browser: CarefulBrowser): Promise<boolean> {
  return (await browser.get('/')).text.includes('Hello, Ana');
}

async function canSignIn(password: string): Promise<boolean> {
  const browser = new CarefulBrowser(portaria.url);
  const page = await browser.submit(await browser.get('/sign-in'), { login: 'ana', password }, '/login');
  return page.text.includes('Hello, Ana');
}

/** The stranger gives the account an address of theirs. */
async function takeAddress(to = OTHER): Promise<void> {
  await stranger.submit(await stranger.get('/account/email'), { email: to }, '/account/email');
  await stranger.submit(await stranger.get(await linkTo(portaria, to)), {});
}

async function rows(): Promise<unknown> {
  const [account] = await portaria.database.database.query(
    'select email, password_digest is null as "isWithoutPassword" from accounts where id = $1',
    [id],
  );
  return account;
}

const untouched = { email: OLD, isWithoutPassword: false };

describe('the link', () => {
  it('changes nothing by being opened, as programs that look through mails do, and leaves every address', async () => {
    const link = await linkTo(portaria, OLD);
    const token = new URL(link).searchParams.get('token') ?? '';
    const browser = new CarefulBrowser(portaria.url);
    const opened = await browser.request(link);
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/account/not-me']);
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    for (let turn = 0; turn < 3; turn++) expect((await browser.get(link)).status).toBe(200);
    expect((await browser.get('/account/not-me')).text).not.toContain(token);
    expect([await isSignedIn(stranger), await rows()]).toEqual([true, untouched]);
    const kept = await portaria.database.database.query('select * from one_time_tokens');
    expect(JSON.stringify(kept)).not.toContain(token);
  });

  it('ends every session, token and program, and the password, and lets nobody in', async () => {
    const program = new CarefulBrowser(portaria.url);
    const tokens = await tokensFor(portaria, client, { scope: 'openid read', browser: program });
    const { browser, page } = await open();
    const done = await browser.submit(page, {});
    expect([done.status, new URL(done.url).pathname]).toEqual([200, '/account/not-me/done']);
    for (const one of [stranger, program, browser]) expect(await isSignedIn(one)).toBe(false);
    const verified = await fetch(`${portaria.url}/api/verify`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect([verified.status, await canSignIn(PASSWORD)]).toEqual([401, false]);

    const asked = await browser.submit(await browser.get('/reset-password'), { email: OLD });
    expect(asked.status).toBe(200);
    await browser.submit(await browser.get(await linkTo(portaria, OLD)), { password: NEW_PASSWORD });
    expect([await canSignIn(PASSWORD), await canSignIn(NEW_PASSWORD)]).toEqual([false, true]);
  });

  it.each([
    ['ends the codes on paper that were made since the mail', 0, undefined],
    ['leaves older ones', 120_000, 'recovery_code'],
  ])('%s', async (_, laterMs, factor) => {
    const { secondFactors, administration } = portaria.services;
    await giveAuthenticator(portaria, id);
    const account = await administration.get(id);
    const [code = ''] = await secondFactors.renewRecoveryCodes(account);
    passes(laterMs);
    await portaria.services.accountAlarm.tellOwner(account, { kind: 'passwordChanged' });
    await raise();
    expect(await secondFactors.proveByCode(account, { code, address: '192.0.2.1' })).toBe(factor);
  });

  it('makes every browser a strange one again', async () => {
    await raise();
    const device = stranger.cookies.find(({ name }) => name === 'portaria_device')?.value;
    const owner = await portaria.services.accountStore.findDeviceOwner(id);
    expect(portaria.services.devices.find(device, owner)).toBeUndefined();
    const passwordless = { ...owner, passwordDigest: undefined };
    const before = portaria.services.devices.remember(undefined, { ...passwordless, devicesFrom: undefined });
    passes(2000);
    await portaria.services.accountStore.distrust(id, new Date(Date.now()));
    const now = await portaria.services.accountStore.findDeviceOwner(id);
    expect(portaria.services.devices.find(before, now)).toBeUndefined();
  });

  it('is told in the history, in the audit once, and works once for fifty at the same moment on two nodes', async () => {
    const token = new URL(await linkTo(portaria, OLD)).searchParams.get('token') ?? '';
    const second = await startAnotherNode(portaria);
    try {
      const nodes = [portaria, second];
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, turn) => nodes[turn % 2]!.services.accountAlarm.raise(token)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const events = await portaria.database.database.query(
        "select account_id from audit_events where event = 'account.alarm_raised'",
      );
      expect(events).toEqual([{ account_id: id }]);
    } finally {
      await second.stop();
    }
  });

  it('works for a week, however many newer ones there are, and then leads to a new password', async () => {
    const first = await linkTo(portaria, OLD);
    await signIn(new CarefulBrowser(portaria.url), '/sign-in');
    expect(await linkTo(portaria, OLD)).not.toBe(first);
    const browser = new CarefulBrowser(portaria.url);
    passes(6 * DAY);
    expect((await browser.get(first)).status).toBe(200);
    passes(2 * DAY);
    const late = await browser.get(first);
    expect([late.status, late.text.includes('href="/reset-password"')]).toEqual([410, true]);
  });

  it.each(['', 'nonsense', 'x'.repeat(64)])('that is none is refused: "%s"', async (token) => {
    const browser = new CarefulBrowser(portaria.url);
    expect((await browser.get(`/account/not-me/open?token=${token}`)).status).toBe(410);
    expect((await browser.get('/account/not-me')).status).toBe(410);
    expect((await browser.post('/account/not-me', { csrf: 'nonsense' })).status).toBe(403);
  });

  it('is no link to anything else, and no other link is one', async () => {
    const token = new URL(await linkTo(portaria, OLD)).searchParams.get('token') ?? '';
    const browser = new CarefulBrowser(portaria.url);
    for (const path of ['/reset-password', '/sign-up', '/account/email'])
      expect((await browser.get(`${path}/open?token=${token}`)).status).toBe(410);
    await browser.submit(await browser.get('/reset-password'), { email: OLD });
    const reset = new URL(await linkTo(portaria, OLD)).searchParams.get('token') ?? '';
    expect((await browser.get(`/account/not-me/open?token=${reset}`)).status).toBe(410);
  });

  it('is not pressed by a page from elsewhere', async () => {
    const { browser, page } = await open();
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    for (const [name, value] of [
      ['origin', 'https://evil.example'],
      ['sec-fetch-site', 'cross-site'],
    ] as const)
      expect((await browser.post('/account/not-me', { csrf }, { [name]: value })).status).toBe(403);
    expect((await browser.post('/account/not-me', { csrf: 'guessed' })).status).toBe(403);
    expect(await rows()).toEqual(untouched);
  });
});

describe('whoever took an account over', () => {
  it('loses the ways to sign in and the second factor that they added', async () => {
    const first = await linkTo(portaria, OLD);
    await portaria.services.identityStore.insert({ connectorId: 'github', subject: '1', accountId: id });
    await addPasskey(stranger, new SoftAuthenticator(portaria.url));
    await giveAuthenticator(portaria, id);
    expect(await portaria.services.passkeys.list(id)).toHaveLength(1);
    const browser = new CarefulBrowser(portaria.url);
    await browser.submit(await browser.get(first), {});
    const left = await portaria.database.database.query(
      'select 1 from identities union all select 1 from totp_secrets union all select 1 from passkeys',
    );
    expect(left).toEqual([]);
  });

  it('is found out by the mail about what they added, where no sign-in was told', async () => {
    await addPasskey(stranger, new SoftAuthenticator(portaria.url));
    expect((await mailsTo(portaria, OLD)).at(-1)?.subject).toBe('A passkey was added to your account');
    await raise();
    expect([await isSignedIn(stranger), await portaria.services.passkeys.list(id)]).toEqual([false, []]);
  });

  it('cannot finish adding an app that they had begun to add', async () => {
    const { accountStore, secondFactors } = portaria.services;
    const account = (await accountStore.find(id))!;
    const { sealed, secret } = secondFactors.beginSetUp(account, 'their session');
    const finish = () =>
      secondFactors.finishSetUp(account, 'their session', { sealed, code: authenticatorOf(secret).code() });
    await raise();
    await expect(finish()).rejects.toMatchObject({ status: 410 });
    expect(await secondFactors.list(id)).toEqual([]);
  });

  it('does not take away those that the person had before', async () => {
    const database = portaria.database.database;
    await portaria.services.identityStore.insert({ connectorId: 'github', subject: '1', accountId: id });
    await giveAuthenticator(portaria, id);
    for (const change of ['identities set created_at', 'totp_secrets set added_at'])
      await database.query(`update ${change} = now() - interval '1 day'`);
    await raise();
    const left = await database.query('select 1 from identities union all select 1 from totp_secrets');
    expect(left).toHaveLength(2);
  });

  it('cannot end the link by changing the password or the address', async () => {
    const link = await linkTo(portaria, OLD);
    await stranger.submit(await stranger.get('/account/password'), {
      current: PASSWORD,
      password: NEW_PASSWORD,
    });
    await takeAddress();
    const browser = new CarefulBrowser(portaria.url);
    await browser.submit(await browser.get(link), {});
    expect([await canSignIn(NEW_PASSWORD), await rows()]).toEqual([
      false,
      { email: OLD, isWithoutPassword: true },
    ]);
  });

  it('loses the address again by the mail that tells of it, and the new mailbox hears that', async () => {
    await takeAddress();
    const { browser, page } = await open();
    expect(page.text).toContain('gets back the address');
    await browser.submit(page, {});
    expect(await rows()).toEqual({ email: OLD, isWithoutPassword: true });
    const told = (await mailsTo(portaria, OTHER)).at(-1);
    expect([told?.subject, told?.text.includes('/not-me')]).toEqual(['Your address was changed back', false]);
  });

  it('cannot answer with an alarm of their own: the mailbox of before has the last word', async () => {
    await takeAddress();
    const first = await linkTo(portaria, OLD);
    await takeAddress('third@example.org');
    const theirs = await linkTo(portaria, OTHER);
    const browser = new CarefulBrowser(portaria.url);
    // They are faster …
    await browser.submit(await browser.get(theirs), {});
    expect(await rows()).toEqual({ email: OTHER, isWithoutPassword: true });
    // … and the person comes all the same.
    await browser.submit(await browser.get(first), {});
    expect(await rows()).toEqual({ email: OLD, isWithoutPassword: true });
    expect((await browser.get(theirs)).status).toBe(410);
  });

  it('keeps nothing of a change of address that is under way', async () => {
    await stranger.submit(await stranger.get('/account/email'), { email: OTHER }, '/account/email');
    const pending = await linkTo(portaria, OTHER);
    await raise();
    expect((await stranger.get(pending)).status).toBe(410);
  });

  it('does not get an address that is somebody else’s by now', async () => {
    await takeAddress();
    const somebody = await portaria.services.administration.create({
      email: OLD,
      name: 'Somebody',
      emailVerified: true,
    });
    const { browser, page } = await open();
    expect(page.text).not.toContain('gets back the address');
    await browser.submit(page, {});
    expect(await rows()).toEqual({ email: OTHER, isWithoutPassword: true });
    expect((await portaria.services.accountStore.find(somebody.id))?.email).toBe(OLD);
  });
});
