import { describe, expect, it } from '@jest/globals';
import { describeAgent } from '../../src/http/agent.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('what a browser calls itself', () => {
  it.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
      'Chrome',
      'Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
      'Edge',
      'Windows',
    ],
    [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0`, 'Opera', 'Linux'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari',
      'iPhone',
    ],
    [
      `Mozilla/5.0 (Linux; Android 15; SM-S921N) ${WEBKIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36`,
      'Samsung Internet',
      'Android',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
      'Safari',
      'macOS',
    ],
    ['example-cli/1.0.0 (linux; x64) node/24', 'example-cli', undefined],
    ['curl/8.5.0', 'curl', undefined],
    ['(nothing in front)', '(nothing in front)', undefined],
    ['Test browser', 'Test browser', undefined],
  ])('%s', (text, name, system) => {
    expect(describeAgent(text)).toEqual({ name, system });
  });

  it.each([undefined, '', '   ', '\u0000\u0007'])('%j is nothing', (text) => {
    expect(describeAgent(text)).toBeUndefined();
  });

  it('cannot be long, break a line or turn it around, and takes no time to be read', () => {
    const began = performance.now();
    expect(describeAgent(`a\u202e\n${'b'.repeat(300)}`)?.name).toBe(`a ${'b'.repeat(38)}`);
    for (const part of ['Version/1 ', 'Chrome ', '(']) describeAgent(part.repeat(30_000));
    expect(performance.now() - began).toBeLessThan(500);
  });
});
