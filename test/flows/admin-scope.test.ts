// The scope `admin`: it reaches only people who administer, for as long as they do, whatever a program asks for.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  call,
  signedInAdministrator,
  startAdministered,
  tokensByDevice,
  type Administered,
  type Administrator,
} from '../support/administrators.ts';
import { giveAuthenticator } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import {
  PASSWORD,
  addClient,
  addPerson,
  authorizationRequest,
  postForm,
  refresh,
  signIn,
  tokensFor,
  verify,
} from '../support/people.ts';
import type { Portaria } from '../support/portaria.ts';
import { approveDevice, confirmCode, poll, startDevice } from '../support/walks.ts';

let house: Administered;
let portaria: Portaria;
let other: Portaria;
let boss: Administrator;

beforeAll(async () => {
  house = await startAdministered();
  ({ portaria, other, boss } = house);
});
afterAll(() => house.stop());

describe('the scope admin', () => {
  it('does not reach an ordinary person: they are not asked for it, and their token does without', async () => {
    await addPerson(portaria, 'ana');
    const device = await startDevice(portaria, 'cli', 'openid read admin');
    const browser = new Browser(portaria.url);
    const consent = await browser.submit(
      await confirmCode(browser, device),
      { login: 'ana', password: PASSWORD },
      '/login',
    );
    const bossBrowser = new Browser(portaria.url);
    const another = await startDevice(portaria, 'cli', 'openid read admin');
    const asked = await bossBrowser.submit(
      await confirmCode(bossBrowser, another),
      { login: 'boss', password: PASSWORD },
      '/login',
    );
    expect([/admin/i.test(itemsOf(consent.text)), /admin/i.test(itemsOf(asked.text))]).toEqual([false, true]);
    await browser.submit(consent, { decision: 'allow' }, '/consent');
    const { access_token: token, scope } = await tokensByDevice(portaria, 'ana', 'openid read admin');
    expect(scope).toBe('openid read');
    expect((await call(portaria, token, 'GET /users')).body).toMatchObject({ error: 'permission_required' });
  });

  it('does not reach them through a web client that asks nobody', async () => {
    const web = await addClient(portaria, 'web', { scope: 'openid read admin' });
    await addPerson(portaria, 'bia');
    const tokens = await tokensFor(portaria, web, { scope: 'openid admin', login: 'bia' });
    expect(tokens.scope).toBe('openid');
    // Who becomes an administrator meanwhile was never asked: the old token and its successors stay what they are.
    const { id } = await portaria.services.administration.get('bia');
    await portaria.services.administration.update(id, { roles: ['admin'] });
    const { body } = await refresh(portaria, web, tokens.refresh_token ?? '');
    expect(body.scope).toBe('openid');
    const fresh = await tokensFor(portaria, web, { scope: 'openid admin', login: 'bia' });
    expect(fresh.scope).toBe('openid admin');
  });

  it('is all that a program wants, and the person has no role: it hears that there is nothing for it', async () => {
    await addPerson(portaria, 'caio');
    await addClient(portaria, 'keen', { scope: 'admin' });
    const { url } = authorizationRequest(portaria, { client_id: 'keen', scope: 'admin' });
    const back = await signIn(new Browser(portaria.url), url, 'caio');
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
    const device = await startDevice(portaria, 'cli', 'admin');
    const page = await approveDevice(new Browser(portaria.url), device, 'caio');
    expect([page.status, page.text.includes('Nothing was connected')]).toEqual([200, true]);
    const answer = await poll(portaria, 'cli', device);
    expect([answer.status, answer.body.error]).toEqual([400, 'access_denied']);
  });

  it('leaves with the role: the living token is of no use at once, on both nodes, and its successors lack it', async () => {
    const rui = await signedInAdministrator(portaria, 'rui');
    for (const node of [portaria, other])
      expect((await call(node, rui.token, 'GET /users')).status).toBe(200);
    expect((await verify(portaria, rui.token, '?scope=admin')).status).toBe(200);
    const { status } = await call(portaria, boss.token, `PATCH /users/${rui.id}`, { roles: ['support'] });
    expect(status).toBe(200);
    for (const node of [portaria, other]) {
      expect((await call(node, rui.token, 'POST /keys/rotate', {})).body).toMatchObject({
        error: 'permission_required',
      });
      expect((await call(node, rui.token, 'GET /users')).status).toBe(200);
    }
    await call(portaria, boss.token, `PATCH /users/${rui.id}`, { roles: [] });
    for (const node of [other, portaria]) {
      expect((await call(node, rui.token, 'GET /users')).status).toBe(403);
    }
    expect((await verify(portaria, rui.token, '?scope=admin')).status).toBe(403);
    const desk = await addClient(portaria, 'introspecting', { introspect: true });
    // The engine answers the first time, the short way from then on.
    for (let turn = 0; turn < 2; turn++) {
      const told = await postForm(`${portaria.url}/oauth/introspect`, { token: rui.token }, desk);
      expect(told.body).toMatchObject({ active: true, scope: 'openid offline_access' });
    }
    const { body } = await refresh(portaria, { id: 'cli', secret: '' }, rui.refreshToken);
    expect(body.scope).toBe('openid offline_access');
  });

  it('is not refreshed for whoever came with one proof, once two are asked of them', async () => {
    const cli = { id: 'cli', secret: '' };
    const lea = await signedInAdministrator(portaria, 'lea');
    const app = await giveAuthenticator(portaria, lea.id);
    const before = await refresh(portaria, cli, lea.refreshToken);
    expect(before.body.scope).toBe('openid offline_access');
    expect((await call(other, before.body.access_token, 'GET /users')).body).toMatchObject({
      error: 'insufficient_scope',
    });

    const browser = new Browser(portaria.url);
    const device = await startDevice(portaria, 'cli', 'openid offline_access admin');
    const asked = await browser.submit(
      await confirmCode(browser, device),
      { login: 'lea', password: PASSWORD },
      '/login',
    );
    const proved = await browser.submit(asked, { code: app.code() }, '/second-factor');
    await browser.submit(proved, { decision: 'allow' }, '/consent');
    const { body } = await poll(portaria, 'cli', device);
    const after = await refresh(portaria, cli, body.refresh_token ?? '');
    expect([body.scope, after.body.scope]).toEqual(Array(2).fill('openid offline_access admin'));
    expect((await call(other, after.body.access_token, 'GET /users')).status).toBe(200);
  });

  it('is of no use once its person is blocked', async () => {
    const eve = await signedInAdministrator(portaria, 'eve');
    await call(portaria, boss.token, `POST /users/${eve.id}/block`);
    for (const node of [portaria, other])
      expect((await call(node, eve.token, 'GET /users')).status).toBe(401);
  });
});

/** The list of what a page of consent asks for. */
function itemsOf(html: string): string {
  const list = /<ul[^]*?<\/ul>/.exec(html)?.[0];
  if (!list) throw new Error(`no list\n${html}`);
  return list;
}
