// portaria keys reseal as an operator runs it: killed in the middle, run again, run once too often; then the old key is
// taken out.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Sealer } from '../../src/base/seal.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { freePort } from '../support/ports.ts';
import { json, portaria, serve, start, words } from '../support/processes.ts';

const OLD = 'the-old-secret-key-that-is-long-enough';
const NEW = 'the-new-secret-key-that-is-long-enough';
const ROWS = 10_000;

let test: TestDatabase;
let settings: { DATABASE_URL: string; SECRET_KEY: string };

beforeAll(async () => {
  test = await createTestDatabase();
  const { host, port, user, database } = test.connection;
  settings = {
    DATABASE_URL: `postgres://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
    SECRET_KEY: OLD,
  };
});
afterAll(() => test.close());

/** Sign-ins that were left on their way, sealed as the engine's are. */
async function fill(): Promise<void> {
  const sealer = new Sealer([OLD], 'storage');
  const digests = Array.from({ length: ROWS }, (_, index) => Buffer.from(`row ${index}`.padEnd(32)));
  await test.database.query(
    `insert into transients (id_digest, kind, payload_sealed, expires_at)
     select d, 'Interaction', s, now() + interval '1 hour' from unnest($1::bytea[], $2::text[]) as rows (d, s)`,
    [
      digests,
      digests.map((d) => sealer.seal('{"some":"payload"}', `Interaction:${d.toString('base64url')}`)),
    ],
  );
}

/** How many of the rows above begin with the newest key's envelope. */
async function renewed(): Promise<number> {
  const [row] = await test.database.query<{ n: number }>(
    'select count(*)::int as n from transients where starts_with(payload_sealed, $1)',
    [new Sealer([NEW], 'storage').prefix],
  );
  return row?.n ?? 0;
}

describe('portaria keys reseal', () => {
  it('goes on where it was killed, and leaves nothing that needs the old key', async () => {
    const created = await json<{ client_secret: string }>(
      'clients create --id reports --grant client_credentials --scope read',
      settings,
    );
    await fill();
    expect((await portaria('keys reseal', settings)).stdout).toMatch(/^Nothing to reseal\./);

    const both = { ...settings, SECRET_KEY: `${NEW},${OLD}` };
    const killed = start(words('keys reseal'), both);
    for await (const text of killed.stderr!) if (String(text).includes('transients')) break;
    killed.kill('SIGKILL');
    if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit');
    const done = await renewed();
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(ROWS);

    // Too early: it says what is missing, before anybody is refused.
    const early = await portaria('keys list', { ...settings, SECRET_KEY: NEW });
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.stderr).toMatch(/sealed with a key \(\S{8}\) that SECRET_KEY does not list/);

    const again = await portaria('keys reseal', both);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).toMatch(/^transients\.payload_sealed: \d+ resealed$/m);
    expect(again.stdout).toMatch(/^Resealed \d+ rows\. .* can be taken out of SECRET_KEY\.\n$/);
    expect(await renewed()).toBe(ROWS);
    expect(await json('keys reseal', both)).toEqual({ resealed: 0, unopened: {}, complete: true });

    const server = await serve(await freePort(), { ...settings, SECRET_KEY: NEW });
    const answer = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`reports:${created.client_secret}`).toString('base64')}`,
      },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    await server.stop();
    expect(answer.status).toBe(200);
  });
});
