// A stranger with a mailbox becomes an account and goes straight on to where they wanted to go; or comes with an invitation.
// And what others might try on the way.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { linkTo, mailsOf, mailsTo } from '../support/mailbox.ts';
import { addClient, addPerson, authorizationRequest } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

const EMAIL = 'new@example.com';
const FORM = { name: 'New Example', username: 'new', password: 'a sentence that nobody else says' };

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  await addClient(portaria, 'tickets');
});
afterAll(() => portaria.stop());
beforeEach(() => forget(portaria));
afterEach(() => void jest.restoreAllMocks());

async function forget(house: Portaria): Promise<void> {
  await mailsOf(house);
  for (const table of ['accounts', 'one_time_tokens', 'throttles', 'audit_events'])
    await house.database.database.query(`delete from ${table}`);
}

/** From the client to the page that asks for an address. */
async function begin(browser = new CarefulBrowser(portaria.url), house = portaria): Promise<Page> {
  const page = await browser.get(authorizationRequest(house, { client_id: 'tickets' }).url);
  return browser.get(/href="([^"]*\/sign-up)"/.exec(page.text)?.[1] ?? '/no-link-to-sign-up');
}

async function ask(browser = new CarefulBrowser(portaria.url), email = EMAIL): Promise<Page> {
  return browser.submit(await begin(browser), { email });
}

function people(): Promise<{ email: string; email_verified: boolean; name: string }[]> {
  return portaria.database.database.query('select email, email_verified, name from accounts order by id');
}

const pathOf = ({ url }: Page) => new URL(url).pathname;

describe('somebody new', () => {
  it('makes an account behind the link in the mail and goes on to the client, signed in', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const sent = await ask(browser);
    expect([sent.status, sent.text.includes('Check your mailbox')]).toEqual([200, true]);
    expect(await people()).toEqual([]);
    const form = await browser.get(await linkTo(portaria, EMAIL));
    expect([form.status, pathOf(form), form.text.includes(`${EMAIL} is confirmed`)]).toEqual([
      200,
      '/sign-up',
      true,
    ]);
    const end = await browser.submit(form, FORM);
    expect(end.url).toMatch(/^https:\/\/tickets\.example\.com\/callback\?.*code=/);
    expect(await people()).toEqual([{ email: EMAIL, email_verified: true, name: 'New Example' }]);
    expect((await browser.get('/')).text).toContain('Hello, New Example');
    const events = await portaria.database.database.query(
      "select details from audit_events where event = 'account.created'",
    );
    expect(events).toEqual([{ details: { method: 'sign_up' } }]);
  });

  it('makes the account in another browser, which is not signed in by that, and neither is the first', async () => {
    const first = new CarefulBrowser(portaria.url);
    await ask(first);
    const other = new CarefulBrowser(portaria.url);
    const done = await other.submit(await other.get(await linkTo(portaria, EMAIL)), FORM);
    expect([pathOf(done), done.text.includes('Your account is ready')]).toEqual(['/sign-up/done', true]);
    for (const browser of [first, other]) {
      expect((await browser.get('/')).text).not.toContain('Hello');
    }
    const home = await other.submit(
      await other.get('/sign-in'),
      { login: EMAIL, password: FORM.password },
      '/login',
    );
    expect(home.text).toContain('Hello, New Example');
  });

  it('has not signed in whoever asked for the account in their name', async () => {
    const attacker = new CarefulBrowser(portaria.url);
    const sent = await ask(attacker);
    const victim = new CarefulBrowser(portaria.url);
    await victim.submit(await victim.get(await linkTo(portaria, EMAIL)), FORM);
    const uid = /\/interaction\/([^/]+)/.exec(sent.url)?.[1] ?? '';
    const tried = await attacker.get(`/interaction/${uid}/sign-up/done`);
    expect(tried.status).toBe(410);
    expect((await attacker.get('/')).text).not.toContain('Hello');
  });

  it('is not signed in twice by one link, and not in another sign-in', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser);
    const link = await linkTo(portaria, EMAIL);
    const token = new URL(link).searchParams.get('token') ?? '';
    await browser.submit(await browser.get(link), FORM);
    const row = await portaria.database.database.query('select interaction_uid from one_time_tokens');
    expect(row).toEqual([{ interaction_uid: null }]);
    expect(await portaria.services.signUp.takeOver(token, 'another')).toBeUndefined();
  });

  it('keeps the secret of the link out of addresses and rows', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser);
    const link = await linkTo(portaria, EMAIL);
    const token = new URL(link).searchParams.get('token') ?? '';
    const opened = await browser.request(link);
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/sign-up']);
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    expect((await browser.get('/sign-up')).text).not.toContain(token);
    const rows = await portaria.database.database.query('select * from one_time_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('reads mails and pages in their language, and the account keeps it', async () => {
    const browser = new CarefulBrowser(portaria.url, { 'accept-language': 'pt-BR' });
    await browser.submit(await begin(browser), { email: EMAIL });
    const mail = (await mailsTo(portaria, EMAIL)).at(-1);
    expect([mail?.subject, mail?.mode]).toEqual(['Crie sua conta', 0o600]);
    await browser.submit(await browser.get(await linkTo(portaria, EMAIL)), FORM);
    expect((await portaria.services.accountStore.findByEmail(EMAIL))?.locale).toBe('pt-BR');
  });
});

