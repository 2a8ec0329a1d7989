// /account/history: what a person reads about their own account, and that nothing that concerns them is left untold.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HISTORY, TOLD_EVENTS } from '../../../src/audit/history.ts';
import { tell } from '../../../src/http/happening.ts';
import { languages, phrasesIn } from '../../../src/phrases.ts';
import { CarefulBrowser } from '../../support/careful-browser.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  refresh,
  signIn,
  tokensFor,
} from '../../support/people.ts';
import { startPortaria, type Portaria } from '../../support/portaria.ts';

let portaria: Portaria;
let ana: string;
let browser: CarefulBrowser;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.0/8' });
  ana = await addPerson(portaria);
  await addPerson(portaria, 'bia');
  browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in');
});
afterAll(() => portaria.stop());

function sentencesIn(text: string): string[] {
  return [...text.matchAll(/<li>\s*<p>(.*?)<\/p>/gs)].map(([, sentence = '']) => sentence);
}

describe('the history', () => {
  it('tells in plain words what happened, the newest first', async () => {
    const client = await addClient(portaria, 'tickets', { name: 'Example Tickets' });
    const thief = new CarefulBrowser(portaria.url, { 'x-forwarded-for': '203.0.113.66' });
    const page = await thief.get('/sign-in');
    await thief.submit(page, { login: 'ana', password: 'a wrong password' }, '/login');
    await tokensFor(portaria, client);
    const { text } = await browser.get('/account/history');
    expect(sentencesIn(text)).toEqual([
      'You signed in to Example Tickets.',
      'You signed in with your password.',
      'Somebody entered a wrong password.',
      'You signed in with your password.',
      'Your account was created.',
    ]);
    expect(text).toContain('203.0.113.66');
    expect(text).toContain('Test browser');
  });

  it('says why a program was signed out, and where the copy was used from', async () => {
    const client = await addClient(portaria, 'notes', { name: 'Example Notes' });
    const tokens = await tokensFor(portaria, client, { scope: 'openid offline_access' });
    const next = await refresh(portaria, client, tokens.refresh_token ?? '');
    await refresh(portaria, client, next.body.refresh_token ?? '');
    await refresh(portaria, client, tokens.refresh_token ?? '');
    const { text } = await browser.get('/account/history');
    expect(sentencesIn(text)).toContain(
      'Example Notes was signed out because its refresh token was used twice: somebody may have copied it.',
    );
    // Renewals are not told: one an hour of each program would hide everything else.
    expect(
      sentencesIn(text).filter((sentence) => sentence === 'You signed in to Example Notes.'),
    ).toHaveLength(1);
  });

  it('is told in the three languages', async () => {
    for (const [language, sentence] of [
      ['pt-BR', 'Alguém digitou uma senha errada.'],
      ['ko', '누군가 잘못된 비밀번호를 입력했습니다.'],
    ] as const) {
      const other = new CarefulBrowser(portaria.url, { 'accept-language': language });
      other.cookies = [...browser.cookies];
      expect(sentencesIn((await other.get('/account/history')).text)).toContain(sentence);
    }
  });

  it('shows nothing of anybody else, from whatever place it is read', async () => {
    const bias = new CarefulBrowser(portaria.url);
    await signIn(bias, '/sign-in', 'bia');
    const [newest] = await portaria.services.auditStore.list({ accountId: ana, limit: 1 });
    for (const query of ['', `?before=${newest?.id}`, '?before=999999999999999999']) {
      const sentences = sentencesIn((await bias.get(`/account/history${query}`)).text);
      expect(sentences).not.toContain('Somebody entered a wrong password.');
    }
  });

  it('goes on page by page: everything once, in order', async () => {
    await portaria.services.audit.from({ address: '192.0.2.1' }, async () => {
      for (let count = 0; count < 70; count++) {
        await portaria.services.audit.record(
          'account.updated',
          { accountId: ana },
          { fields: [`f${count}`] },
        );
      }
    });
    const told: string[] = [];
    let href: string | undefined = '/account/history';
    for (let pages = 0; href !== undefined && pages < 10; pages++) {
      const { text } = await browser.get(href);
      told.push(...sentencesIn(text));
      href = /href="(\/account\/history\?before=\d+)"/.exec(text)?.[1];
    }
    const changes = told.filter((sentence) => sentence.startsWith('Your details were changed'));
    expect(changes).toEqual(
      Array.from({ length: 70 }, (_, index) => `Your details were changed: f${69 - index}.`),
    );
    expect(told.at(-1)).toBe('Your account was created.');
  });

  it.each(['0', '-1', '1;drop', 'a', '99999999999999999999', '%00', '1&before=2'])(
    'has no page at "%s", and says so with a way back',
    async (before) => {
      const page = await browser.get(`/account/history?before=${before}`);
      expect([400, 404]).toContain(page.status);
      expect(page.text).toContain('href="/');
    },
  );

  it('names a client that is gone by its id, and escapes what it was called', async () => {
    await addClient(portaria, 'odd', { name: '<i>Odd</i>' });
    await portaria.services.audit.record(
      'client.disconnected',
      { accountId: ana, clientId: 'odd' },
      { grants: 1 },
    );
    expect((await browser.get('/account/history')).text).toContain(
      'You disconnected &lt;i&gt;Odd&lt;/i&gt;.',
    );
    await portaria.services.clients.delete('odd');
    expect((await browser.get('/account/history')).text).toContain('You disconnected odd.');
  });
});

describe('every event that is written down about a person', () => {
  it('stands in the list with a sentence in each language', () => {
    const row = {
      id: '1',
      occurredAt: new Date(0),
      details: { method: 'pwd', fields: ['name'], sessions: 2 },
    };
    for (const language of languages) {
      for (const event of TOLD_EVENTS) {
        const told = tell({ ...row, event, clientId: 'example' }, phrasesIn(language), {
          client: () => 'Example',
          connector: () => undefined,
        });
        expect([event, told?.sentence]).toEqual([event, expect.stringMatching(/^.{5,}[.。]$/)]);
        expect(told?.sentence).not.toContain('undefined');
      }
    }
  });

  it('is hidden only when it is of no person, or nothing that they did or could mind', async () => {
    const hidden = Object.entries(HISTORY).flatMap(([event, naming]) => (naming === 'hidden' ? [event] : []));
    // Whatever the walks of this file and a person's whole stay leave behind under their account.
    const client = await addClient(portaria, 'walk');
    await tokensFor(portaria, client, { scope: 'openid offline_access' });
    await browser.get(authorizationRequest(portaria, { client_id: client.id }).url);
    const { administration, auditStore } = portaria.services;
    await administration.block(ana);
    await administration.unblock(ana);
    const rows = await auditStore.list({ accountId: ana, limit: 500 });
    const untold = [...new Set(rows.map(({ event }) => event))].filter((event) => hidden.includes(event));
    expect(untold).toEqual([]);
  });
});
