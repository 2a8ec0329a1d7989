// Encryption at rest: an envelope opens with any listed key, in its own place, unchanged; and in no other case.
import { describe, expect, it } from '@jest/globals';
import { Sealer } from '../../src/base/seal.ts';

const OLD = 'the-old-secret-key-that-is-long-enough';
const NEW = 'the-new-secret-key-that-is-long-enough';

describe('a sealed secret', () => {
  const envelope = new Sealer([OLD], 'storage').seal('a client secret', 'client:tickets');

  it('shows nothing of itself and never looks the same twice', () => {
    expect(envelope).not.toContain('secret');
    expect(new Sealer([OLD], 'storage').seal('a client secret', 'client:tickets')).not.toBe(envelope);
  });

  it('opens with its key, also when a newer one comes before it', () => {
    expect(new Sealer([OLD], 'storage').open(envelope, 'client:tickets')).toBe('a client secret');
    expect(new Sealer([NEW, OLD], 'storage').open(envelope, 'client:tickets')).toBe('a client secret');
  });

  it('does not open in the place of another, for another purpose, with another key, or changed', () => {
    expect(() => new Sealer([OLD], 'storage').open(envelope, 'client:other')).toThrow();
    expect(() => new Sealer([OLD], 'other').open(envelope, 'client:tickets')).toThrow();
    expect(() => new Sealer([NEW], 'storage').open(envelope, 'client:tickets')).toThrow();
    const bytes = envelope.split('.');
    const body = Buffer.from(bytes[3] ?? '', 'base64url');
    body[0] = (body[0] ?? 0) ^ 1;
    const changed = [...bytes.slice(0, 3), body.toString('base64url')].join('.');
    expect(() => new Sealer([OLD], 'storage').open(changed, 'client:tickets')).toThrow();
  });

  it('is sealed with the newest key', () => {
    const renewed = new Sealer([NEW, OLD], 'storage').seal('x', 'c');
    expect(new Sealer([NEW], 'storage').open(renewed, 'c')).toBe('x');
  });
});