describe('an address that has an account', () => {
  it('gets a mail that says so, and the page is the same', async () => {
    await addPerson(portaria, 'ana');
    const [known, unknown] = [await ask(undefined, 'ana@example.com'), await ask(undefined, EMAIL)];
    const plain = ({ text, url }: Page) => text.replaceAll(new URL(url).pathname.split('/')[2] ?? '', 'UID');
    expect([known.status, plain(known)]).toEqual([unknown.status, plain(unknown)]);
    const mail = (await mailsTo(portaria, 'ana@example.com')).at(-1);
    expect(mail?.subject).toBe('You already have an account');
    expect(mail?.text).not.toContain('token=');
  });

  it('that it got while the link was under way ends the link with a page that says so', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser, 'ana@example.com');
    const link = await linkTo(portaria, 'ana@example.com');
    const form = await browser.get(link);
    await addPerson(portaria, 'ana');
    for (const page of [await browser.get(link), await browser.submit(form, FORM)]) {
      expect([page.status, page.text.includes('You already have an account here')]).toEqual([403, true]);
    }
    expect(await people()).toHaveLength(1);
  });
});

describe('the link', () => {
  it('makes us hash a hundred times at most for a name that is taken, on two nodes', async () => {
    await addPerson(portaria, 'ana');
    await ask();
    const token = new URL(await linkTo(portaria, EMAIL)).searchParams.get('token') ?? '';
    const second = await startAnotherNode(portaria);
    try {
      const outcomes = await Promise.all(
        Array.from({ length: 150 }, (_, turn) =>
          (turn % 2 ? portaria : second).services.signUp
            .complete(token, { ...FORM, username: 'ana', locale: 'en' })
            .catch((error: { status: number }) => error.status),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 429).length).toBeGreaterThanOrEqual(50);
      expect(outcomes.filter((outcome) => outcome === 409).length).toBeGreaterThan(0);
    } finally {
      await second.stop();
    }
  });

  it('makes one account when it is used fifty times at the same moment, on two nodes', async () => {
    const second = await startAnotherNode(portaria);
    try {
      await ask();
      const token = new URL(await linkTo(portaria, EMAIL)).searchParams.get('token') ?? '';
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async (_, turn) => {
          const { signUp } = (turn % 2 ? portaria : second).services;
          return signUp.complete(token, { ...FORM, username: `new-${turn}`, locale: 'en' }).then(
            () => 201,
            (error: { status: number }) => error.status,
          );
        }),
      );
      expect(outcomes.filter((status) => status === 201)).toHaveLength(1);
      expect(outcomes.filter((status) => status === 410 || status === 403)).toHaveLength(49);
      expect(await people()).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });

  it('works once, and not after a day, and the newest alone', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser);
    const first = await linkTo(portaria, EMAIL);
    await ask(browser);
    const link = await linkTo(portaria, EMAIL);
    expect([(await browser.get(first)).status, (await browser.get(link)).status]).toEqual([410, 200]);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 25 * 3_600_000);
    expect((await browser.get(link)).status).toBe(410);
    jest.restoreAllMocks();
    const form = await browser.get(link);
    await browser.submit(form, FORM);
    const again = new CarefulBrowser(portaria.url);
    expect([(await again.get(link)).status, (await browser.submit(form, FORM)).status]).toEqual([410, 410]);
    expect(await people()).toHaveLength(1);
  });

  it.each([
    ['name', '', 'Enter your name.'],
    ['username', 'ana@home', 'Use only letters'],
    ['username', 'taken', 'This username is taken'],
    ['password', 'too short', 'Use at least 12 characters'],
    ['password', EMAIL, 'leaked passwords'],
  ])('stays good when %s is refused beside its field (%s)', async (field, value, words) => {
    await addPerson(portaria, 'taken');
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser);
    const form = await browser.get(await linkTo(portaria, EMAIL));
    const again = await browser.submit(form, { ...FORM, [field]: value });
    const status = value === 'taken' ? 409 : 400;
    expect([again.status, again.text.includes(`id="${field}-fault"`)]).toEqual([status, true]);
    expect(again.text).toContain(words);
    expect(again.text).not.toContain(FORM.password);
    expect((await browser.submit(again, FORM)).url).toContain('code=');
  });

  it('does nothing for a form without its cookie, empty, or from elsewhere', async () => {
    const browser = new CarefulBrowser(portaria.url);
    await ask(browser);
    const form = await browser.get(await linkTo(portaria, EMAIL));
    const csrf = /name="csrf" value="([^"]*)"/.exec(form.text)?.[1] ?? '';
    const answers = [
      await new CarefulBrowser(portaria.url).post('/sign-up', { csrf, ...FORM }),
      await browser.post('/sign-up', {}),
      await browser.post('/sign-up', { csrf, ...FORM }, { origin: 'https://evil.example' }),
      await browser.get('/sign-up/open?token=made-up'),
      await new CarefulBrowser(portaria.url).get('/sign-up'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([410, 403, 403, 410, 410]);
    expect(await people()).toEqual([]);
  });
});

