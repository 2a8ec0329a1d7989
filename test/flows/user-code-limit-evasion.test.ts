// RFC 8628 §5.1: however a guess at a user code is spelled in HTTP, a wrong one counts. (The engine folds the case of a
// path, takes a slash off its end, and reads the first thousand fields of a form.)
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { en } from '../../src/phrases/en.ts';
import { Browser, formsOf } from '../support/browser.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TRIES = 12;

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());
afterEach(() => portaria.database.database.query('delete from throttles'));

const SPELLINGS: [string, { path?: string; behind?: string }][] = [
  ['as the page sends them', {}],
  ['at the address with a slash behind it', { path: '/device/' }],
  ['at the address in capitals', { path: '/DEVICE' }],
  ['with a second code behind a thousand other fields', { behind: `${'&a'.repeat(1000)}&user_code=X` }],
];

describe('wrong user codes are counted', () => {
  it.each(SPELLINGS)('%s', async (_, { path = '/device', behind = '' }) => {
    const browser = new Browser(portaria.url);
    let { text } = await browser.get('/device');
    let guessed = 0;
    for (let tries = 0; tries < TRIES; tries++) {
      const xsrf = formsOf(text)[0]?.fields['xsrf'] ?? '';
      const response = await browser.request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: portaria.url },
        body: `user_code=BCDF-GHJ${'BCDFGHJKLMNP'[tries]}&xsrf=${xsrf}${behind}`,
      });
      // A spelling that is refused altogether tells nothing, and that is as good.
      if (response.status !== 200) break;
      text = await response.text();
      if (text.includes(en.device.codeWrong.replaceAll("'", '&#39;'))) guessed += 1;
    }
    expect(guessed).toBeLessThanOrEqual(5);
  });
});
