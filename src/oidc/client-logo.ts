// What a client's picture may be: small, still, about square, and what its first bytes say that it is. No SVG, which can carry
// scripts and reach for other addresses. Keeping pictures is in client-logo-store.ts.
import { createHash } from 'node:crypto';
import { invalidRequest } from '../base/errors.ts';

export interface ClientLogo {
  /** SHA-256 of the body, in hexadecimal. */
  digest: string;
  contentType: 'image/png' | 'image/jpeg' | 'image/webp';
  body: Buffer;
}

interface Picture {
  contentType: ClientLogo['contentType'];
  width: number;
  height: number;
  isMoving: boolean;
}

/** A page with one has to stay below 60 kB in all. It is shown at 48 pixels: this is plenty. */
const MAX_BYTES = 24 * 1024;
const MIN_SIDE = 48;
const MAX_SIDE = 512;

/** Where it is served (routes/client-logos.ts). */
export function logoPath(digest: string): string {
  return `/client-logos/${digest}`;
}

/** Throws 400 that says what is wrong with it. */
export function readLogo(file: Uint8Array): ClientLogo {
  const body = Buffer.from(file);
  const refuse = (sentence: string) => invalidRequest(sentence, { field: 'logo' });
  if (body.length > MAX_BYTES) {
    throw refuse(
      `A logo has ${MAX_BYTES / 1024} KiB at most; this file has ${Math.ceil(body.length / 1024)}.`,
    );
  }
  const picture = readPng(body) ?? readWebp(body) ?? readJpeg(body);
  if (!picture) throw refuse('A logo is a PNG, WebP or JPEG file; this one is none, or is damaged.');
  const { contentType, width, height } = picture;
  const [short, long] = width < height ? [width, height] : [height, width];
  if (short < MIN_SIDE || long > MAX_SIDE || long > 2 * short) {
    throw refuse(
      `A logo is about square, each side ${MIN_SIDE} to ${MAX_SIDE} pixels; this one is ${width} × ${height}.`,
    );
  }
  if (picture.isMoving) throw refuse('A logo stands still; this one is animated.');
  return { digest: createHash('sha256').update(body).digest('hex'), contentType, body };
}

/** PNG (Third Edition) §5.2, §11.2.1; `acTL` before the picture makes it move (§11.3.6.1). */
function readPng(body: Buffer): Picture | undefined {
  const begins = body.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  if (!begins || body.length < 33 || body.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  let isMoving = false;
  for (let at = 8; at + 8 <= body.length; at += body.readUInt32BE(at) + 12) {
    const kind = body.toString('latin1', at + 4, at + 8);
    if (kind === 'acTL') isMoving = true;
    if (kind === 'IDAT')
      return {
        contentType: 'image/png',
        width: body.readUInt32BE(16),
        height: body.readUInt32BE(20),
        isMoving,
      };
  }
  return undefined;
}

/** RFC 9649 §2.4 to §2.7: its three forms keep their size in three places. */
function readWebp(body: Buffer): Picture | undefined {
  if (
    body.length < 30 ||
    body.toString('latin1', 0, 4) !== 'RIFF' ||
    body.toString('latin1', 8, 12) !== 'WEBP'
  )
    return undefined;
  const contentType = 'image/webp';
  const form = body.toString('latin1', 12, 16);
  if (form === 'VP8X') {
    const isMoving = (body.readUInt8(20) & 0x02) !== 0;
    return { contentType, width: body.readUIntLE(24, 3) + 1, height: body.readUIntLE(27, 3) + 1, isMoving };
  }
  if (form === 'VP8L' && body.readUInt8(20) === 0x2f) {
    const bits = body.readUInt32LE(21);
    return { contentType, width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1, isMoving: false };
  }
  if (form === 'VP8 ' && body.readUIntBE(23, 3) === 0x9d012a) {
    const side = (at: number) => body.readUInt16LE(at) & 0x3fff;
    return { contentType, width: side(26), height: side(28), isMoving: false };
  }
  return undefined;
}

/** ITU-T T.81 §B.2: the size is in the frame header, behind segments that are passed over. */
function readJpeg(body: Buffer): Picture | undefined {
  if (body.length < 4 || body.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 <= body.length && body[at] === 0xff; at += body.readUInt16BE(at + 2) + 2) {
    const marker = body[at + 1] as number;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [body.readUInt16BE(at + 5), body.readUInt16BE(at + 7)];
      return { contentType: 'image/jpeg', width, height, isMoving: false };
    }
  }
  return undefined;
}