describe('asking for an account', () => {
  it('is for the browser of the sign-in alone', async () => {
    const page = await begin();
    const stranger = new CarefulBrowser(portaria.url);
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    for (const answer of [
      await stranger.get(page.url),
      await stranger.post(page.url, { csrf, email: EMAIL }),
      await stranger.get(`${page.url}/done`),
    ]) {
      expect([answer.status, answer.text.includes('This sign-in cannot be continued')]).toEqual([400, true]);
    }
    expect(await mailsTo(portaria, 'stranger@example.com')).toEqual([]);
  });

  it('sends three mails an hour to one address, known or not, and answers the same afterwards', async () => {
    await addPerson(portaria, 'ben');
    for (const email of ['ben@example.com', 'nobody@example.com']) {
      const statuses = [];
      for (let turn = 0; turn < 5; turn++) statuses.push((await ask(undefined, email)).status);
      expect([statuses, (await mailsTo(portaria, email)).length]).toEqual([[200, 200, 200, 200, 200], 3]);
    }
  });

  it('sends three mails an hour to all the spellings of one mailbox with a tag', async () => {
    const spelled = Array.from({ length: 5 }, (_, turn) => `tagged+${turn}@example.com`);
    for (const email of spelled) expect((await ask(undefined, email)).status).toBe(200);
    const sent = await Promise.all(spelled.map(async (email) => (await mailsTo(portaria, email)).length));
    expect(sent).toEqual([1, 1, 1, 0, 0]);
    // Another person of the same house is not counted with them.
    await ask(undefined, 'other+tag@example.com');
    expect(await mailsTo(portaria, 'other+tag@example.com')).toHaveLength(1);
  });

  it.each(['', 'new', 'new@example.com\r\nBcc: eve@example.com'])(
    'says that %j is no address',
    async (email) => {
      const before = (await mailsOf(portaria)).length;
      const page = await ask(undefined, email);
      expect([page.status, page.text.includes('id="email-fault"')]).toEqual([400, true]);
      expect(await mailsOf(portaria)).toHaveLength(before);
    },
  );
});

