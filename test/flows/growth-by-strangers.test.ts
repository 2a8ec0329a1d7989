// What nobody signed in for does not stay for weeks.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

describe('a stranger', () => {
  it('leaves no session behind that outlives an hour', async () => {
    await fetch(`${portaria.url}/device`);
    const rows = await portaria.database.database.query<{ seconds: number }>(
      'select extract(epoch from expires_at - now())::int as seconds from sessions where account_id is null',
    );
    expect(Math.max(...rows.map(({ seconds }) => seconds))).toBeLessThanOrEqual(3_600);
  });
});
