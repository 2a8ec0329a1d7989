// Whoever would like a personal token of somebody else, or one that may do more or lives longer than people's tokens do. Two nodes.
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { giveAuthenticator } from '../support/authenticator.ts';
import { postForm } from '../support/people.ts';
import { ask, later, makeToken, READ, TOKENS, visitor } from '../support/personal-tokens.ts';
import { startAnotherNode, startPortaria, type Portaria } from '../support/portaria.ts';
import { signInHere } from '../support/second-factors.ts';

let first: Portaria;
let second: Portaria;

beforeAll(async () => {
  first = await startPortaria();
  second = await startAnotherNode(first);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

const list = (accountId: string) => first.services.personalTokens.list(accountId);

describe('nobody gets a personal token by', () => {
  it('a form of another session, or of another site', async () => {
    const { id, browser } = await visitor(first);
    const other = await visitor(first);
    const theirs = await other.browser.get(TOKENS);
    const csrf = /name="csrf" value="([^"]+)"/.exec(theirs.text)?.[1] ?? '';
    const url = `${first.url}${TOKENS}`;
    expect((await browser.post(url, { ...READ, csrf })).status).toBe(403);
    expect((await browser.post(url, READ)).status).toBe(403);
    const own = /name="csrf" value="([^"]+)"/.exec((await browser.get(TOKENS)).text)?.[1] ?? '';
    const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await browser.post(url, { ...READ, csrf: own }, evil)).status).toBe(403);
    expect(await list(id)).toEqual([]);
  });

  it('a session that is not of a few minutes ago', async () => {
    const { id, browser } = await visitor(first);
    const page = await browser.get(TOKENS);
    later(11 * 60_000);
    expect((await browser.submit(page, READ, TOKENS)).status).toBe(403);
    expect((await browser.get(TOKENS)).text).toContain('sign in again');
    expect(await list(id)).toEqual([]);
  });

  it('a session that is signed out everywhere at the same moment', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const { id, browser } = await visitor(first);
      const page = await browser.get(TOKENS);
      await Promise.all([browser.submit(page, READ, TOKENS), second.services.administration.signOut(id)]);
      expect(await list(id)).toEqual([]);
    }
  });

  it('a session without the second step that its owner has', async () => {
    const { id, name, browser } = await visitor(first);
    const page = await browser.get(TOKENS);
    const app = await giveAuthenticator(first, id);
    expect((await browser.submit(page, READ, TOKENS)).status).toBe(403);
    expect((await browser.get(TOKENS)).text).toContain('with your second step');
    expect(await list(id)).toEqual([]);
    await makeToken(await signInHere(first, { id, name, app }));
    expect(await list(id)).toHaveLength(1);
  });

  it('asking for more than people may have, or for no end', async () => {
    const { id, browser } = await visitor(first);
    const token = await makeToken(browser, {
      ...READ,
      scope_admin: 'yes',
      scope: 'admin vault',
      scope_vault: 'yes',
    });
    expect((await ask(first, '/api/verify', token)).body['scope']).toBe('openid read');
    const page = await browser.get(TOKENS);
    for (const days of ['0', '-1', '36500', 'never', ''])
      expect((await browser.submit(page, { ...READ, days }, TOKENS)).status).toBe(400);
    expect((await browser.submit(page, { name: 'x', days: '30' }, TOKENS)).text).toContain(
      'at least one thing',
    );
    expect((await browser.submit(page, { ...READ, name: ' ' }, TOKENS)).text).toContain('Give it a name.');
    expect(await list(id)).toHaveLength(1);
  });

  it('guessing: one of the right look and a wrong checksum is refused without asking the database', async () => {
    const { browser } = await visitor(first);
    const token = await makeToken(browser);
    const asked = jest.spyOn(Client.prototype, 'query');
    const wrong = `${token.slice(0, -1)}${token.endsWith('x') ? 'y' : 'x'}`;
    expect((await ask(first, '/api/verify', wrong)).status).toBe(401);
    expect(JSON.stringify(asked.mock.calls)).not.toContain('from tokens');
  });

  it('asking the protocol as the client that they belong to', async () => {
    const { url } = first;
    const client = { client_id: 'personal-token' };
    for (const grant_type of ['client_credentials', 'authorization_code', 'refresh_token'])
      expect((await postForm(`${url}/oauth/token`, { ...client, grant_type })).status).toBe(400);
    expect((await postForm(`${url}/oauth/device_authorization`, client)).status).toBe(400);
    const query = new URLSearchParams({ ...client, response_type: 'none', redirect_uri: `${url}/` });
    expect((await fetch(`${url}/oauth/authorize?${query}`)).status).toBe(400);
  });

  it('being quick: no account has more than fifty, and none is made while everything ends', async () => {
    const { id, browser } = await visitor(first);
    const sessionUid = (await first.services.presence.listSessions(id))[0]?.uid ?? '';
    const account = await first.services.administration.get(id);
    const input = { sessionUid, name: 'many', scopes: ['read'], days: 7 };
    for (let made = 0; made < 48; made++) await first.services.personalTokens.make(account, input);
    const outcomes = await Promise.all(
      [first, second, first, second].map(({ services }) => services.personalTokens.make(account, input)),
    );
    expect(outcomes.filter((outcome) => outcome === 'tooMany')).toHaveLength(2);
    expect((await browser.submit(await browser.get(TOKENS), READ, TOKENS)).status).toBe(409);

    const racers = await Promise.all([
      first.services.administration.signOut(id),
      ...[first, second].map(({ services }) => services.personalTokens.make(account, input)),
    ]);
    for (const outcome of racers)
      if (typeof outcome === 'object' && 'token' in outcome)
        expect((await ask(first, '/api/verify', outcome.token)).status).toBe(401);
    expect(await first.services.personalTokens.make(account, input)).toBe('over');
    expect(await list(id)).toEqual([]);
  });

  it('ending or seeing the tokens of somebody else', async () => {
    const { id, browser } = await visitor(first);
    const token = await makeToken(browser);
    const fingerprint = (await list(id))[0]?.fingerprint ?? '';
    const thief = await visitor(first);
    await makeToken(thief.browser);
    const page = await thief.browser.get(TOKENS);
    expect(page.text).not.toContain(fingerprint);
    for (const name of [fingerprint, '%', ''])
      expect((await thief.browser.submit(page, { token: name }, '/revoke')).status).toBe(404);
    expect((await ask(first, '/api/verify', token)).status).toBe(200);
  });
});
