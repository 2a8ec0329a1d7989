// What may be a client's picture: told by what is in the file, never by its name.
import { describe, expect, it } from '@jest/globals';
import { readLogo } from '../../src/oidc/client-logo.ts';
import { png } from '../support/pictures.ts';

/** The beginning of a JPEG file: an application segment, then the frame. */
function jpeg(width: number, height: number): Buffer {
  const sizes = Buffer.alloc(4);
  sizes.writeUInt16BE(height, 0);
  sizes.writeUInt16BE(width, 2);
  const app = Buffer.from([0xff, 0xe0, 0, 4, 1, 1]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    app,
    Buffer.from([0xff, 0xc2, 0, 17, 8]),
    sizes,
    Buffer.alloc(10),
  ]);
}

function webp(form: string, data: number[]): Buffer {
  const head = Buffer.from(`RIFF\0\0\0\0WEBP${form}\0\0\0\0`, 'latin1');
  return Buffer.concat([head, Buffer.from(data), Buffer.alloc(16)]);
}

describe('a logo', () => {
  it.each([
    ['PNG', 'image/png', png()],
    ['JPEG', 'image/jpeg', jpeg(96, 64)],
    ['WebP, lossy', 'image/webp', webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 96, 0, 96, 0])],
    ['WebP, lossless', 'image/webp', webp('VP8L', [0x2f, 95, 0xc0, 0x17, 0])],
    ['WebP, extended', 'image/webp', webp('VP8X', [0, 0, 0, 0, 95, 0, 0, 95, 0, 0])],
  ])('is a %s file', (_, contentType, body) => {
    expect(readLogo(body)).toEqual({ contentType, body, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each([
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['GIF', Buffer.from('GIF89a\x60\x00\x60\x00')],
    ['nothing', Buffer.alloc(0)],
    ['a PNG file that ends before its picture', png().subarray(0, 40)],
    ['a JPEG file that ends before its frame', jpeg(96, 96).subarray(0, 9)],
    ['a WebP file that ends before its size', webp('VP8X', []).subarray(0, 20)],
    [
      'a JPEG file whose segments have no length',
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ],
  ])('is not %s', (_, body) => {
    expect(() => readLogo(body)).toThrow('A logo is a PNG, WebP or JPEG file');
  });

  it.each([
    ['too small', png({ width: 40, height: 48 }), /each side 48 to 512 pixels; this one is 40 × 48/],
    ['too large', jpeg(513, 400), /this one is 513 × 400/],
    ['a banner', jpeg(300, 100), /about square/],
    ['heavy', png({ chunks: { tEXt: Buffer.alloc(25_000, 'a') } }), /24 KiB at most; this file has 25/],
    ['moving (PNG)', png({ chunks: { acTL: Buffer.alloc(8) } }), /stands still/],
    ['moving (WebP)', webp('VP8X', [2, 0, 0, 0, 95, 0, 0, 95, 0, 0]), /stands still/],
  ])('is not %s', (_, body, sentence) => {
    expect(() => readLogo(body)).toThrow(sentence);
  });
});
