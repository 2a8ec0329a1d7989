// What everybody knows is refused, and what was drawn by lot is not: the list refuses for what it knows, never for length,
// signs or digits that somebody would like to see.
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { dictionary } from '@zxcvbn-ts/language-common';
import { isCommonPassword } from '../../src/base/common-passwords.ts';

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
const DIGITS = Array.from('0123456789');

describe('a password that many have', () => {
  it.each([
    '123456789012',
    '1qaz2wsx3edc',
    'q1w2e3r4t5y6',
    'qwertyuiopasdfghjkl',
    'zyxwvutsrqponmlk',
    'passwordpassword',
    'p@ssw0rd1234',
    'iloveyouforever',
    'correcthorsebatterystaple',
    'counterstrike',
    'sonyericsson',
    'justinbieber',
    'qazwsxedcrfvtgb',
    'administrator1',
    'michael12101985',
    'leahcim12345',
    'abcabcabcabcabc',
    'minhasenha123',
    'flamengo@2026',
    'contraseña123',
    '비밀번호비밀번호',
    'tkfkdgotkfkdgo',
  ])('is refused: %s', (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it('is refused with the words of one person, and of nobody else', () => {
    expect(isCommonPassword('vasconcelos.1985!', ['vasconcelos'])).toBe(true);
    expect(isCommonPassword('vasconcelos.1985!')).toBe(false);
  });
});

describe('a password that was drawn by lot', () => {
  // The same lots in each run: one in many thousands of the shorter ones would be refused, and rightly.
  let turn = 0;
  const draw = <T>(from: readonly T[]): T =>
    from[createHash('sha256').update(String(turn++)).digest().readUInt32BE() % from.length] as T;
  const drawSeveral = (from: readonly string[], count: number) =>
    Array.from({ length: count }, () => draw(from));

  it.each([
    ['of four words', () => drawSeveral(dictionary['diceware-common'], 4).join(' ')],
    ['of four words without a space', () => drawSeveral(dictionary['diceware-common'], 4).join('')],
    ['of twelve letters', () => drawSeveral(LETTERS, 12).join('')],
    ['of twelve letters and digits', () => drawSeveral([...LETTERS, ...DIGITS], 12).join('')],
    ['of sixteen digits', () => drawSeveral(DIGITS, 16).join('')],
  ])('is not refused: %s', (_, make) => {
    const drawn = Array.from({ length: 200 }, make);
    expect(drawn.filter((password) => isCommonPassword(password))).toEqual([]);
  });
});
