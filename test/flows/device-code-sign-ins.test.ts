// RFC 8628: whatever stands between the code of a device and its tokens for a person: another service that vouches for them, an
// account that they make on the way, a second step; and what becomes of it when the time is over in the middle.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { linkTo } from '../support/mailbox.ts';
import { PASSWORD, verify } from '../support/people.ts';
import { givePasskey, usePasskey } from '../support/passkeys.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { holder, movableClock, show, somebody } from '../support/second-factors.ts';
import {
  callbackFromGithub,
  confirmCode,
  poll,
  settingsFor,
  startDevice,
  type DeviceAnswer,
} from '../support/walks.ts';

let github: PretendGithub;
let portaria: Portaria;
let clock: ReturnType<typeof movableClock>;

beforeAll(async () => {
  github = await startPretendGithub();
  portaria = await startPortaria(settingsFor(github));
});
beforeEach(() => {
  clock = movableClock();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await portaria.stop();
  await github.close();
});

function comeFromGithub(id: number, login: string): void {
  const emails = [{ email: `${login}@example.com`, primary: true, verified: true }];
  github.person = { id, login, name: `${login} Example`, emails };
}

/** Allows it, and gives what the device learns about its person. */
async function finish(browser: CarefulBrowser, page: Page, device: DeviceAnswer) {
  expect(page.text).toContain('Let Portaria CLI in?');
  clock.move(6);
  expect((await poll(portaria, 'cli', device)).body.error).toBe('authorization_pending');
  const done = await browser.submit(page, { decision: 'allow' }, '/consent');
  expect(done.text).toContain('You can go back to Portaria CLI');
  clock.move(6);
  const { body } = await poll(portaria, 'cli', device);
  return (await verify(portaria, body.access_token)).body;
}

describe('in the middle of a device’s sign-in', () => {
  it('GitHub vouches for somebody new', async () => {
    comeFromGithub(3001, 'rui');
    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    const callback = await callbackFromGithub(browser, await confirmCode(browser, device));
    expect(await finish(browser, await browser.get(callback), device)).toMatchObject({
      email: 'rui@example.com',
    });
  });

  it('somebody makes an account with their mailbox', async () => {
    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    const signIn = await confirmCode(browser, device);
    const ask = await browser.get(/href="([^"]*\/sign-up)"/.exec(signIn.text)?.[1] ?? '/no-link');
    await browser.submit(ask, { email: 'new@example.com' });
    const form = await browser.get(await linkTo(portaria, 'new@example.com'));
    const fields = { name: 'New Example', username: 'new', password: 'a sentence that nobody else says' };
    expect(await finish(browser, await browser.submit(form, fields), device)).toMatchObject({
      username: 'new',
    });
  });

  it('somebody with an authenticator app gives its code, after GitHub too', async () => {
    const person = await holder(portaria);
    const { id } = person;
    comeFromGithub(3002, person.name);
    const home = new CarefulBrowser(portaria.url);
    const linking = await home.get(await callbackFromGithub(home, await home.get('/sign-in')));
    const proved = await home.submit(linking, { password: PASSWORD }, '/link');
    await show(home, proved, person.app.code());
    clock.move(30);

    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    const callback = await callbackFromGithub(browser, await confirmCode(browser, device));
    const second = await browser.get(callback);
    expect(second.url).toMatch(/second-factor$/);
    expect(await finish(browser, await show(browser, second, person.app.code()), device)).toMatchObject({
      sub: id,
    });
  });

  it('a passkey is enough', async () => {
    const { id } = await somebody(portaria);
    const passkey = await givePasskey(portaria, id);
    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    const page = await usePasskey(browser, await confirmCode(browser, device), passkey);
    expect(await finish(browser, page, device)).toMatchObject({ sub: id });
  });

  it('somebody says no at GitHub, and signs in another way', async () => {
    const { id, name } = await somebody(portaria);
    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    github.declines = true;
    const callback = await callbackFromGithub(browser, await confirmCode(browser, device));
    github.declines = false;
    const back = await browser.get(callback);
    const page = await browser.submit(back, { login: name, password: PASSWORD }, '/login');
    expect(await finish(browser, page, device)).toMatchObject({ sub: id });
  });

  it('the time ends: the person is told, and the device gets nothing', async () => {
    const { name } = await somebody(portaria);
    const device = await startDevice(portaria, 'cli');
    const browser = new CarefulBrowser(portaria.url);
    const signIn = await confirmCode(browser, device);
    const consent = await browser.submit(signIn, { login: name, password: PASSWORD }, '/login');
    clock.move(601);
    const late = await browser.submit(consent, { decision: 'allow' }, '/consent');
    expect(late.text).toContain('This code has expired. Start again on your device to get a new one.');
    const { status, body } = await poll(portaria, 'cli', device);
    expect([status, body.error]).toEqual([400, 'expired_token']);
  });
});
