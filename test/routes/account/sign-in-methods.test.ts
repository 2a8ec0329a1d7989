// /account/sign-in-methods: somebody who is signed in adds ways in and takes them away, and nobody else does it for them.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from '../../support/browser.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import {
  arrive,
  atGithub,
  atGoogle,
  linkedTo,
  linksInAudit,
  somebody,
  startLinkingHouse,
  type LinkingHouse,
} from '../../support/linking.ts';
import { linkTo } from '../../support/mailbox.ts';
import { givePasskey } from '../../support/passkeys.ts';
import { codeIn, PASSWORD, signIn } from '../../support/people.ts';
import { startAnotherNode, type Portaria } from '../../support/portaria.ts';
import { callbackFrom, settingsFor } from '../../support/walks.ts';

const PATH = '/account/sign-in-methods';

let house: LinkingHouse;
let elsewhere: Portaria;

beforeAll(async () => {
  house = await startLinkingHouse();
  elsewhere = await startAnotherNode(house.portaria, settingsFor(house.github));
});
afterAll(async () => {
  await elsewhere.stop();
  await house.stop();
});
afterEach(() => {
  jest.restoreAllMocks();
  house.github.declines = false;
});

/** Somebody with a password, signed in. */
async function visitor() {
  const person = await somebody(house);
  const browser = new CarefulBrowser(house.portaria.url);
  await signIn(browser, '/sign-in', person.name);
  return { ...person, browser };
}

/** Somebody who has GitHub alone, signed in with it. */
async function visitorOfGithub() {
  const subject = atGithub(house, `visitor${performance.now()}@example.com`);
  const browser = new CarefulBrowser(house.portaria.url);
  codeIn((await arrive(house, 'github', browser)).page);
  const [row] = await house.portaria.database.database.query<{ id: string }>(
    'select account_id as id from identities where subject = $1',
    [subject],
  );
  return { id: row?.id ?? '', subject, browser };
}

async function link(browser: Browser, connectorId: 'github' | 'google'): Promise<Page> {
  return browser.get(await callbackFrom(connectorId, browser, await browser.get(PATH)));
}

function unlink(browser: Browser, page: Page): Promise<Page> {
  return browser.submit(page, {}, '/unlink');
}

describe('a way in that is added', () => {
  it('opens this very account from then on, and is written down', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'another-address@example.com');
    const page = await link(browser, 'github');
    expect([page.status, page.url]).toEqual([200, `${house.portaria.url}${PATH}?done=linked`]);
    expect(page.text).toContain('You can sign in this way from now on');
    const guest = new CarefulBrowser(house.portaria.url);
    await guest.get(await callbackFrom('github', guest, await guest.get('/sign-in')));
    expect((await guest.get('/account')).text).toContain(`data-copy="${id}"`);
    expect(await linksInAudit(house, id)).toEqual([['identity.linked', { connector: 'github' }]]);
  });

  it('takes no address and no name from the upstream', async () => {
    const { id, browser } = await visitor();
    const before = await house.portaria.services.administration.get(id);
    atGoogle(house, 'yet-another-address@example.com');
    await link(browser, 'google');
    expect(await house.portaria.services.administration.get(id)).toEqual(before);
  });

  it('is refused when it belongs to somebody else, without a word about whom', async () => {
    const owner = await visitorOfGithub();
    const { id, browser } = await visitor();
    const page = await link(browser, 'github');
    expect([page.status, page.text.includes('belongs to another account here')]).toEqual([409, true]);
    expect([await linkedTo(house, id), await linkedTo(house, owner.id)]).toEqual([[], ['github']]);
    expect(page.text).not.toContain(owner.id);
  });

  it('is one way, and one row, when it is added twice', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'twice@example.com');
    const page = await browser.get(PATH);
    const [first, second] = [
      await callbackFrom('github', browser, page),
      await callbackFrom('github', browser, page),
    ];
    for (const callback of [first, second]) expect((await browser.get(callback)).status).toBe(200);
    const again = await browser.get(first);
    expect([again.status, again.text.includes('cannot be continued')]).toEqual([410, true]);
    expect([await linkedTo(house, id), await linksInAudit(house, id)]).toEqual([
      ['github'],
      [['identity.linked', { connector: 'github' }]],
    ]);
  });

  it('belongs to one of two who add it at the same moment, over two processes', async () => {
    const [one, two] = [await somebody(house), await somebody(house)];
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, turn) =>
        (turn % 2 ? house.portaria : elsewhere).services.signInMethods.link(
          (turn % 2 ? one : two).id,
          'github',
          { subject: 'of one or the other' },
        ),
      ),
    );
    expect(results.filter((result) => result === 'linked')).toHaveLength(1);
    expect(results.filter((result) => result === 'taken')).toHaveLength(5);
    expect([...(await linkedTo(house, one.id)), ...(await linkedTo(house, two.id))]).toEqual(['github']);
  });

  it('is not planted by whoever is in the account while its owner ends everything', async () => {
    const { accountAlarm, administration, passkeys, signInMethods } = elsewhere.services;
    for (let round = 0; round < 5; round++) {
      const { id, name } = await visitor();
      // The mail has the link of the alarm.
      await givePasskey(house.portaria, id);
      const alarm = new URL(await linkTo(house.portaria, `${name}@example.com`)).searchParams.get('token');
      const [{ uid } = { uid: '' }] = await administration.listSessions(id);
      await Promise.all([
        accountAlarm.raise(alarm ?? ''),
        house.portaria.services.signInMethods.link(id, 'github', { subject: `planted ${round}` }, uid),
      ]);
      expect([(await signInMethods.list(id)).identities, await passkeys.list(id)]).toEqual([[], []]);
    }
  });

  it('is added by nobody who turns back, and not by an upstream that fails', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'turned-back@example.com');
    house.github.declines = true;
    const declined = await link(browser, 'github');
    expect([declined.status, declined.text.includes('You cancelled at GitHub')]).toEqual([200, true]);
    house.github.declines = false;
    house.github.lies.set('/user', '500');
    const failed = await link(browser, 'github');
    house.github.lies.clear();
    expect([failed.status, failed.text.includes(`href="${PATH}"`)]).toEqual([502, true]);
    expect(await linkedTo(house, id)).toEqual([]);
  });
});

