// What may be a password, whoever chooses it: length counts, and what everybody tries is refused, and what they know of the person.
import { afterAll, describe, expect, it } from '@jest/globals';
import { NewPasswords } from '../../src/accounts/new-passwords.ts';
import { PasswordHasher } from '../../src/base/password.ts';
import { CHEAP } from '../support/accounts.ts';

const issuer = 'https://id.harbour.example.net:8443';
const hasher = new PasswordHasher({ parameters: CHEAP });
const passwords = new NewPasswords({ hasher, minLength: 12, issuer });

afterAll(() => hasher.close());

describe('a password', () => {
  const owner = {
    email: 'ana.maria.silva@example.com',
    username: 'ana.maria.silva.9',
  };

  it.each([
    ['too short', 'elevenchars', 'passwordTooShort'],
    ['too short for all its bytes', '🔑'.repeat(11), 'passwordTooShort'],
    ['too long', 'ab1'.repeat(342), 'passwordTooLong'],
    ['everybody’s', 'Password1234', 'passwordTooCommon'],
    ['one key held down', 'aaaaaaaaaaaaaaaa', 'passwordTooCommon'],
    ['two keys by turns', 'abababababababab', 'passwordTooCommon'],
    ['the address', 'Ana.Maria.Silva@example.com', 'passwordTooCommon'],
    ['the name in the address', 'ana.maria.silva', 'passwordTooCommon'],
    ['the username', 'ANA.MARIA.SILVA.9', 'passwordTooCommon'],
    ['the own name with a year', 'AnaSilva1985!!', 'passwordTooCommon'],
    ['the own name twice', 'ana maria ana maria', 'passwordTooCommon'],
    ['the domain of the address with digits', 'example.com2024', 'passwordTooCommon'],
    ['a known word with digits that are on no list', 'Password#20261', 'passwordTooCommon'],
    ['a known word in disguise', 'P@$$w0rd!!2031', 'passwordTooCommon'],
    ['two known words', 'dragon-football7', 'passwordTooCommon'],
    ['a walk over the keyboard', 'qwertyuiopasdf1', 'passwordTooCommon'],
    ['the alphabet backwards', 'zyxwvutsrqponm', 'passwordTooCommon'],
    ['a known word of Korea', '비밀번호비밀번호1234', 'passwordTooCommon'],
    ['the name of this product', 'portaria-portaria-1', 'passwordTooCommon'],
    ['the name of the site', 'Harbour-2026!!', 'passwordTooCommon'],
    ['the address of the site', 'id.harbour.example.net', 'passwordTooCommon'],
  ])('is refused when it is %s', async (_, password, reason) => {
    const refusal = { status: 400, field: 'password', reason };
    await expect(passwords.digestOf(password, owner)).rejects.toMatchObject(refusal);
  });

  it.each([
    'twelve chars',
    'correct horse battery',
    // Length, not composition (NIST SP 800-63B-4 §3.1.1.2): digits alone, letters alone, words alone.
    '839217482910',
    'password 839217482910',
    'dragon monkey football sunshine',
    'anacardium occidentale',
    'xkqvbrmtzplw',
    '🔑🚪🪟🏠🛋🛏🚿🧹🪑🖼🕯🧺',
    'correct horse battery '.repeat(46),
  ])('may be %j', async (password) => {
    const digest = await passwords.digestOf(password, owner);
    expect(await hasher.verify(digest, password)).toBe(true);
  });

  it('of an administrator has fifteen characters, or as many as everybody’s when that is more', () => {
    expect(passwords.minLengthFor([])).toBe(12);
    expect(passwords.minLengthFor(['support', 'admin'])).toBe(15);
    const longer = new NewPasswords({ hasher, minLength: 20, issuer });
    expect(longer.minLengthFor(['admin'])).toBe(20);
  });
});
