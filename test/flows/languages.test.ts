// Everybody is spoken to in their language: the one asked for (OpenID Connect Core §3.1.2.1 `ui_locales`), else the one
// of the browser, and it stays while they go from page to page.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { addClient, addPerson, authorizationRequest, PASSWORD } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { confirmCode, startDevice } from '../support/walks.ts';

const TITLES = { en: 'Sign in', 'pt-BR': 'Entrar', ko: '로그인' };
const FAULTS = { en: 'is not right', 'pt-BR': 'não confere', ko: '올바르지' };

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria();
  await addPerson(portaria);
  await addClient(portaria, 'third-party', { isFirstParty: false });
});
afterAll(() => portaria.stop());

function speaking(acceptLanguage: string): CarefulBrowser {
  return new CarefulBrowser(portaria.url, { 'accept-language': acceptLanguage });
}

function requestIn(locales?: string): string {
  return authorizationRequest(portaria, {
    client_id: 'third-party',
    ...(locales !== undefined && { ui_locales: locales }),
  }).url;
}

function languageOf({ text }: Page): string | undefined {
  return /<html lang="([^"]*)">/.exec(text)?.[1];
}

describe('the language of a page', () => {
  it.each([
    ['pt-BR', 'en', 'pt-BR'],
    ['ko', 'en', 'ko'],
    ['en', 'ko', 'en'],
    ['fr-CA pt', 'en', 'pt-BR'],
    ['fr de', 'ko', 'ko'],
    ['tlh', 'fr', 'en'],
    ['', 'pt;q=0.5, ko;q=0.9', 'ko'],
    [undefined, 'pt-PT,en;q=0.8', 'pt-BR'],
    [undefined, 'fr, *', 'en'],
    ['"><script>', 'en', 'en'],
  ] as const)('is, with ui_locales %p and a browser of %p, %p', async (asked, browser, language) => {
    const page = await speaking(browser).get(requestIn(asked));
    expect(languageOf(page)).toBe(language);
    expect(page.text).toContain(`<h1>${TITLES[language]}</h1>`);
  });

  it.each(['en', 'pt-BR', 'ko'] as const)(
    'asked for by the service (%s) holds for the form with a fault, and for consent',
    async (language) => {
      const browser = speaking(language === 'en' ? 'ko' : 'en');
      const page = await browser.get(requestIn(language));
      const again = await browser.submit(page, { login: 'ana', password: 'not the password' }, '/login');
      expect([again.status, languageOf(again)]).toEqual([400, language]);
      expect(again.text).toContain(FAULTS[language]);
      const consent = await browser.submit(again, { login: 'ana', password: PASSWORD }, '/login');
      expect([consent.text.includes('name="decision"'), languageOf(consent)]).toEqual([true, language]);
    },
  );

  it('chosen in the footer holds for the pages that follow', async () => {
    const browser = speaking('en');
    const page = await browser.get(requestIn());
    const link = /<a href="([^"]*)" lang="ko"/.exec(page.text)?.[1] ?? '';
    const korean = await browser.get(link.replaceAll('&amp;', '&'));
    expect(languageOf(korean)).toBe('ko');
    const again = await browser.submit(korean, { login: 'ana', password: '' }, '/login');
    expect(languageOf(again)).toBe('ko');
    const consent = await browser.submit(again, { login: 'ana', password: PASSWORD }, '/login');
    expect(languageOf(consent)).toBe('ko');
  });

  it('chosen in the footer by the person counts for more than what a service asks for', async () => {
    const browser = speaking('en');
    const { pathname } = new URL((await browser.get(requestIn())).url);
    await browser.get(`${pathname}?ui_locales=ko`);
    expect(languageOf(await browser.get(requestIn('pt-BR')))).toBe('ko');
  });

  it('is the browser’s on the pages of a device code', async () => {
    const device = await startDevice(portaria, 'cli');
    const browser = speaking('pt-BR');
    const wrong = await browser.submit(await browser.get('/device'), { user_code: 'BBBB-BBBB' });
    expect([languageOf(wrong), wrong.text.includes('aria-invalid="true"')]).toEqual(['pt-BR', true]);
    const signIn = await confirmCode(browser, device);
    expect([languageOf(signIn), signIn.text.includes(TITLES['pt-BR'])]).toEqual(['pt-BR', true]);
  });

  it.each([
    ['/oauth/authorize?client_id=nobody', 400],
    ['/nowhere', 404],
    ['/connect/github/callback?state=a', 404],
    ['/setup?token=made-up', 410],
    ['/oauth/logout?id_token_hint=made-up', 400],
  ])('is the browser’s on the page of a refusal: %s', async (path, status) => {
    const page = await speaking('ko').get(path);
    expect([page.status, languageOf(page)]).toEqual([status, 'ko']);
  });
});