describe('the way back from an upstream', () => {
  it('is no use to anybody else: not to a visitor, not to another account, not to another session', async () => {
    const mine = await visitor();
    atGithub(house, 'attacker@example.com');
    const page = await mine.browser.get(PATH);
    const victim = await visitor();
    const again = new CarefulBrowser(house.portaria.url);
    await signIn(again, '/sign-in', mine.name);
    for (const browser of [new CarefulBrowser(house.portaria.url), victim.browser, again]) {
      const refused = await browser.get(await callbackFrom('github', mine.browser, page));
      expect([refused.status, refused.text.includes('cannot be continued')]).toEqual([410, true]);
      expect(refused.text).toContain(`href="${PATH}"`);
    }
    expect([await linkedTo(house, mine.id), await linkedTo(house, victim.id)]).toEqual([[], []]);
  });

  it('links nothing when it was begun as a sign-in, and signs nobody in when it was begun here', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'mixed-up@example.com');
    const guest = new CarefulBrowser(house.portaria.url);
    const callback = await callbackFrom('github', guest, await guest.get('/sign-in'));
    const mixed = callback.replace('/connect/github/callback', `${PATH}/connect/github`);
    expect((await browser.get(mixed)).status).toBe(410);
    const other = await callbackFrom('github', browser, await browser.get(PATH));
    const signInPage = await guest.get('/sign-in');
    const path = `${new URL(signInPage.url).pathname}/connect/github`;
    expect((await guest.get(other.replace('/connect/github/callback', path))).status).toBe(410);
    expect(await linkedTo(house, id)).toEqual([]);
    expect((await guest.get('/')).text).toContain('href="/sign-in"');
  });

  it('is no use after signing out, and shows neither code nor state', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'signed-out@example.com');
    const callback = await callbackFrom('github', browser, await browser.get(PATH));
    await house.portaria.services.administration.signOut(id);
    const refused = await browser.get(callback);
    expect(refused.status).toBe(410);
    for (const name of ['code', 'state'])
      expect(refused.text).not.toContain(new URL(callback).searchParams.get(name));
    expect(await linkedTo(house, id)).toEqual([]);
  });
});

