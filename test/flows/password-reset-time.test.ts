// How long the answer to "I forgot my password" takes tells nobody whether an address has an account.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAccountId } from '../../src/accounts/account.ts';
import { Browser } from '../support/browser.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const TRIES = 200;
const MOST_MS = 5;

let portaria: Portaria;

beforeAll(async () => {
  portaria = await startPortaria({ TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => portaria.stop());

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

describe('the answer to a request for a new password', () => {
  it(`takes the same time for known and unknown addresses: medians of ${TRIES} within ${MOST_MS} ms`, async () => {
    for (let index = 0; index < TRIES; index++) {
      await portaria.services.accountStore.insert({
        id: newAccountId(),
        name: 'Example',
        email: `known${index}@example.com`,
        emailVerified: true,
      });
    }
    const browser = new Browser(portaria.url);
    const page = await browser.get('/reset-password');
    const csrf = /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const times = { known: [] as number[], unknown: [] as number[] };
    for (let index = 0; index < TRIES; index++) {
      // By turns, and each kind first as often as the other: neither pays for what the one before left to be done.
      const kinds = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
      for (const kind of kinds) {
        const startedAt = performance.now();
        const response = await browser.request('/reset-password', {
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            origin: portaria.url,
            'x-forwarded-for': `198.51.100.${index}`,
          },
          body: new URLSearchParams({ csrf, email: `${kind}${index}@example.com` }).toString(),
        });
        await response.text();
        times[kind].push(performance.now() - startedAt);
        expect(response.status).toBe(303);
      }
    }
    await portaria.services.outbox.work();
    const mailed = await portaria.database.database.query(
      "select 1 from one_time_tokens where purpose = 'password_reset'",
    );
    expect(mailed).toHaveLength(TRIES);
    const [known, unknown] = [median(times.known), median(times.unknown)];
    if (process.env['SHOW_FIGURES'])
      console.log(`known ${known.toFixed(2)} ms, unknown ${unknown.toFixed(2)} ms`);
    expect(Math.abs(known - unknown)).toBeLessThan(MOST_MS);
  }, 120_000);
});
