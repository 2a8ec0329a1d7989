// Somebody comes through an upstream for the first time, with the confirmed address of an account that is here: they prove
// that it is theirs, and only then both are one. Whoever cannot prove it gets nothing, and learns nothing more.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import {
  arrive,
  askedForProof,
  atGithub,
  atGoogle,
  linkedTo,
  linksInAudit,
  prove,
  newRequest,
  somebody,
  startLinkingHouse,
  type LinkingHouse,
} from '../support/linking.ts';
import { codeIn, PASSWORD } from '../support/people.ts';
import { startAnotherNode } from '../support/portaria.ts';
import { callbackFrom, settingsFor } from '../support/walks.ts';

let house: LinkingHouse;

beforeAll(async () => {
  house = await startLinkingHouse();
});
afterAll(() => house.stop());
afterEach(async () => {
  jest.restoreAllMocks();
  Object.assign(house.github, { declines: false });
  Object.assign(house.google, { declines: false });
  await house.portaria.database.database.query('delete from throttles');
});

/** The rows that wait. */
function waiting(): Promise<{ row: string }[]> {
  return house.portaria.database.database.query('select p::text as row from pending_links p');
}

/** Somebody whose account has no password: GitHub alone opens it. */
async function somebodyOfGithub() {
  const { name } = await somebody(house);
  const email = `${name}-of-github@example.com`;
  atGithub(house, email);
  codeIn((await arrive(house, 'github')).page);
  const account = await house.portaria.services.accountStore.findByEmail(email);
  return { id: account?.id ?? '', email, atGithub: house.github.person };
}

describe('the password of the account', () => {
  it('links the identity and goes on to the application; from then on the upstream alone opens the account', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email.toUpperCase());
    const { browser, page } = await askedForProof(house, 'github');
    expect(page.text).toContain(email);
    expect(codeIn(await prove(browser, page))).toHaveLength(43);
    expect(await linkedTo(house, id)).toEqual(['github']);
    expect(await linksInAudit(house, id)).toEqual([['identity.linked', { connector: 'github' }]]);
    expect(codeIn((await arrive(house, 'github')).page)).toHaveLength(43);
    expect(await waiting()).toEqual([]);
  });

  it('that is wrong links nothing, says so beside the form, and counts with all other wrong ones', async () => {
    const { id, email, name } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    const empty = await prove(browser, page, '');
    expect([empty.status, empty.text.includes('Enter your password')]).toEqual([400, true]);
    for (let turn = 0; turn < 10; turn++) {
      const wrong = await prove(browser, page, 'not the password of anybody');
      expect([wrong.status, wrong.text.includes('is not right')]).toEqual([400, true]);
    }
    const limited = await prove(browser, page, PASSWORD);
    expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([429, true]);
    // The sign-in page of anybody else counts on.
    const other = new CarefulBrowser(house.portaria.url);
    const form = await other.get(newRequest(house));
    expect((await other.submit(form, { login: name, password: PASSWORD }, '/login')).status).toBe(429);
    expect(await linkedTo(house, id)).toEqual([]);
    expect(await waiting()).toHaveLength(1);
    await house.portaria.database.database.query('delete from pending_links');
  });

  it('of another account links nothing: the name is not asked for', async () => {
    const [owner, mallory] = [await somebody(house), await somebody(house)];
    const password = 'another password that is long enough';
    await house.portaria.services.administration.update(mallory.id, { password });
    atGithub(house, owner.email);
    const { browser, page } = await askedForProof(house, 'github');
    const form = { login: mallory.email, username: mallory.email, password };
    expect((await browser.submit(page, form, '/link')).status).toBe(400);
    expect([await linkedTo(house, owner.id), await linkedTo(house, mallory.id)]).toEqual([[], []]);
  });

  it('does not open a blocked account', async () => {
    const { id, email } = await somebody(house);
    await house.portaria.services.administration.block(id);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    const refused = await prove(browser, page);
    expect([refused.status, refused.text.includes('account is blocked')]).toEqual([403, true]);
    expect(await linkedTo(house, id)).toEqual([]);
  });

  it('does not link to whoever got the address in the meantime', async () => {
    const [before, after] = [await somebody(house), await somebody(house)];
    atGithub(house, before.email);
    const { browser, page } = await askedForProof(house, 'github');
    const { database } = house.portaria.database;
    await database.query('update accounts set email_verified = false where id = $1', [before.id]);
    await database.query('update accounts set email = $2 where id = $1', [after.id, before.email]);
    const refused = await prove(browser, page);
    expect([refused.status, refused.text.includes('belongs to another account')]).toEqual([403, true]);
    expect([await linkedTo(house, before.id), await linkedTo(house, after.id)]).toEqual([[], []]);
  });
});

