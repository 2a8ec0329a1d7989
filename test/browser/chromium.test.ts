// Which Chromium is taken. That there is none has to be said, never to be passed over.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromiumPath } from '../support/chromium.ts';

describe('the path of Chromium', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'portaria-chromium-'));
    for (const name of ['google-chrome', 'chromium-browser'])
      writeFileSync(join(folder, name), '', { mode: 0o755 });
    writeFileSync(join(folder, 'chromium'), '', { mode: 0o644 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is CHROMIUM_PATH when that is set', () => {
    const named = join(folder, 'google-chrome');
    expect(chromiumPath({ CHROMIUM_PATH: named, PATH: '' })).toBe(named);
  });

  it('is that of the first usual name on the PATH that can be run', () => {
    expect(chromiumPath({ PATH: ['/nowhere', folder].join(delimiter) })).toBe(
      join(folder, 'chromium-browser'),
    );
  });

  it('is none when there is none, or not where CHROMIUM_PATH says', () => {
    expect(chromiumPath({ PATH: '/nowhere' })).toBeUndefined();
    expect(chromiumPath({})).toBeUndefined();
    expect(chromiumPath({ CHROMIUM_PATH: '/nowhere/chromium', PATH: folder })).toBeUndefined();
  });
});
