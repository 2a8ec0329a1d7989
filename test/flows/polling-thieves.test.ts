// Whoever wants to be signed in as somebody else by way of a terminal, or to spoil it for others: with a link that they send, with
// letters that they guess, with many requests at once, or by coming too late.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { formsOf } from '../support/browser.ts';
import { POLLING } from '../../src/polling/polling-sessions.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPerson, PASSWORD, verify } from '../support/people.ts';
import { visitor } from '../support/personal-tokens.ts';
import { allow, ask, askWith, begin, openLink, proof, started, type Started } from '../support/polling.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { signOut } from '../support/walks.ts';

let first: Portaria;
let second: Portaria;
let nodes: Portaria[];

beforeAll(async () => {
  first = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  second = await startAnotherNode(first, { TRUSTED_PROXIES: '127.0.0.1' });
  nodes = [first, second];
  await addPerson(first);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await first.database.database.query('delete from throttles');
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

const wrongLetters = ({ userCode }: Started) => (userCode === 'BBBB' ? 'CCCC' : 'BBBB');
const status = async (session: Started) => (await ask(second.address, session.sessionId)).body.status;

describe('somebody who sends the link of their own terminal', () => {
  it('gets nothing: the page says who asks and from where, and the victim has no letters', async () => {
    const { session } = await begin(
      first.address,
      { device_name: 'Support desk' },
      { 'x-forwarded-for': '203.0.113.9' },
    );
    const { browser } = await visitor(first);
    const page = await browser.get(session.loginUrl);
    for (const fact of ['203.0.113.9', 'Support desk', 'It calls itself', 'wants to be signed in as you']) {
      expect(page.text).toContain(fact);
    }
    expect(page.text + page.url).not.toContain(session.userCode);
    const pressed = await browser.submit(page, { decision: 'allow' });
    expect([pressed.status, pressed.text.includes('Enter the four letters')]).toEqual([400, true]);
    expect(await status(session)).toBe('pending');
    for (const last of [false, false, true]) {
      const tried = await browser.submit(page, { letters: wrongLetters(session), decision: 'allow' });
      expect([tried.status, tried.text.includes('Nothing was connected')]).toEqual([400, last]);
    }
    // The right ones come too late, and the terminal hears that it is over.
    const right = await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    expect(right.status).toBe(410);
    expect((await ask(first.address, session.sessionId)).status).toBe(410);
    const history = await browser.get('/account/history');
    expect(history.text).toContain('Wrong letters were typed for Portaria CLI');
  });

  it('cannot make the page come true from elsewhere: another site, another session, no form', async () => {
    const session = await started(first.address);
    const { browser } = await visitor(first);
    const page = await browser.get(session.loginUrl);
    const csrf = formsOf(page.text)[0]?.fields['csrf'] ?? '';
    const { browser: other } = await visitor(first);
    const fields = { letters: session.userCode, decision: 'allow' };
    const foreign = { origin: 'https://elsewhere.example.com', 'sec-fetch-site': 'cross-site' };
    const attempts = [
      await browser.post(session.loginUrl, { ...fields, csrf }, foreign),
      await browser.post(session.loginUrl, fields),
      await other.post(session.loginUrl, { ...fields, csrf }),
    ];
    expect(attempts.map((attempt) => attempt.status)).toEqual([403, 403, 403]);
    const stranger = await new CarefulBrowser(first.url).post(session.loginUrl, { ...fields, csrf });
    expect(stranger.status).toBeGreaterThanOrEqual(400);
    expect(await status(session)).toBe('pending');
  });

  it('cannot cover the page with what it calls itself', async () => {
    const { browser } = await visitor(first);
    for (const device_name of [`a${'\u0335'.repeat(40)}`, 'Pоrtaria', '<b>bold</b>', 'two\nlines\u202e']) {
      const session = await started(first.address, { device_name });
      const { text } = await browser.get(session.loginUrl);
      for (const trick of ['\u0335\u0335', 'Pоrtaria', '<b>', '\u202e', 'two\n'])
        expect(text).not.toContain(trick);
    }
  });

  it('sees nothing with a link that is not theirs: an unknown one and an id are no page', async () => {
    const session = await started(first.address);
    const browser = new CarefulBrowser(first.url);
    for (const handle of ['0'.repeat(32), session.sessionId, 'x'.repeat(500), '..%2faccount']) {
      expect((await browser.get(`/terminal/${handle}`)).status).toBe(404);
    }
  });
});

describe('somebody who guesses', () => {
  it('has three tries in all, however many they make at once at however many nodes', async () => {
    const session = await started(first.address);
    const { browser } = await visitor(first);
    const page = await browser.get(session.loginUrl);
    const csrf = formsOf(page.text)[0]?.fields['csrf'] ?? '';
    const path = new URL(session.loginUrl).pathname;
    const guess = (letters: string, index: number) =>
      browser.request(`${nodes[index % 2]?.address}${path}`, {
        method: 'POST',
        body: new URLSearchParams({ csrf, letters, decision: 'allow' }),
        headers: { 'x-forwarded-for': `198.51.100.${index}` },
      });
    const wrong = Array.from({ length: 20 }, () => wrongLetters(session));
    const answers = await Promise.all(wrong.map(guess));
    const counted = answers.filter((answer) => answer.status === 400);
    expect(counted.length).toBeLessThanOrEqual(3);
    expect((await guess(session.userCode, 1)).status).not.toBe(200);
    expect((await ask(first.address, session.sessionId)).status).toBe(410);
  });

  it('is stopped over many sessions, with whatever address: five wrong ones in one browser', async () => {
    const { browser } = await visitor(first);
    const statuses = [];
    for (let turn = 0; turn < 3; turn++) {
      const session = await started(first.address);
      const page = await browser.get(session.loginUrl);
      for (let tries = 0; tries < 2; tries++) {
        const tried = await browser.submit(page, { letters: wrongLetters(session), decision: 'allow' });
        statuses.push(tried.status);
      }
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
  });
});

describe('many at once', () => {
  it('read an outcome once: of 20 polls at two nodes one gets it', async () => {
    for (const { verifier, challenge } of [proof(), { verifier: undefined, challenge: undefined }]) {
      const { name, browser } = await visitor(first);
      const session = await started(first.address, { code_challenge: challenge });
      await allow(browser, session, name);
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const node = nodes[index % 2]?.address ?? '';
          return verifier ? askWith(node, session.sessionId, verifier) : ask(node, session.sessionId);
        }),
      );
      const got = all.filter((answer) => answer.body.user);
      expect(got).toHaveLength(1);
      expect(got[0]?.body.token !== undefined).toBe(verifier !== undefined);
      expect(all.filter((answer) => answer.status === 410)).toHaveLength(19);
    }
  });

  it('hear a refusal once as well', async () => {
    const { browser } = await visitor(first);
    const session = await started(first.address);
    await browser.submit(await browser.get(session.loginUrl), { decision: 'deny' });
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(nodes[index % 2]?.address ?? '', session.sessionId)),
    );
    expect(all.filter((answer) => answer.body.status === 'denied')).toHaveLength(1);
    expect(all.filter((answer) => answer.status === 410)).toHaveLength(19);
  });

  it('decide once: of those who allow and deny in the same moment one does', async () => {
    const { browser } = await visitor(first);
    const session = await started(first.address);
    const csrf = formsOf((await browser.get(session.loginUrl)).text)[0]?.fields['csrf'] ?? '';
    const path = new URL(session.loginUrl).pathname;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        browser.request(`${nodes[index % 2]?.address}${path}`, {
          method: 'POST',
          body: new URLSearchParams({
            csrf,
            letters: session.userCode,
            decision: index % 3 === 0 ? 'deny' : 'allow',
          }),
        }),
      ),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, ...Array(9).fill(410)]);
  });

  it('from one address are 429 with Retry-After, and nobody else is', async () => {
    const from = (address: string) => begin(first.address, undefined, { 'x-forwarded-for': address });
    const flood = [];
    for (let turn = 0; turn < 4; turn++) {
      flood.push(...(await Promise.all(Array.from({ length: 25 }, () => from('198.51.100.7')))));
    }
    expect(flood.filter((answer) => answer.status === 200)).toHaveLength(60);
    const refused = flood.filter((answer) => answer.status === 429);
    expect(refused).toHaveLength(40);
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.request_id).toEqual(expect.any(String));
    }
    expect((await from('198.51.100.8')).status).toBe(200);
  });

  it('are not begun by pages of other sites in the name of their visitors', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      expect(await begin(first.address, undefined, { origin })).toMatchObject({
        status: 403,
        body: { error: 'origin_not_allowed' },
      });
    }
    expect((await begin(first.address, undefined, { origin: first.url })).status).toBe(200);
  });
});

