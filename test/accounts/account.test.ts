import { describe, expect, it, jest } from '@jest/globals';
import {
  checkForm,
  domainOf,
  emailFault,
  isAccountId,
  newAccountId,
  normaliseEmail,
  usernameFault,
} from '../../src/accounts/account.ts';

describe('an account id', () => {
  it('is a lower-case UUID of version 7 (RFC 9562 §5.7)', () => {
    expect(newAccountId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(isAccountId(newAccountId())).toBe(true);
    expect(isAccountId(newAccountId().toUpperCase())).toBe(false);
  });

  it('is in order of time', () => {
    const clock = jest.spyOn(Date, 'now');
    const ids = [1_700_000_000_000, 1_700_000_000_001, 1_900_000_000_000].map((now) => {
      clock.mockReturnValue(now);
      return newAccountId();
    });
    clock.mockRestore();
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('a username', () => {
  it.each(['ana', 'Ana.Maria', 'a_b-c.9', 'x'.repeat(64)])('may be %s', (username) => {
    expect(usernameFault(username)).toBeUndefined();
  });

  it.each(['', 'ab', 'x'.repeat(65), 'ana@example.com', 'a na', 'аna', '\u212Aana', 'ana\n', 'ana\0'])(
    'may not be %j',
    (username) => {
      expect(usernameFault(username)).toBe('usernameInvalid');
    },
  );
});

describe('an e-mail address', () => {
  it.each(['ana@example.com', 'Ana+tag@Mail.Example.COM', "o'neil@example.com", 'a.b-c@x-y.example.com'])(
    'may be %s',
    (email) => {
      expect(emailFault(email)).toBeUndefined();
    },
  );

  it.each([
    'ana',
    'ana@',
    '@example.com',
    'ana@example',
    'ana@@example.com',
    'ana@b@example.com',
    'a na@example.com',
    '.ana@example.com',
    'ana..b@example.com',
    'ana@-example.com',
    'ana@example..com',
    'ana@127.0.0.1',
    'ana@0x7f.1',
    'ana@1.0x2',
    'ana@example.com\nbcc:rui@example.com',
    'ana@example.com\0',
    '"ana"@example.com',
    'ana<x>@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ana@${'a.'.repeat(125)}com`,
  ])('may not be %j', (email) => {
    expect(emailFault(email)).toBe('emailInvalid');
  });

  it('that another script folds into somebody else’s is none', () => {
    // U+212A, the Kelvin sign, and U+017F, the long s, are k and s in another case.
    expect(emailFault('mi\u212Ae@example.com')).toBe('emailInvalid');
    expect(emailFault('anna@example.\u017Fe')).toBe('emailInvalid');
    expect(normaliseEmail('MI\u212AE@example.com')).not.toBe('mike@example.com');
  });

  it('has one spelling', () => {
    expect(normaliseEmail('  Ana@Example.COM ')).toBe('ana@example.com');
    expect(domainOf('Ana@Example.COM')).toBe('example.com');
  });
});

describe('a form', () => {
  it('is stored in one spelling, with a name in any case', () => {
    expect(checkForm({ email: ' Ana@Example.com' })).toMatchObject({
      email: 'ana@example.com',
      name: 'ana',
    });
    expect(checkForm({ email: 'ana@example.com', username: 'ana9' })).toMatchObject({ name: 'ana9' });
  });

  it.each([
    ['email', { email: 'ana' }],
    ['name', { email: 'ana@example.com', name: ' ' }],
    ['username', { email: 'ana@example.com', username: 'a@b' }],
  ])('names the field at fault: %s', (field, form) => {
    expect(faultOf(() => checkForm(form))).toMatchObject({ status: 400, field });
  });
});

function faultOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