describe('an invitation', () => {
  let house: Portaria;
  beforeAll(async () => {
    house = await startPortaria({ SIGN_UP: 'invite', SIGN_UP_DOMAINS: 'example.com,example.org' });
    await addClient(house, 'tickets');
  });
  afterAll(() => house.stop());
  beforeEach(() => forget(house));

  it('makes an account where strangers get none', async () => {
    const browser = new CarefulBrowser(house.url);
    const page = await browser.get(authorizationRequest(house, { client_id: 'tickets' }).url);
    expect(page.text).not.toContain('/sign-up');
    expect((await browser.get(`${page.url}/sign-up`)).status).toBe(403);
    await house.services.signUp.invite(' Guest@example.org', { lifeSeconds: 86_400, locale: 'ko' });
    const mail = (await mailsTo(house, 'guest@example.org')).at(-1);
    expect(mail?.subject).toBe('초대장이 도착했습니다');
    const done = await browser.submit(await browser.get(await linkTo(house, 'guest@example.org')), FORM);
    expect(pathOf(done)).toBe('/sign-up/done');
    const home = await browser.submit(
      await browser.get('/sign-in'),
      { login: 'guest@example.org', password: FORM.password },
      '/login',
    );
    expect(home.text).toContain('Hello, New Example');
  });

  it('is refused for whoever has an account, for other domains and for what is no address', async () => {
    await addPerson(house, 'ana');
    const { signUp } = house.services;
    for (const [email, status] of [
      ['ana@example.com', 409],
      ['guest@elsewhere.example', 400],
      ['guest', 400],
    ] as const) {
      await expect(signUp.invite(email, { lifeSeconds: 60 })).rejects.toMatchObject({
        status,
        field: 'email',
      });
    }
  });

  it('works only as long as it was made for, and ends with a newer one', async () => {
    const { signUp } = house.services;
    const first = await signUp.invite('guest@example.org', { lifeSeconds: 60 });
    const { link } = await signUp.invite('guest@example.org', { lifeSeconds: 60 });
    const browser = new CarefulBrowser(house.url);
    expect([(await browser.get(first.link)).status, (await browser.get(link)).status]).toEqual([410, 200]);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000);
    expect((await browser.get(link)).status).toBe(410);
  });

  it('is worth nothing where nobody may become an account any more', async () => {
    const { link } = await house.services.signUp.invite('guest@example.org', { lifeSeconds: 60 });
    const closed = await startPortaria(
      { SIGN_UP: 'closed', ISSUER: house.url },
      { database: house.database },
    );
    try {
      const token = new URL(link).searchParams.get('token') ?? '';
      await expect(closed.services.signUp.check(token)).rejects.toMatchObject({ code: 'sign_up_closed' });
      await expect(closed.services.signUp.invite('b@example.com', { lifeSeconds: 60 })).rejects.toMatchObject(
        {
          code: 'sign_up_closed',
        },
      );
    } finally {
      await closed.stop();
    }
  });

  it('does not open the door to an asked-for link of before', async () => {
    await mailsOf(house);
    const open = await startAnotherNode(house, { SIGN_UP: 'open' });
    try {
      await open.services.signUp.request('guest@example.com', 'none', { address: '192.0.2.1', locale: 'en' });
      const link = await linkTo(open, 'guest@example.com');
      const page = await new CarefulBrowser(house.url).get(link);
      expect([page.status, page.text.includes('New accounts are by invitation')]).toEqual([403, true]);
    } finally {
      await open.stop();
    }
  });
});
