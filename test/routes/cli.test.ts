// /cli: a person whom a program in a terminal sent there signs in, presses one button, and pastes the token into that program.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addPerson, PASSWORD, postForm } from '../support/people.ts';
import { ask, later, tokenIn, visitor } from '../support/personal-tokens.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { settingsFor, signInWithGithub } from '../support/walks.ts';

const EVERYTHING = 'openid profile email read write';

let github: PretendGithub;
let portaria: Portaria;

beforeAll(async () => {
  github = await startPretendGithub();
  portaria = await startPortaria(settingsFor(github));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await portaria.stop();
  await github.close();
});

const tokensOf = (id: string) => portaria.services.personalTokens.list(id);

describe('/cli', () => {
  it('leads through the sign-in to one button, and gives a token that the program can use and end', async () => {
    const ana = await addPerson(portaria);
    const browser = new CarefulBrowser(portaria.url);
    const signIn = await browser.get('/cli?name=Example%20Assistant');
    expect(signIn.url).toContain('/interaction/');
    expect(signIn.text).toContain('A program in a terminal, or another device, started this sign-in');
    const page = await browser.submit(signIn, { login: 'ana', password: PASSWORD }, '/login');
    expect(page.text).toContain('A program that calls itself “Example Assistant”');
    expect(page.text).toContain('If somebody sent you this link');
    const made = await browser.submit(page, {}, '/cli');
    expect([made.status, made.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const token = tokenIn(made);
    expect(made.text).toContain('Go back to “Example Assistant”, paste the token there');
    expect(made.text).toContain(`data-copy="${token}"`);
    expect((await ask(portaria, '/api/user', token)).body).toMatchObject({ id: ana });
    expect((await ask(portaria, '/api/verify?scope=write', token)).body).toMatchObject({ scope: EVERYTHING });
    const [kept] = await tokensOf(ana);
    expect(kept?.name).toBe('Example Assistant');
    expect((Number(kept?.expiresAt) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    // "Log out and invalidate", in the program.
    await postForm(`${portaria.url}/oauth/revoke`, { token, client_id: 'personal-token' });
    expect((await ask(portaria, '/api/verify', token)).status).toBe(401);
    expect(await tokensOf(ana)).toEqual([]);
  });

  it('works for somebody who comes through GitHub for the first time', async () => {
    const emails = [{ email: 'zoe@example.com', primary: true, verified: true }];
    github.person = { id: 2002, login: 'zoe', name: 'Zoe Example', emails };
    const browser = new CarefulBrowser(portaria.url);
    const page = await signInWithGithub(browser, '/cli?name=example');
    const token = tokenIn(await browser.submit(page, {}, '/cli'));
    expect((await ask(portaria, '/api/user', token)).status).toBe(200);
  });

  it('makes nothing by being opened, nor for a form of somebody else', async () => {
    const { id, browser } = await visitor(portaria);
    const page = await browser.get('/cli?name=example');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await browser.post(`${portaria.url}/cli`, { name: 'x' })).status).toBe(403);
    const foreign = await browser.post(`${portaria.url}/cli`, { csrf }, { origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect(await tokensOf(id)).toEqual([]);
  });

  it('wants a recent sign-in, and keeps what the program calls itself until then', async () => {
    const { id, name, browser } = await visitor(portaria);
    const form = await browser.get('/cli?name=example');
    later(11 * 60_000);
    const refused = await browser.submit(form, {}, '/cli');
    expect([refused.status, refused.text.includes('return_to=%2Fcli')]).toEqual([403, true]);
    const page = await browser.get('/cli?name=example+two');
    expect(page.text).not.toContain('<form');
    const again = /<a class="button" href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const signIn = await browser.get(again);
    const back = await browser.submit(signIn, { login: name, password: PASSWORD }, '/login');
    expect(back.text).toContain('“example two”');
    expect(await tokensOf(id)).toEqual([]);
    tokenIn(await browser.submit(back, {}, '/cli'));
    expect(await tokensOf(id)).toMatchObject([{ name: 'example two' }]);
  });

  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a\u202Eb\u0007c\nd', 'a b c d'],
    ['x'.repeat(200), 'x'.repeat(60)],
  ])('shows what a program calls itself as text and no more: %j', async (called, shown) => {
    const { browser } = await visitor(portaria);
    const page = await browser.get(`/cli?${new URLSearchParams({ name: called })}`);
    expect(page.text).toContain(`calls itself “${shown}”`);
    expect(page.text).not.toContain('<script>');
  });

  it('says nothing of a program that calls itself in letters that cover the page, or pass for others', async () => {
    const { browser } = await visitor(portaria);
    for (const called of [`a${'\u0335'.repeat(40)}`, 'Pоrtaria']) {
      const page = await browser.get(`/cli?${new URLSearchParams({ name: called })}`);
      expect(page.status).toBe(200);
      expect(page.text).not.toMatch(/calls itself|\u0335|Pоrtaria/);
    }
  });

  it('has a name of its own for a program without one, and for two that come at once', async () => {
    const { id, browser } = await visitor(portaria);
    for (const address of ['/cli', '/cli?name=', '/cli?name=a&name=b'])
      tokenIn(await browser.submit(await browser.get(address), {}, '/cli'));
    expect((await tokensOf(id)).map(({ name }) => name).toSorted()).toEqual([
      'Program in the terminal',
      'Program in the terminal',
      'a,b',
    ]);
  });

  it('says so when there are as many tokens as an account may have', async () => {
    const { id, browser } = await visitor(portaria);
    const page = await browser.get('/cli');
    for (let turn = 0; turn < 50; turn++) tokenIn(await browser.submit(page, {}, '/cli'));
    const refused = await browser.submit(page, {}, '/cli');
    expect([refused.status, refused.text.includes('as many tokens as one account may have')]).toEqual([
      409,
      true,
    ]);
    expect(await tokensOf(id)).toHaveLength(50);
  });
});
