// A terminal that cannot receive anything asks again and again; its person finishes in a browser, with the four letters of the
// terminal. Two nodes: what happens at one is known at the other.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, postForm, verify } from '../support/people.ts';
import { later } from '../support/personal-tokens.ts';
import { allow, ask, askWith, begin, openLink, proof, started } from '../support/polling.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

let first: Portaria;
let second: Portaria;
let ana: string;
const NOTES = { id: 'notes-cli', name: 'Notes for the Terminal' };

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
  ana = await addPerson(first);
  await addClient(first, NOTES.id, {
    name: NOTES.name,
    isPublic: true,
    isNative: true,
    isFirstParty: false,
    redirectUris: [],
    grantTypes: ['device_code', 'refresh_token'],
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await first.database.database.query('delete from throttles');
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

const someone = () => new CarefulBrowser(first.url);

describe('a terminal and its person', () => {
  it('come together: the terminal learns once who the person is', async () => {
    const { status, headers, session } = await begin(first.address);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(session).toEqual({
      sessionId: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[\w-]{32}$/),
      loginUrl: expect.stringMatching(new RegExp(`^${first.url}/terminal/[0-9a-f]{32}$`)),
      userCode: session.sessionId.slice(0, 4),
      expiresIn: 600,
      interval: 5,
    });
    expect((await ask(first.address, session.sessionId)).body).toMatchObject({ status: 'pending' });
    const browser = someone();
    // Before there is a password in it.
    const question = 'A program in a terminal, or another device, started this sign-in';
    expect((await browser.get(session.loginUrl)).text).toContain(question);
    expect((await someone().get('/account')).text).not.toContain(question);
    const page = await openLink(browser, session);
    for (const fact of [
      'Connect Portaria CLI?',
      'Ana',
      'ana@example.com',
      '127.0.0.1',
      'Read your details',
    ]) {
      expect(page.text).toContain(fact);
    }
    expect(page.text).not.toContain(session.userCode);
    const typed = ` ${session.userCode.toLowerCase().split('').join(' ')}`;
    const done = await browser.submit(page, { letters: typed, decision: 'allow' });
    expect([done.status, done.text.includes('You can go back to Portaria CLI')]).toEqual([200, true]);

    const told = await ask(second.address, session.sessionId);
    const user = { uid: ana, email: 'ana@example.com', name: 'Ana', photoUrl: null, tier: 'free' };
    expect([told.status, told.body]).toEqual([200, { status: 'completed', user }]);
    const again = await ask(first.address, session.sessionId);
    expect([again.status, again.body]).toEqual([
      410,
      {
        error: 'expired_token',
        error_description: expect.stringContaining('Start again'),
        request_id: expect.any(String),
      },
    ]);
  });

  it('agree on tokens when the terminal began with a code_challenge, and the tokens are like all others', async () => {
    const { verifier, challenge } = proof();
    const session = await started(first.address, {
      client_id: NOTES.id,
      scope: 'openid profile admin vault',
      code_challenge: challenge,
      device_name: `build\u202e server ${'x'.repeat(200)}`,
    });
    const browser = someone();
    const page = await openLink(browser, session);
    for (const fact of [NOTES.name, 'run by someone else', 'See your profile', 'build  server xxx']) {
      expect(page.text).toContain(fact);
    }
    for (const fact of ['Administer', 'Use accounts', 'x'.repeat(60), '\u202e']) {
      expect(page.text).not.toContain(fact);
    }
    await browser.submit(page, { letters: session.userCode, decision: 'allow' });

    // Whoever has the id and not the verifier learns that there is an outcome, and takes nothing away.
    const plain = await ask(second.address, session.sessionId);
    expect([plain.status, plain.body.status, plain.body.user]).toEqual([200, 'completed', undefined]);
    for (const wrong of [proof().verifier, challenge, 'short', '']) {
      const refused = await askWith(first.address, session.sessionId, wrong);
      expect([refused.status, refused.body.error, refused.body.user]).toEqual([
        400,
        'invalid_grant',
        undefined,
      ]);
    }
    const { status, body } = await askWith(second.address, session.sessionId, verifier);
    expect([status, body]).toEqual([
      200,
      {
        status: 'completed',
        user: { uid: ana, email: null, name: 'Ana', photoUrl: null, tier: 'free' },
        token: {
          access_token: expect.any(String),
          refresh_token: expect.any(String),
          token_type: 'Bearer',
          expires_in: 3600,
          scope: 'openid profile',
        },
      },
    ]);
    expect((await askWith(first.address, session.sessionId, verifier)).status).toBe(410);
    const query = `?client_id=${NOTES.id}`;
    const known = await verify(first, body.token?.access_token ?? '', query);
    expect([known.status, known.body]).toMatchObject([200, { sub: ana, client_id: NOTES.id }]);
    expect((await browser.get('/account/programs')).text).toContain(NOTES.name);
    const next = await postForm(`${first.url}/oauth/token`, {
      grant_type: 'refresh_token',
      refresh_token: body.token?.refresh_token ?? '',
      client_id: NOTES.id,
    });
    expect(next.status).toBe(200);
    await browser.submit(
      await browser.get('/account/programs'),
      { client: NOTES.id },
      '/account/programs/disconnect',
    );
    expect((await verify(first, next.body.access_token, query)).status).toBe(401);
  });

  it('get no tokens without a challenge, whatever verifier is sent', async () => {
    const session = await started(first.address, {});
    await allow(someone(), session);
    expect((await askWith(first.address, session.sessionId, proof().verifier)).body.error).toBe(
      'invalid_grant',
    );
    const told = await askWith(first.address, session.sessionId);
    expect([told.status, Object.keys(told.body)]).toEqual([200, ['status', 'user']]);
  });

  it('part when the person denies: the terminal hears so once', async () => {
    const session = await started(first.address);
    const browser = someone();
    const page = await openLink(browser, session);
    const done = await browser.submit(page, { letters: '', decision: 'deny' });
    expect([done.status, done.text.includes('Nothing was connected')]).toEqual([200, true]);
    expect((await ask(second.address, session.sessionId)).body.status).toBe('denied');
    expect((await ask(first.address, session.sessionId)).status).toBe(410);
    expect((await browser.get(session.loginUrl)).status).toBe(410);
  });

  it('see in the history what happened', async () => {
    const history = await (async () => {
      const browser = someone();
      await allow(browser, await started(first.address));
      return browser.get('/account/history');
    })();
    for (const sentence of ['You connected Portaria CLI in a terminal', 'was told in a terminal who you are'])
      expect(history.text).toContain(sentence);
  });
});

describe('a terminal that asks', () => {
  it('too often hears slow_down at every node, and its session lives on', async () => {
    const session = await started(first.address);
    expect((await ask(first.address, session.sessionId)).status).toBe(200);
    for (const node of [first, second]) {
      const { status, headers, body } = await ask(node.address, session.sessionId);
      expect([status, body.error]).toEqual([429, 'slow_down']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThan(6);
    }
    // Asking early does not push the time further away.
    later(4_500);
    expect((await ask(second.address, session.sessionId)).body.status).toBe('pending');
    await allow(someone(), session);
    expect((await ask(first.address, session.sessionId)).body.status).toBe('completed');
  });

  it('many times in one moment is in time once', async () => {
    const session = await started(first.address);
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(first.address, session.sessionId)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ body }) => body.error === 'slow_down')).toHaveLength(19);
  });

  it('after ten minutes is too late, and so is its person', async () => {
    const session = await started(first.address);
    const allowed = await started(first.address);
    const browser = someone();
    await allow(browser, allowed);
    const page = await openLink(browser, session);
    later(600_500);
    for (const { sessionId } of [session, allowed]) {
      expect((await ask(first.address, sessionId)).status).toBe(410);
    }
    const late = await browser.submit(page, { letters: session.userCode, decision: 'allow' });
    expect([late.status, late.text.includes('This link has expired')]).toEqual([410, true]);
    later(600_500);
    expect(await first.services.pollingSessionStore.deleteExpired()).toBeGreaterThan(1);
    expect((await ask(first.address, session.sessionId)).status).toBe(404);
  });

  it('with an id that is unknown, malformed or missing hears the same', async () => {
    const { sessionId, loginUrl } = await started(first.address);
    const handle = loginUrl.split('/').at(-1) ?? '';
    const answers = [];
    for (const id of [
      `${sessionId.slice(0, -1)}~`,
      `WDJB${sessionId.slice(4, -4)}AAAA`,
      handle,
      '',
      'x'.repeat(5_000),
    ]) {
      for (const { status, body } of [await ask(first.address, id), await askWith(first.address, id)]) {
        expect(body.request_id).toEqual(expect.any(String));
        answers.push(JSON.stringify([status, body.error, body.error_description]));
      }
    }
    const bare = await fetch(`${first.address}/api/auth/get-session`);
    const twice = await fetch(
      `${first.address}/api/auth/get-session?session=${sessionId}&session=${sessionId}`,
    );
    expect([bare.status, twice.status]).toEqual([404, 404]);
    expect(new Set(answers).size).toBe(1);
    expect(JSON.parse(answers[0] ?? '')).toEqual([
      404,
      'not_found',
      expect.stringContaining('create-session'),
    ]);
  });

  it('without reading the answer takes nothing away', async () => {
    const session = await started(first.address);
    await allow(someone(), session);
    const url = `${first.address}/api/auth/get-session?session=${session.sessionId}`;
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(400);
    expect((await ask(first.address, session.sessionId)).body.status).toBe('completed');
  });
});

