import { describe, expect, it } from '@jest/globals';

import { chooseLanguage, languages, phrasesIn } from '../src/phrases.ts';

describe('choosing a language', () => {
  it('speaks English when nothing is asked for', () => {
    expect(chooseLanguage(undefined, undefined)).toBe('en');
    expect(chooseLanguage('', '')).toBe('en');
  });

  it.each([
    ['pt', 'pt-BR'],
    ['pt-PT', 'pt-BR'],
    ['PT-br', 'pt-BR'],
    ['ko-KR', 'ko'],
    ['ko-Kore-KR', 'ko'],
    ['en-GB', 'en'],
  ])('takes %s for %s', (asked, language) => {
    expect(chooseLanguage(undefined, asked)).toBe(language);
    expect(chooseLanguage(asked, undefined)).toBe(language);
  });

  it('lets ui_locales win over the header (OpenID Connect Core §3.1.2.1)', () => {
    expect(chooseLanguage('ko', 'pt-BR')).toBe('ko');
  });

  it('takes the first of ui_locales that it speaks', () => {
    expect(chooseLanguage('fr-CA fr pt ko', 'en')).toBe('pt-BR');
  });

  it('falls back to the header when it speaks none of ui_locales', () => {
    expect(chooseLanguage('fr de', 'ko')).toBe('ko');
  });

  it('follows the weights of the header, not its order (RFC 9110 §12.5.4)', () => {
    expect(chooseLanguage(undefined, 'en;q=0.5, ko;q=0.8, pt-BR;q=0.7')).toBe('ko');
    expect(chooseLanguage(undefined, 'pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7')).toBe('pt-BR');
  });

  it('keeps the order of the header among equal weights', () => {
    expect(chooseLanguage(undefined, 'ko;q=0.8, pt;q=0.8')).toBe('ko');
  });

  it('does not speak a language that is weighted 0', () => {
    expect(chooseLanguage(undefined, 'ko;q=0, pt;q=0.1')).toBe('pt-BR');
  });

  it.each([
    '*',
    ';;;,,,',
    'q=1',
    'ko;q=',
    'ko;q=2',
    'ko;q=-1',
    'ko;q=NaN',
    'ko_KR',
    'constructor',
    '__proto__',
    'koko',
    'k'.repeat(100_000),
    'ko\u0000',
    ','.repeat(100_000),
  ])('is unharmed by a header that is none (%#)', (header) => {
    expect(chooseLanguage(undefined, header)).toBe('en');
    expect(chooseLanguage(header.replaceAll(',', ' '), undefined)).toBe('en');
  });

  it('reads the good part of a header that is malformed elsewhere', () => {
    expect(chooseLanguage(undefined, ';;, ko ; q=0.4 ,pt;q=x')).toBe('ko');
  });
});

describe('the phrases', () => {
  it('are there in every language, none of them empty', () => {
    const english = everyPhrase(phrasesIn('en'));
    for (const language of languages) {
      const phrases = everyPhrase(phrasesIn(language));
      expect(phrases.map(([path]) => path)).toEqual(english.map(([path]) => path));
      expect(phrases.filter(([, phrase]) => phrase.trim() === '' || phrase.includes('undefined'))).toEqual(
        [],
      );
    }
  });

  it('count in the plural of their language', () => {
    expect(phrasesIn('en').signInFaults.tooManyTries(1)).toContain('1 minute,');
    expect(phrasesIn('en').signInFaults.tooManyTries(15)).toContain('15 minutes');
    expect(phrasesIn('pt-BR').signInFaults.tooManyTries(1)).toContain('1 minuto ');
    expect(phrasesIn('pt-BR').signInFaults.tooManyTries(15)).toContain('15 minutos');
    expect(phrasesIn('ko').signInFaults.tooManyTries(15)).toContain('15분');
  });

  it('round a wait up, to the unit that one would say', () => {
    const { waitAbout } = phrasesIn('en').errorPage;
    expect(waitAbout(0.2)).toContain('1 second.');
    expect(waitAbout(59)).toContain('59 seconds');
    expect(waitAbout(121)).toContain('3 minutes');
    expect(waitAbout(7201)).toContain('3 hours');
  });

  it('say how long ago something was', () => {
    const { ago } = phrasesIn('en').deviceConfirm;
    expect(ago(0)).toBe('now');
    expect(ago(45)).toBe('45 seconds ago');
    expect(ago(130)).toBe('2 minutes ago');
    expect(phrasesIn('ko').deviceConfirm.ago(130)).toBe('2분 전');
    expect(phrasesIn('pt-BR').deviceConfirm.ago(130)).toBe('há 2 minutos');
  });

  it.each([
    ['예시', '예시로'],
    ['예시 티켓', '예시 티켓으로'],
    ['예시 포털', '예시 포털로'],
    ['GitHub', 'GitHub로'],
    ['Google', 'Google로'],
    ['tickets.example.com', 'tickets.example.com으로'],
    ['Example Desk', 'Example Desk\u2060(으)로'],
    ['', '\u2060(으)로'],
  ])('give the name %s its Korean particle', (name, expected) => {
    expect(phrasesIn('ko').signIn.cancel(name)).toBe(`${expected} 돌아가기`);
  });
});

/** The phrases that name several things at once. */
const LISTS = ['.consent.resources', '.account.sessions.device', '.mail.personalTokenExpiring'];

/** Every phrase, or several in one, with the path that leads to it; a function is asked with a number that also reads as a name. */
function everyPhrase(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const said = (value as (argument: unknown) => unknown)(LISTS.includes(path) ? ['3', '4'] : '3');
    return everyPhrase(said, path);
  }
  return Object.entries(value as object).flatMap(([key, inner]) => everyPhrase(inner, `${path}.${key}`));
}
