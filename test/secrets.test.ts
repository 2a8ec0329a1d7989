// The generated secret: made once, and a list as soon as somebody puts a newer one in front of it.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { resolveSecretKeys } from '../src/secrets.ts';

const directory = mkdtempSync(join(tmpdir(), 'portaria-test-secrets-'));
const file = join(directory, 'secret-key');
afterAll(() => rmSync(directory, { recursive: true }));

describe('the generated secret', () => {
  it('is made once, for its owner alone', () => {
    const [secret, ...rest] = resolveSecretKeys(undefined, directory);
    expect({ length: secret?.length, rest }).toEqual({ length: 64, rest: [] });
    expect(resolveSecretKeys(undefined, directory)).toEqual([secret]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('may have a newer one in front of it', () => {
    writeFileSync(file, `${'n'.repeat(32)}, ${'o'.repeat(32)}\n`);
    expect(resolveSecretKeys(undefined, directory)).toEqual(['n'.repeat(32), 'o'.repeat(32)]);
  });

  it.each(['', '\n', `${'n'.repeat(32)},short`])('is refused when the file holds %j', (text) => {
    writeFileSync(file, text);
    expect(() => resolveSecretKeys(undefined, directory)).toThrow(/secret-key: every key .* 32 bytes/);
  });
});