describe('what a terminal may ask for', () => {
  it.each([
    [{ client_id: 'nobody' }, 'invalid_client'],
    [{ client_id: 'console' }, 'unauthorized_client'],
    [{ scope: 'admin' }, 'invalid_scope'],
    [{ scope: 'nonsense' }, 'invalid_scope'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }, 'invalid_request'],
    [{ device_name: { a: 1 } }, 'invalid_request'],
  ])('is not %j: %s', async (body, error) => {
    const answer = await begin(first.address, body);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(answer.body.error_description?.length).toBeGreaterThan(20);
  });

  it('may come as a form, and not as anything else', async () => {
    const form = await postForm(`${first.address}/api/auth/create-session`, { client_id: NOTES.id });
    expect(form.status).toBe(200);
    const headers = { 'content-type': 'text/plain' };
    const text = await fetch(`${first.address}/api/auth/create-session`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect(text.status).toBe(400);
    const large = await begin(first.address, { device_name: 'x'.repeat(9_000) });
    expect(large.status).toBe(413);
  });

  it('is not for clients that are on no machine of a person', async () => {
    await addClient(first, 'web-only', {});
    await addClient(first, 'no-device', {
      isPublic: true,
      isNative: true,
      redirectUris: ['http://127.0.0.1/'],
    });
    for (const id of ['web-only', 'no-device']) {
      expect((await begin(first.address, { client_id: id })).body.error).toBe('unauthorized_client');
    }
  });
});

describe('what is kept', () => {
  it('is no id, no handle and no letter', async () => {
    const { sessionId, loginUrl, userCode } = await started(first.address);
    const client = new Client(first.database.connection);
    await client.connect();
    const { rows } = await client.query<{ text: string }>(
      'select row_to_json(p)::text as text from polling_sessions p union all select row_to_json(a)::text from audit_events a',
    );
    await client.end();
    const kept = rows.map(({ text }) => text).join('\n');
    for (const secret of [sessionId.slice(5), loginUrl.split('/').at(-1) ?? '?', `"${userCode}`]) {
      expect(kept).not.toContain(secret);
    }
  });
});
