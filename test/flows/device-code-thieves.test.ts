// RFC 8628 §5: what somebody tries with a device code or a user code that is not theirs. Guesses at user codes are in
// user-code-limit-evasion.test.ts and test/http/user-code-limit.test.ts, races of two people in single-use.test.ts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Browser, formsOf } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, postForm, signIn } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { movableClock } from '../support/second-factors.ts';
import { approveDevice, confirmCode, poll, type DeviceAnswer } from '../support/walks.ts';

/** A program that keeps its secret on a server of its own. */
const terminals = { client_id: 'terminals', client_secret: 'the-secret-of-the-terminals-in-this-test' };

let portaria: Portaria;
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  await addPerson(portaria);
  await addClient(portaria, 'shop');
  await addClient(portaria, terminals.client_id, {
    secret: terminals.client_secret,
    grantTypes: ['device_code'],
  });
});
beforeEach(() => {
  clock = movableClock();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await portaria.database.database.query('delete from throttles');
});
afterAll(() => portaria.stop());

/** Ana, signed in, whom a stranger sends a link. */
async function victim(): Promise<CarefulBrowser> {
  const browser = new CarefulBrowser(portaria.url, { 'x-forwarded-for': '198.51.100.7' });
  await signIn(browser, '/sign-in');
  return browser;
}

async function startElsewhere(): Promise<DeviceAnswer> {
  const { body } = await postForm<DeviceAnswer>(
    `${portaria.url}/oauth/device_authorization`,
    { client_id: 'cli', scope: 'openid admin' },
    undefined,
    { 'x-forwarded-for': '203.0.113.66', 'user-agent': 'portaria/0.1.0 (Linux)' },
  );
  return body;
}

describe('whoever is sent the link of a stranger', () => {
  it('sees which program asks, from where, since when, and what for, and is asked twice (§5.4)', async () => {
    const device = await startElsewhere();
    clock.move(130);
    const browser = await victim();
    const page = await browser.get(device.verification_uri_complete);
    const shown = page.text.includes('name="confirm"')
      ? page
      : await browser.submit(page, { user_code: device.user_code });
    for (const fact of [
      'Connect Portaria CLI?',
      device.user_code,
      '203.0.113.66',
      'portaria/0.1.0',
      '2 minutes ago',
    ])
      expect(shown.text).toContain(fact);
    expect(shown.text).toContain('Only continue if you started this yourself');
    expect(shown.text).not.toContain('198.51.100.7');
    const consent = await browser.submit(shown, { confirm: 'yes' });
    expect(consent.text).toContain('Let Portaria CLI in?');
    expect((await poll(portaria, 'cli', device)).body.error).toBe('authorization_pending');
  });

  it.each(['&confirm=yes', '&confirm=yes&xsrf=x', '&abort=yes'])(
    'has confirmed nothing by opening it, whatever stands in it: %s',
    async (more) => {
      const device = await startElsewhere();
      const browser = await victim();
      const page = await browser.get(`${device.verification_uri_complete}${more}`);
      expect(page.url).not.toContain('/interaction/');
      clock.move(6);
      expect((await poll(portaria, 'cli', device)).body.error).toBe('authorization_pending');
      expect((await approveDevice(browser, device)).text).toContain('connected');
    },
  );

  it('confirms nothing by a form of another site, nor with the hidden token of another session', async () => {
    const device = await startElsewhere();
    const browser = await victim();
    const thief = new Browser(portaria.url);
    const theirs = formsOf((await thief.get('/device')).text)[0]?.fields['xsrf'] ?? '';
    const own = formsOf((await browser.get('/device')).text)[0]?.fields['xsrf'] ?? '';
    const fields = { user_code: device.user_code, confirm: 'yes' };
    const url = `${portaria.url}/device`;
    const answers = [
      await browser.post(url, fields),
      await browser.post(url, { ...fields, xsrf: theirs }),
      await browser.post(url, { ...fields, xsrf: own }, { origin: 'https://evil.example' }),
    ];
    expect(answers.map(({ url: end }) => end.includes('/interaction/'))).toEqual([false, false, false]);
    clock.move(6);
    expect((await poll(portaria, 'cli', device)).body.error).toBe('authorization_pending');
    expect((await approveDevice(browser, device)).text).toContain('connected');
  });
});

it('the second half of a confirmation is of no use in another browser', async () => {
  const device = await startElsewhere();
  const consent = await confirmCode(await victim(), device);
  const thief = new Browser(portaria.url);
  await signIn(thief, '/sign-in');
  for (const page of [
    await thief.get(consent.url),
    await thief.submit(consent, { decision: 'allow' }, '/consent'),
  ])
    expect([page.status >= 400 && page.status < 500, page.text.includes('connected')]).toEqual([true, false]);
  clock.move(6);
  expect((await poll(portaria, 'cli', device)).body.error).toBe('authorization_pending');
});

