// An attack on an account from many addresses, and its owner, who goes on signing in where they always do.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import { linkTo } from '../support/mailbox.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';

const COOKIE = 'portaria_device';

let portaria: Portaria;
let another: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
  another = await startAnotherNode(portaria, { TRUSTED_PROXIES: '127.0.0.1' });
  await addPerson(portaria);
});
afterAll(async () => {
  await another.stop();
  await portaria.stop();
});

async function signIn(browser: Browser, password = PASSWORD): Promise<Page> {
  return browser.submit(await browser.get('/sign-in'), { login: 'ana', password }, '/login');
}

const from = (address: string) => new Browser(portaria.url, { 'x-forwarded-for': address });
const deviceOf = (browser: Browser) => browser.cookies.find(({ name }) => name === COOKIE)?.value;

/** As after closing the browser, when only what is kept for long is left. */
function forgetSession(browser: Browser): void {
  browser.cookies = browser.cookies.filter(({ name }) => name === COOKIE);
}

describe('a known device', () => {
  it('is made by a sign-in, not by a wrong password, and its cookie is for us alone', async () => {
    const browser = from('192.0.2.1');
    expect((await signIn(browser, 'a wrong one')).status).toBe(400);
    expect(deviceOf(browser)).toBeUndefined();
    const page = await browser.get('/sign-in');
    const response = await browser.request(new URL(`${page.url}/login`).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: portaria.url },
      body: new URLSearchParams({
        csrf: /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '',
        login: 'ana',
        password: PASSWORD,
      }).toString(),
    });
    expect(response.status).toBe(303);
    const line = response.headers.getSetCookie().find((one) => one.startsWith(`${COOKIE}=`)) ?? '';
    expect(line).toMatch(/; path=\/; expires=[^;]+; samesite=lax; httponly$/i);
    expect(line).not.toContain('ana');
  });

  it('lets its owner in while a thousand addresses guess, over two nodes, and tells others to wait', async () => {
    const owner = from('192.0.2.1');
    await signIn(owner);
    const before = deviceOf(owner);
    forgetSession(owner);
    const nodes = [portaria, another];
    await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, turn) =>
        (nodes[turn % 2] as Portaria).services.passwordSignIn.signIn({
          login: turn % 3 ? 'ana' : 'ana@example.com',
          password: `guess ${turn}`,
          address: `10.0.${turn >> 8}.${turn & 255}`,
        }),
      ),
    );
    const stranger = await signIn(from('192.0.2.1'));
    expect(stranger.status).toBe(429);
    expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThanOrEqual(900);

    const home = await signIn(owner);
    expect(home).toMatchObject({ status: 200, url: `${portaria.url}/` });
    expect(home.text).toContain('Ana');
    // It is the same device, for longer.
    expect(deviceOf(owner)?.split('.')[0]).toBe(before?.split('.')[0]);
  });

  it('is what the attack is written down for: once, however many knock, and not for a name of nobody', async () => {
    const nodes = [portaria, another];
    const guesses = (login: string) =>
      Promise.allSettled(
        Array.from({ length: 60 }, (_, turn) =>
          (nodes[turn % 2] as Portaria).services.passwordSignIn.signIn({
            login,
            password: `guess ${turn}`,
            address: `10.1.0.${turn}`,
          }),
        ),
      );
    await guesses('ana');
    await guesses('nobody');
    const besieged = async () =>
      portaria.database.database.query(
        "select account_id is not null as known, details->>'of' as of from audit_events where event = 'sign_in.besieged'",
      );
    expect(await besieged()).toEqual([{ known: true, of: 'account' }]);
    const printed = await Promise.all(nodes.map(({ services }) => services.metrics.print()));
    expect(printed.join().match(/portaria_sieges_total\{of="account"\} (\d+)/)?.[1]).toBe('1');
    // They stop, and come back another day.
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 24 * 3600 * 1000);
    await guesses('ana');
    expect(await besieged()).toHaveLength(2);
    jest.restoreAllMocks();
    expect((await signIn(from('192.0.2.1'))).status).toBe(429);
  });

  it('is none that somebody else has made up', async () => {
    const attacker = from('192.0.2.66');
    attacker.cookies.push({ name: COOKIE, value: `${'a'.repeat(22)}.zzzzzz.${'a'.repeat(43)}`, path: '/' });
    expect((await signIn(attacker)).status).toBe(429);
  });

  it('is made by a new password, for whoever is shut out on a device that is new', async () => {
    const shutOut = from('192.0.2.2');
    expect((await signIn(shutOut)).status).toBe(429);
    await shutOut.submit(await shutOut.get('/reset-password'), { email: 'ana@example.com' });
    const form = await shutOut.get(await linkTo(portaria, 'ana@example.com'));
    await shutOut.submit(form, { password: 'quite another sentence to remember' });
    const home = await signIn(shutOut, 'quite another sentence to remember');
    expect(home).toMatchObject({ status: 200, url: `${portaria.url}/` });
    expect((await signIn(from('192.0.2.3'), 'quite another sentence to remember')).status).toBe(429);
  });
});