describe('a way in that is taken away', () => {
  it('opens nothing any more, and is written down', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'taken-away@example.com');
    const page = await unlink(browser, await link(browser, 'github'));
    expect([page.status, page.text.includes('is removed')]).toEqual([200, true]);
    expect(await linkedTo(house, id)).toEqual([]);
    expect(await linksInAudit(house, id)).toEqual([
      ['identity.linked', { connector: 'github' }],
      ['identity.unlinked', { connector: 'github' }],
    ]);
  });

  it('twice is gone once, and says so', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'twice-away@example.com');
    const page = await link(browser, 'github');
    await unlink(browser, page);
    const again = await unlink(browser, page);
    expect([again.status, again.text.includes('was removed already')]).toEqual([404, true]);
    expect(await linksInAudit(house, id)).toHaveLength(2);
  });

  it('is never the last one: it is not offered, and not done', async () => {
    const { id, browser } = await visitorOfGithub();
    const page = await browser.get(PATH);
    expect([page.text.includes('/unlink'), page.text.includes('only way in')]).toEqual([false, true]);
    const [identity] = (await house.portaria.services.signInMethods.list(id)).identities;
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const url = `${house.portaria.url}${PATH}/unlink`;
    const refused = await browser.post(url, { csrf, identity: identity?.key ?? '' });
    expect([refused.status, refused.text.includes('Nothing was changed')]).toEqual([409, true]);
    expect(await linkedTo(house, id)).toEqual(['github']);
  });

  it('leaves one of two that are taken away at the same moment, over two processes', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await visitorOfGithub();
      const methods = house.portaria.services.signInMethods;
      const second = await methods.link(id, 'github', { subject: `second ${round}` });
      expect(second).toBe('linked');
      const keys = (await methods.list(id)).identities.map(({ key }) => key);
      const outcomes = await Promise.all(
        keys.map((key, index) => (index ? methods : elsewhere.services.signInMethods).unlink(id, key)),
      );
      expect(outcomes.toSorted()).toEqual(['last', 'unlinked']);
      expect(await linkedTo(house, id)).toHaveLength(1);
    }
  });

  it('is the last one when all others are at connectors that are switched off, or a password without a name', async () => {
    const { id } = await visitorOfGithub();
    const methods = house.portaria.services.signInMethods;
    await methods.link(id, 'switched-off', { subject: 'of before' });
    const { database } = house.portaria.database;
    await database.query(
      "update accounts set password_digest = 'x', username = null, email_verified = false where id = $1",
      [id],
    );
    const [identity] = (await methods.list(id)).identities;
    expect([identity?.isLast, await methods.unlink(id, identity?.key ?? '')]).toEqual([true, 'last']);
  });

  it('is one’s own: the key of somebody else’s takes nothing away', async () => {
    const { id } = await visitorOfGithub();
    const [theirs] = (await house.portaria.services.signInMethods.list(id)).identities;
    const { browser } = await visitor();
    atGoogle(house, 'own@example.com');
    const page = await link(browser, 'google');
    expect((await browser.submit(page, { identity: theirs?.key ?? '' }, '/unlink')).status).toBe(404);
    expect(await linkedTo(house, id)).toEqual(['github']);
  });
});

describe('whoever wants to change something', () => {
  it('has to have signed in a few minutes ago', async () => {
    const { id, name, browser } = await visitor();
    atGithub(house, 'recently@example.com');
    const page = await link(browser, 'github');
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 11 * 60_000);
    for (const action of ['/unlink', '/connect/google']) {
      const refused = await browser.submit(page, {}, action);
      expect([refused.status, refused.text.includes('Sign in again')]).toEqual([403, true]);
    }
    expect(await linkedTo(house, id)).toEqual(['github']);
    const later = await browser.get(PATH);
    expect([later.text.includes('/unlink'), later.text.includes('again=yes')]).toEqual([false, true]);
    const form = await browser.get(`/sign-in?return_to=${encodeURIComponent(PATH)}&again=yes`);
    const back = await browser.submit(form, { login: name, password: PASSWORD }, '/login');
    expect(back.url).toBe(`${house.portaria.url}${PATH}`);
    expect((await unlink(browser, back)).status).toBe(200);
    expect(await linkedTo(house, id)).toEqual([]);
  });

  it('has to send our own form of this session', async () => {
    const { id, browser } = await visitor();
    atGithub(house, 'own-form@example.com');
    const page = await link(browser, 'github');
    const [identity] = (await house.portaria.services.signInMethods.list(id)).identities;
    const fields = {
      identity: identity?.key ?? '',
      csrf: /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '',
    };
    const other = await visitor();
    for (const path of ['/unlink', '/connect/google']) {
      const url = `${house.portaria.url}${PATH}${path}`;
      const statuses = [
        await browser.post(url, fields, { origin: 'https://evil.example' }),
        await browser.post(url, { ...fields, csrf: '' }),
        await browser.post(url, {}),
        await other.browser.post(url, fields),
        await new CarefulBrowser(house.portaria.url).post(url, fields),
      ].map(({ status }) => status);
      expect(statuses).toEqual([403, 403, 403, 403, 403]);
    }
    expect(await linkedTo(house, id)).toEqual(['github']);
  });

  it('signs in first and comes back here', async () => {
    const { name } = await somebody(house);
    const browser = new CarefulBrowser(house.portaria.url);
    const there = await signIn(browser, PATH, name);
    expect(there.url).toBe(`${house.portaria.url}${PATH}`);
  });
});