describe('another upstream that opens the account already', () => {
  it('is as good as a password, and the only thing that is offered where there is none', async () => {
    const { id, email } = await somebodyOfGithub();
    atGoogle(house, email);
    const { browser, page } = await askedForProof(house, 'google');
    const offered = ['type="password"', 'Confirm with GitHub', 'Confirm with Google'];
    expect(offered.map((text) => page.text.includes(text))).toEqual([false, true, false]);
    const end = await browser.get(await callbackFrom('github', browser, page));
    expect(codeIn(end)).toHaveLength(43);
    expect(await linkedTo(house, id)).toEqual(['github', 'google']);
    expect(codeIn((await arrive(house, 'google')).page)).toHaveLength(43);
  });

  it('does not link when somebody else presses the button there, known here or not', async () => {
    const mallory = await somebodyOfGithub();
    const { id, email } = await somebodyOfGithub();
    atGoogle(house, email);
    const { browser, page } = await askedForProof(house, 'google');
    house.github.person = mallory.atGithub;
    const refused = await browser.get(await callbackFrom('github', browser, page));
    expect([refused.status, refused.text.includes('does not belong to this account')]).toEqual([403, true]);
    const rows = await house.portaria.services.auditStore.list({ accountId: id, limit: 1 });
    expect(rows).toMatchObject([
      { event: 'sign_in.refused', details: { method: 'github', reason: 'proof_of_another' } },
    ]);
    const accounts = await house.portaria.services.accountStore.list({ limit: 200 });
    atGithub(house, 'nobody-yet@example.com');
    const unknown = await browser.get(await callbackFrom('github', browser, refused));
    expect([unknown.status, unknown.text.includes('does not belong to this account')]).toEqual([403, true]);
    expect(await house.portaria.services.accountStore.list({ limit: 200 })).toHaveLength(accounts.length);
    expect([await linkedTo(house, id), await linkedTo(house, mallory.id)]).toEqual([['github'], ['github']]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
  });

  it('who turns back there is asked again', async () => {
    const { email, atGithub: person } = await somebodyOfGithub();
    atGoogle(house, email);
    const { browser, page } = await askedForProof(house, 'google');
    house.github.declines = true;
    const back = await browser.get(await callbackFrom('github', browser, page));
    expect([back.status, back.text.includes('You cancelled at GitHub')]).toEqual([200, true]);
    Object.assign(house.github, { declines: false, person });
    expect(codeIn(await browser.get(await callbackFrom('github', browser, back)))).toHaveLength(43);
  });

  it('is no proof when it was only a sign-in, and a proof is no sign-in', async () => {
    const { email, id } = await somebodyOfGithub();
    atGoogle(house, email);
    const { browser, page } = await askedForProof(house, 'google');
    const callback = await callbackFrom('github', browser, page);
    const asSignIn = callback.replace(
      '/connect/github/callback',
      new URL(page.url).pathname.replace('/link', '/connect/github'),
    );
    const refused = await browser.get(asSignIn);
    expect([refused.status, refused.text.includes('cannot be continued')]).toEqual([410, true]);
    expect(await linkedTo(house, id)).toEqual(['github']);
  });
});

describe('an identity that waits', () => {
  it('is linked by one of ten forms at once, over two processes', async () => {
    const other = await startAnotherNode(house.portaria, settingsFor(house.github));
    try {
      const { id, email } = await somebody(house);
      atGithub(house, email);
      const { page } = await askedForProof(house, 'github');
      const uid = new URL(page.url).pathname.split('/')[2] ?? '';
      const link = await house.portaria.services.linking.get(uid);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, turn) =>
          (turn % 2 ? house.portaria : other).services.linking.finish(uid, link.key, id),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'link_over', status: 410 });
      }
      expect(await linksInAudit(house, id)).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  it('is not to be had in another browser', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    const stranger = new CarefulBrowser(house.portaria.url);
    const seen = await stranger.get(page.url);
    expect([seen.status, seen.text.includes(email)]).toEqual([400, false]);
    expect((await prove(stranger, page)).status).toBe(400);
    // Not even in one that is in a sign-in of its own.
    const other = await askedForProof(house, 'github');
    const action = new URL(other.page.url).pathname;
    const mixed = await other.browser.post(`${house.portaria.url}${action}`, {
      csrf: /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '',
      password: PASSWORD,
    });
    expect(mixed.status).toBe(403);
    expect(await linkedTo(house, id)).toEqual([]);
    expect(codeIn(await prove(browser, page))).toHaveLength(43);
  });

  it('is over after it was linked: the back button and the form again end on a page, with no second code', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    codeIn(await prove(browser, page));
    for (const again of [await browser.get(page.url), await prove(browser, page)]) {
      expect([again.status, again.text.includes('cannot be continued')]).toEqual([400, true]);
    }
    expect(await linksInAudit(house, id)).toHaveLength(1);
  });

  it('is over when its time is, with a way on', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    await house.portaria.database.database.query(
      "update pending_links set expires_at = now() - interval '1 second'",
    );
    const late = await prove(browser, page);
    expect([late.status, late.text.includes('This step is over')]).toEqual([410, true]);
    expect(late.text).toContain(`href="${new URL(page.url).pathname.replace('/link', '')}"`);
    await house.portaria.services.linking.deleteExpired();
    expect(await waiting()).toEqual([]);
    expect(await linkedTo(house, id)).toEqual([]);
  });

  it('gives way to another that comes in the same sign-in: the form of the first links neither', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    atGoogle(house, email);
    const signIn = await browser.get(new URL(page.url).pathname.replace('/link', ''));
    const second = await browser.get(await callbackFrom('google', browser, signIn));
    expect(second.text).toContain('Is this you?');
    const stale = await prove(browser, page);
    expect([stale.status, stale.text.includes('form has expired')]).toEqual([403, true]);
    expect(await linkedTo(house, id)).toEqual([]);
    expect(codeIn(await prove(browser, second))).toHaveLength(43);
    expect(await linkedTo(house, id)).toEqual(['google']);
  });

  it('that became somebody else’s is not taken from them', async () => {
    const [owner, other] = [await somebody(house), await somebody(house)];
    const subject = atGithub(house, owner.email);
    const { browser, page } = await askedForProof(house, 'github');
    await house.portaria.services.signInMethods.link(other.id, 'github', { subject });
    const refused = await prove(browser, page);
    expect([refused.status, refused.text.includes('This sign-in is taken')]).toEqual([403, true]);
    expect(refused.text).not.toContain(other.email);
    expect([await linkedTo(house, owner.id), await linkedTo(house, other.id)]).toEqual([[], ['github']]);
  });

  it('is not served by a form of somebody else’s page, nor without its token', async () => {
    const { id, email } = await somebody(house);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    for (const [fields, headers] of [
      [{ csrf }, { origin: 'https://evil.example' }],
      [{ csrf }, { 'sec-fetch-site': 'cross-site' }],
      [{}, {}],
    ] as [Record<string, string>, Record<string, string>][]) {
      expect((await browser.post(page.url, { ...fields, password: PASSWORD }, headers)).status).toBe(403);
    }
    expect((await browser.post(page.url, {})).status).toBe(403);
    expect(await linkedTo(house, id)).toEqual([]);
  });

  it('lies sealed, under digests', async () => {
    const { email } = await somebody(house);
    const subject = atGithub(house, email);
    const { page } = await askedForProof(house, 'github');
    const uid = new URL(page.url).pathname.split('/')[2] ?? '';
    const text = (await waiting()).map(({ row }) => row).join();
    expect(text).toContain('v1.');
    for (const secret of [email, subject, uid]) expect(text).not.toContain(secret);
  });

  it('is not asked for where nothing waits', async () => {
    const browser = new CarefulBrowser(house.portaria.url);
    const page = await browser.get(newRequest(house));
    const early = await browser.get(`${page.url}/link`);
    expect([early.status, early.text.includes('This step is over')]).toEqual([410, true]);
  });
});

