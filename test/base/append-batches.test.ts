// Rows of many requests go together, and each request still succeeds or fails by itself.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppendBatches } from '../../src/base/append-batches.ts';
import { unavailable } from '../../src/base/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query('create table letters (id int primary key, body text not null)');
});
afterAll(() => test.close());
beforeEach(() => test.database.query('delete from letters'));

const letter = (id: number, body: string | null = 'hello') => ({
  text: 'insert into letters (id, body) values ($1, $2)',
  values: [id, body],
  appends: true,
});
const post = (...ids: number[]) =>
  test.database.gather(async () => {
    for (const id of ids) await test.database.write(letter(id));
  });
const ids = async () =>
  (await test.database.query<{ id: number }>('select id from letters order by id')).map(({ id }) => id);

describe('appends', () => {
  it('of two hundred requests at once all arrive', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, index) => post(index)));
    expect(await ids()).toHaveLength(200);
  });

  it('of different shapes do not get in each other’s way', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        index % 3 ? post(index * 10) : post(index * 10, index * 10 + 1, index * 10 + 2),
      ),
    );
    expect(await ids()).toHaveLength(20 * 3 + 40);
  });

  it('that are refused fail alone, whoever travelled with them', async () => {
    await post(7);
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => post(index)));
    const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
    expect(failed).toEqual([7]);
    expect(outcomes[7]).toMatchObject({ reason: { code: '23505' } });
    expect(await ids()).toHaveLength(40);
  });

  it('of one request are all there or none', async () => {
    await post(3);
    await expect(post(1, 2, 3)).rejects.toMatchObject({ code: '23505' });
    expect(await ids()).toEqual([3]);
  });

  it('that wait while nobody knows what came of others are sent away together', async () => {
    let sent = 0;
    const batches = new AppendBatches(async () => {
      sent += 1;
      await sleep(20);
      throw unavailable();
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 400 }, (_, index) => batches.send([letter(index)])),
    );
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(sent).toBeLessThanOrEqual(4);
  });

  it('inside a transaction go with it', async () => {
    await expect(
      test.database.transaction(async () => {
        await post(1);
        throw new Error('changed our mind');
      }),
    ).rejects.toThrow('changed our mind');
    expect(await ids()).toEqual([]);
  });
});
