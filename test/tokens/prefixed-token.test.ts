// A typo, a cut and a guess are told by the token alone; everything that is not of this kind is left to the database.
import { describe, expect, it } from '@jest/globals';
import { isMistyped, makePrefixedToken } from '../../src/tokens/prefixed-token.ts';

const token = makePrefixedToken('ptr_svc_');

/** Another letter at this place. */
function mistype(place: number): string {
  return token.slice(0, place) + (token[place] === 'x' ? 'y' : 'x') + token.slice(place + 1);
}

describe('a token with a prefix', () => {
  it('has 43 random letters and digits and 6 of a checksum, so that a double click selects it', () => {
    expect(token).toMatch(/^ptr_svc_[0-9A-Za-z]{49}$/);
    expect(makePrefixedToken('ptr_svc_')).not.toBe(token);
  });

  it('is known as mistyped wherever one letter is wrong', () => {
    const places = Array.from({ length: 49 }, (_, index) => 8 + index);
    expect(places.filter((place) => !isMistyped(mistype(place)))).toEqual([]);
    expect(isMistyped(token)).toBe(false);
  });

  it.each([
    ['cut off', token.slice(0, -1)],
    ['longer than it was', `${token}a`],
    ['with two letters swapped', token.slice(0, 8) + swapped(token.slice(8))],
    ['with the prefix of another kind', token.replace('svc', 'pat')],
    ['with nothing behind the prefix', 'ptr_svc_'],
  ])('is known as mistyped when it is %s', (_how, text) => {
    expect(isMistyped(text)).toBe(true);
  });

  it.each(['', 'ptr_', 'PTR_SVC_x', 'ptr_new_x', 'header.payload.signature', token.slice(1)])(
    'is not what "%s" is',
    (text) => {
      expect(isMistyped(text)).toBe(false);
    },
  );
});

/** The first two neighbours that differ, the other way round. */
function swapped(text: string): string {
  const place = Array.from(text).findIndex((letter, index) => letter !== text[index + 1]);
  return `${text.slice(0, place)}${text[place + 1]}${text[place]}${text.slice(place + 2)}`;
}