describe('an address that is not proved on both sides', () => {
  it('that the upstream has not confirmed links nothing, and the answer is that of an address without an account', async () => {
    const { id, email } = await somebody(house);
    const ends: string[] = [];
    for (const address of [email, 'without-an-account@example.com']) {
      atGithub(house, address, false);
      const { page } = await arrive(house, 'github');
      ends.push(new URL(page.url).origin + new URL(page.url).pathname);
      codeIn(page);
    }
    expect(ends[0]).toBe(ends[1]);
    expect(await linkedTo(house, id)).toEqual([]);
  });

  it('that the account has not confirmed gives nothing away: the newcomer gets an account of their own', async () => {
    const { id, email } = await somebody(house);
    await house.portaria.database.database.query('update accounts set email_verified = false where id = $1', [
      id,
    ]);
    atGithub(house, email);
    codeIn((await arrive(house, 'github')).page);
    expect(await linkedTo(house, id)).toEqual([]);
  });
});

describe('whoever has an authenticator app', () => {
  it('links nothing with the password alone: only behind the second step both are one', async () => {
    const { id, email } = await somebody(house);
    const app = await giveAuthenticator(house.portaria, id);
    atGithub(house, email);
    const { browser, page } = await askedForProof(house, 'github');
    const asked = await prove(browser, page);
    expect(new URL(asked.url).pathname).toMatch(/second-factor$/);
    expect(await linkedTo(house, id)).toEqual([]);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    expect(codeIn(await browser.submit(asked, { code: app.code() }, '/second-factor'))).toHaveLength(43);
    expect(await linkedTo(house, id)).toEqual(['github']);
  });

  it('is asked for its code behind an upstream too', async () => {
    const { id } = await somebodyOfGithub();
    const app = await giveAuthenticator(house.portaria, id);
    const { browser, page } = await arrive(house, 'github');
    expect(new URL(page.url).pathname).toMatch(/second-factor$/);
    expect((await browser.get('/')).text).toContain('href="/sign-in"');
    expect(codeIn(await browser.submit(page, { code: app.code() }, '/second-factor'))).toHaveLength(43);
  });
});