describe('more terminals than anybody has', () => {
  it('are 429 with Retry-After, whatever their addresses; those that wait go on', async () => {
    const session = await started(first.address);
    jest.replaceProperty(POLLING, 'inAll', 1);
    const {
      status: refused,
      headers,
      body,
    } = await begin(second.address, undefined, {
      'x-forwarded-for': '198.51.100.9',
    });
    expect([refused, body.error, headers.get('retry-after')]).toEqual([429, 'too_many_requests', '60']);
    expect(await status(session)).toBe('pending');
  });
});

describe('between the yes and the reading', () => {
  const ends: [string, (id: string, browser: CarefulBrowser) => Promise<unknown>][] = [
    ['a sign-out everywhere', (id) => first.services.administration.signOut(id)],
    ['a block', (id) => first.services.administration.block(id)],
    ['a deletion', (id) => first.services.administration.delete(id)],
    [
      'a new password',
      async (_, browser) => {
        const page = await browser.get('/account/password');
        const changed = await browser.submit(page, {
          current: PASSWORD,
          password: 'another long password of five words',
        });
        expect(changed.status).toBe(200);
      },
    ],
  ];
  it.each(ends)('%s leaves nothing to read', async (_, end) => {
    const { id, name, browser } = await visitor(first);
    const { verifier, challenge } = proof();
    const plain = await started(first.address);
    const proved = await started(first.address, { code_challenge: challenge });
    for (const session of [plain, proved]) expect((await allow(browser, session, name)).status).toBe(200);
    await end(id, browser);
    expect((await ask(second.address, plain.sessionId)).status).toBe(410);
    expect((await askWith(second.address, proved.sessionId, verifier)).status).toBe(410);
  });

  it('a sign-out of that one browser changes nothing: the terminal outlives it', async () => {
    const { id, name, browser } = await visitor(first);
    const { verifier, challenge } = proof();
    const session = await started(first.address, { code_challenge: challenge });
    await allow(browser, session, name);
    await signOut(browser);
    const { body } = await askWith(first.address, session.sessionId, verifier);
    expect((await verify(first, body.token?.access_token ?? '')).body).toMatchObject({ sub: id });
  });

  it('a sign-out everywhere at the same moment leaves either nothing to read, or tokens that are dead', async () => {
    for (let turn = 0; turn < 8; turn++) {
      const { id, name, browser } = await visitor(first);
      const { verifier, challenge } = proof();
      const session = await started(first.address, { code_challenge: challenge });
      await allow(browser, session, name);
      const [read] = await Promise.all([
        askWith(second.address, session.sessionId, verifier),
        first.services.administration.signOut(id),
      ]);
      const token = read.body.token?.access_token;
      expect([200, 410]).toContain(read.status);
      if (token !== undefined) expect((await verify(first, token)).status).toBe(401);
    }
  });

  it('whoever is signed out everywhere while the page is open allows nothing any more', async () => {
    const { id, name, browser } = await visitor(first);
    const session = await started(first.address);
    const page = await openLink(browser, session, name);
    await first.services.administration.signOut(id);
    const late = await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    expect(late.status).toBeGreaterThanOrEqual(400);
    expect(await status(session)).toBe('pending');
  });
});
