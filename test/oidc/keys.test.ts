// The life of signing keys over several processes: made once, rotated once, published before they sign, and kept as long as
// what they signed may be asked about.
import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AuditStore } from '../../src/audit/audit-store.ts';
import { Audit } from '../../src/audit/audit.ts';
import { createLogger } from '../../src/base/log.ts';
import { News } from '../../src/base/news.ts';
import { Sealer } from '../../src/base/seal.ts';
import { readConfig } from '../../src/config.ts';
import { ClientStore } from '../../src/oidc/client-store.ts';
import { KeyStore } from '../../src/oidc/key-store.ts';
import { Keys, SIGNING_ALGORITHMS } from '../../src/oidc/keys.ts';
import { longestLifeSeconds } from '../../src/oidc/lifetimes.ts';
import { ResourceStore } from '../../src/oidc/resource-store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

const sealer = new Sealer(['a-secret-key-of-this-test-long-enough'], 'storage');
let test: TestDatabase;
let nodes: Keys[];

/** A process of its own, as far as the keys are concerned. */
function newNode(): Keys {
  const database = test.another();
  return new Keys(database, new KeyStore(database, sealer), new Audit(new AuditStore(database)));
}

async function only(state: string): Promise<Record<string, string>> {
  const keys = await nodes[0]!.listRecords();
  return Object.fromEntries(keys.filter((key) => key.state === state).map((key) => [key.algorithm, key.id]));
}

async function audited(event: string): Promise<unknown[]> {
  const rows = await test.database.query('select details from audit_events where event = $1', [event]);
  return rows.map(({ details }) => details);
}

function passes(ms: number): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

beforeEach(async () => {
  jest.restoreAllMocks();
  await test?.close();
  test = await createTestDatabase();
  nodes = [newNode(), newNode()];
  await Promise.all(nodes.map((node) => node.ensure()));
});
afterAll(() => test.close());

describe('signing keys', () => {
  it('are there from the first start: one that signs and one that will, however many processes start', async () => {
    const keys = await nodes[0]!.listRecords();
    expect(keys.map(({ algorithm, state }) => `${state} ${algorithm}`)).toEqual(
      ['current', 'next'].flatMap((state) => SIGNING_ALGORITHMS.map((algorithm) => `${state} ${algorithm}`)),
    );
    expect(await audited('key.created')).toHaveLength(2 * SIGNING_ALGORITHMS.length);
  });

  it('rotate once when two processes rotate at the same moment', async () => {
    passes(15 * MINUTE);
    const before = { current: await only('current'), next: await only('next') };
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => nodes[index % 2]!.rotate('ES256')),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      ...Array.from({ length: 5 }, () => 'overtaken'),
      'rotated',
    ]);
    expect((await only('current'))['ES256']).toBe(before.next['ES256']);
    expect(await only('previous')).toEqual({ ES256: before.current['ES256'] });
    expect(Object.keys(await only('next')).sort()).toEqual([...SIGNING_ALGORITHMS].sort());
    expect(await audited('key.rotated')).toEqual([
      { kid: before.next['ES256'], previous_kid: before.current['ES256'], algorithm: 'ES256', forced: false },
    ]);
  });

  it('rotate once when two processes force it', async () => {
    const outcomes = await Promise.all(nodes.map((node) => node.rotate('RS256', { isForced: true })));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['overtaken', 'rotated']);
    expect(await audited('key.rotated')).toMatchObject([{ forced: true }]);
  });

  it('do not sign before others can know them: the rotation waits until then', async () => {
    const { ES256: young } = await only('next');
    const outcome = await nodes[0]!.rotate('ES256');
    expect(outcome).toMatchObject({ outcome: 'scheduled', kid: young });
    await nodes[1]!.rotateDue(90 * 24 * 60 * 60);
    expect((await only('next'))['ES256']).toBe(young);

    passes(15 * MINUTE);
    await Promise.all(nodes.map((node) => node.rotateDue(undefined)));
    expect((await only('current'))['ES256']).toBe(young);
    expect(Object.keys(await only('previous'))).toEqual(['ES256']);
    // Once asked for is once done.
    passes(16 * MINUTE);
    await nodes[0]!.rotateDue(undefined);
    expect((await only('current'))['ES256']).toBe(young);
  });

  it('rotate by themselves when they are old, and never when that is off', async () => {
    const next = await only('next');
    passes(90 * DAY - MINUTE);
    await nodes[0]!.rotateDue(90 * 24 * 60 * 60);
    expect(await only('next')).toEqual(next);
    passes(MINUTE);
    await nodes[0]!.rotateDue(undefined);
    expect(await only('next')).toEqual(next);
    await Promise.all(nodes.map((node) => node.rotateDue(90 * 24 * 60 * 60)));
    expect(await only('current')).toEqual(next);
    expect(await audited('key.rotated')).toHaveLength(SIGNING_ALGORITHMS.length);
  });

  it('are deleted when nothing that they signed lives any more', async () => {
    passes(15 * MINUTE);
    await nodes[0]!.rotate('ES256');
    const { ES256: previous } = await only('previous');
    const lifeSeconds = 14 * 24 * 60 * 60;
    passes(15 * DAY - MINUTE);
    await nodes[0]!.deleteRetired(lifeSeconds);
    expect(await only('previous')).toEqual({ ES256: previous });
    passes(2 * MINUTE);
    await Promise.all(nodes.map((node) => node.deleteRetired(lifeSeconds)));
    expect(await only('previous')).toEqual({});
    expect(await audited('key.retired')).toEqual([{ kid: previous, algorithm: 'ES256' }]);
  });

  it('stay as long as the longest token that anybody may have', async () => {
    const { ttl } = readConfig({});
    const clients = new ClientStore(
      test.database,
      sealer,
      new News({ connect: () => test.database.openConnection(), log: createLogger('fatal', false) }),
    );
    const resources = new ResourceStore(test.database);
    const longest = () => longestLifeSeconds(ttl, [clients, resources]);
    expect(await longest()).toBe(ttl.sessionSeconds);
    await test.database.query(
      `insert into clients (id, name, metadata) values ('reports', 'Reports', '{"access_token_ttl_seconds": 2000000}')`,
    );
    expect(await longest()).toBe(2_000_000);
    await test.database.query(
      `insert into resources (identifier, name, scope, token_format, signing_alg, access_token_ttl_seconds, accepted_since_at)
       values ('https://desk.example.com', 'Desk', 'read', 'jwt', 'ES256', 3000000, now())`,
    );
    expect(await longest()).toBe(3_000_000);
  });

  it('are left as they were when a rotation fails in the middle', async () => {
    passes(15 * MINUTE);
    const before = { current: await only('current'), next: await only('next') };
    await test.database.query(`
      create function fail() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$`);
    await test.database.query(
      `create trigger fail before insert on signing_keys for each row execute function fail()`,
    );
    await expect(nodes[0]!.rotate('ES256')).rejects.toThrow('no');
    expect({ current: await only('current'), next: await only('next') }).toEqual(before);
  });
});
