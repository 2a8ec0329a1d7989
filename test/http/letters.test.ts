import { describe, expect, it } from '@jest/globals';
import type { Letter } from '../../src/accounts/letters.ts';
import { createLetterWriter } from '../../src/http/letters.ts';
import { languages } from '../../src/phrases.ts';

const link = 'https://id.example.com/example/open?token=an-example';
const alarm = { href: link, lifeSeconds: 7 * 86_400 };
const letters: Letter[] = [
  { kind: 'passwordReset', link, lifeSeconds: 3_600 },
  { kind: 'passwordChanged', alarm },
  { kind: 'signUp', link, lifeSeconds: 86_400 },
  { kind: 'invitation', link, lifeSeconds: 7 * 86_400 },
  { kind: 'accountExists', link },
  { kind: 'emailChange', link, lifeSeconds: 3_600 },
  { kind: 'emailChanged', alarm },
  { kind: 'emailRestored' },
  {
    kind: 'newSignIn',
    alarm,
    at: new Date('2026-11-18T14:05:00Z'),
    address: '192.0.2.1',
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  },
  { kind: 'secondFactorAdded', alarm },
  { kind: 'secondFactorRemoved', alarm },
  { kind: 'secondFactorReset', alarm },
  { kind: 'recoveryCodeUsed', alarm },
  { kind: 'recoveryCodesRenewed', alarm },
  { kind: 'addressTaken' },
  { kind: 'personalTokenMade', alarm },
  { kind: 'personalTokenExpiring', name: 'Example', expiresAt: new Date('2026-11-18T14:05:00Z'), link },
];
const write = createLetterWriter('https://id.example.com');

describe.each(letters)('the letter $kind', (letter) => {
  it.each(languages)('is complete in %s, as text and as HTML', (locale) => {
    const { subject, text, html } = write({ email: 'ana@example.com', name: 'Ana', locale }, letter);
    expect(subject).not.toBe('');
    for (const body of [text, html]) {
      expect(body).toContain('id.example.com');
      expect(body).toContain('Ana');
      expect(body).not.toMatch(/undefined|\[object|NaN|=> |<%/);
      expect(body.includes(link)).toBe('link' in letter || 'alarm' in letter);
    }
    expect(text).not.toMatch(/<\/|&amp;|\n{3}/);
    expect(html).toContain(`<html lang="${locale}">`);
  });

  it('escapes a name in HTML and leaves it alone in text', () => {
    const name = `<a href="https://evil.example">O'Ana</a>`;
    const { text, html } = write({ email: 'ana@example.com', name }, letter);
    expect(html).not.toContain('<a href="https://evil.example"');
    expect(text).toContain(name);
  });
});

it('greets a stranger without a name, in the default language', () => {
  const { text } = write({ email: 'ana@example.com', locale: 'xx' }, { kind: 'addressTaken' });
  expect(text.startsWith('Hello,\n\n')).toBe(true);
});

it('says for how long a link works', () => {
  const noteOf = (lifeSeconds: number) =>
    write({ email: 'ana@example.com' }, { kind: 'passwordReset', link, lifeSeconds }).text;
  expect(noteOf(1_800)).toContain('for 30 minutes');
  expect(noteOf(3_600)).toContain('for 1 hour.');
  expect(noteOf(7 * 86_400)).toContain('for 7 days');
});
