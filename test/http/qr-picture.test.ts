// The picture shows the code that the library made, square for square.
import { describe, expect, it } from '@jest/globals';
import { encode } from 'uqr';
import { qrPicture } from '../../src/http/qr-picture.ts';

describe('the picture of a QR code', () => {
  it.each(['otpauth://totp/Example:ana?secret=EXAMPLE', `https://login.example.com/${'long/'.repeat(60)}`])(
    'is black where the code is, and nowhere else: %.30s',
    (text) => {
      const { data, size } = encode(text, { ecc: 'M', border: 4 });
      const drawn = Array.from({ length: size }, () => Array.from({ length: size }, () => false));
      for (const [, x, y, length] of qrPicture(text).matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
        drawn[Number(y)]?.fill(true, Number(x), Number(x) + Number(length));
      }
      expect(drawn).toEqual(data);
    },
  );
});