it('an account that guesses in many browsers is stopped, and others are not', async () => {
  let looked = 0;
  for (let turn = 0; turn < 4; turn++) {
    const browser = await victim();
    for (let tries = 0; tries < 4; tries++) {
      const page = await browser.submit(await browser.get('/device'), {
        user_code: `BBBB-BB${'BCDF'[turn]}${'BCDF'[tries]}`,
      });
      if (page.status === 200) looked += 1;
      else expect([page.status, page.headers.has('retry-after')]).toEqual([429, true]);
    }
  }
  expect(looked).toBe(10);
  const device = await startElsewhere();
  const typed = await new CarefulBrowser(portaria.url).get('/device');
  expect(typed.status).toBe(200);
  const other = new CarefulBrowser(portaria.url);
  const page = await other.submit(await other.get('/device'), { user_code: device.user_code });
  expect(page.text).toContain('name="confirm"');
});

describe('a program', () => {
  it('that goes on asking too fast waits longer and longer (§3.5)', async () => {
    const device = await startElsewhere();
    const ask = async (afterSeconds: number) => {
      clock.move(afterSeconds);
      return (await poll(portaria, 'cli', device)).body.error;
    };
    expect(await ask(0)).toBe('authorization_pending');
    expect(await ask(2)).toBe('slow_down');
    expect(await ask(6)).toBe('slow_down');
    expect(await ask(11)).toBe('slow_down');
    expect(await ask(21)).toBe('authorization_pending');
    await approveDevice(await victim(), device);
    clock.move(21);
    expect((await poll(portaria, 'cli', device)).status).toBe(200);
  });

  it('that was refused is told so once, and then that the code is worth nothing', async () => {
    const device = await startElsewhere();
    const browser = await victim();
    const page = await browser.submit(await browser.get('/device'), { user_code: device.user_code });
    await browser.submit(page, { abort: 'yes' });
    for (const code of ['access_denied', 'invalid_grant']) {
      clock.move(6);
      expect((await poll(portaria, 'cli', device)).body.error).toBe(code);
    }
  });

  it.each([
    [{ client_id: 'console', scope: 'openid' }, 'invalid_request'],
    [{ client_id: 'nobody', scope: 'openid' }, 'invalid_client'],
    [{ client_id: 'cli', scope: 'vault' }, 'invalid_scope'],
    [{ client_id: 'shop', scope: 'openid' }, 'invalid_client'],
    [{ scope: 'openid' }, 'invalid_request'],
  ])('gets no code for %j: %s (§3.1)', async (fields, error) => {
    const answer = await postForm(
      `${portaria.url}/oauth/device_authorization`,
      fields as Record<string, string>,
    );
    expect([answer.status >= 400 && answer.status < 500, answer.body.error]).toEqual([true, error]);
    expect(answer.body.error_description).toEqual(expect.any(String));
  });

  it('is answered what nobody may keep (§3.2)', async () => {
    const answer = await postForm(`${portaria.url}/oauth/device_authorization`, { client_id: 'cli' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });
});

describe('whoever begins more than any house has devices', () => {
  const begin = (address: string, fields: Record<string, string> = { client_id: 'cli' }) =>
    postForm(`${portaria.url}/oauth/device_authorization`, fields, undefined, { 'x-forwarded-for': address });

  it('gets sixty codes at one address, then 429 with Retry-After; nobody else does', async () => {
    const flood = [];
    for (let turn = 0; turn < 4; turn++) {
      flood.push(...(await Promise.all(Array.from({ length: 20 }, () => begin('198.51.100.7')))));
    }
    expect(flood.filter(({ status }) => status === 200)).toHaveLength(60);
    const refused = flood.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20);
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(body.error).toBe('too_many_requests');
      expect(body.error_description).toEqual(expect.any(String));
    }
    expect((await begin('198.51.100.8')).status).toBe(200);
  });

  it('is counted only for what was made, and not when it is a client that proves who it is', async () => {
    for (let turn = 0; turn < 61; turn++) {
      expect((await begin('198.51.100.9', { client_id: 'nobody' })).body.error).toBe('invalid_client');
    }
    const { client_id, client_secret } = terminals;
    for (let turn = 0; turn < 61; turn++) {
      expect((await begin('198.51.100.9', { client_id, client_secret })).status).toBe(200);
    }
    expect((await begin('198.51.100.9')).status).toBe(200);
  });

  it('is no page of another site in the name of its visitors', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await postForm(
        `${portaria.url}/oauth/device_authorization`,
        { client_id: 'cli' },
        undefined,
        { origin },
      );
      expect([answer.status, answer.body.error]).toEqual([403, 'origin_not_allowed']);
    }
  });
});
