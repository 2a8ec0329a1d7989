// A request's changes go as one statement: all of them or none, and whoever loses a compare-and-set changes nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { forbidden, unavailable } from '../../src/base/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  await test.database.query('create table things (id int primary key, used_by text)');
});
afterAll(() => test.close());
beforeEach(() => test.database.query('delete from things'));

const insert = (id: number) => ({ text: 'insert into things (id) values ($1) returning 1', values: [id] });
const use = (id: number, by: string) => ({
  text: 'update things set used_by = $2 where id = $1 and used_by is null returning 1',
  values: [id, by],
  lost: () => forbidden('lost', `${by} was too late`),
});
const ids = async () =>
  (await test.database.query<{ id: number }>('select id from things order by id')).map(({ id }) => id);

describe('a unit of work', () => {
  it('sends everything at the end, in one statement', async () => {
    await test.database.gather(async () => {
      await test.database.write(insert(1));
      await test.database.write(insert(2));
      expect(await ids()).toEqual([]);
    });
    expect(await ids()).toEqual([1, 2]);
  });

  it('keeps nothing of a request that failed on our side', async () => {
    const work = test.database.gather(async () => {
      await test.database.write(insert(1));
      throw unavailable();
    });
    await expect(work).rejects.toMatchObject({ status: 503 });
    await test.database.gather(
      () => test.database.write(insert(2)),
      () => false,
    );
    expect(await ids()).toEqual([]);
  });

  it('keeps what belongs to a refusal, such as the end of a grant', async () => {
    const work = test.database.gather(async () => {
      await test.database.write(insert(1));
      throw forbidden('access_denied', 'no');
    });
    await expect(work).rejects.toMatchObject({ status: 403 });
    expect(await ids()).toEqual([1]);
  });

  it('lets one of many win, and undoes everything that the others wanted', async () => {
    await test.database.write(insert(1));
    const other = test.another();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => {
        const database = index % 2 ? test.database : other;
        return database.gather(async () => {
          await database.write(insert(100 + index));
          await database.write(use(1, `request ${index}`));
        });
      }),
    );
    const won = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await ids()).toHaveLength(2);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 403, code: 'lost' });
    }
  });

  it('changes a row once: the later change of one key takes the place of the earlier', async () => {
    await test.database.gather(async () => {
      await test.database.write({ ...insert(1), key: 'thing' });
      await test.database.write({ ...insert(2), key: 'thing' });
    });
    expect(await ids()).toEqual([2]);
  });

  it('catches up with the news of what it announced, once it is stored', async () => {
    const database = test.another();
    const found: number[] = [];
    database.onAnnounced(async () => void found.push((await ids()).length));
    await database.gather(() => database.write(insert(1)));
    await database.gather(() => database.write({ ...insert(2), isAnnounced: true }));
    await database.transaction(() => database.write(insert(3)));
    await database.gather(() => database.write({ ...insert(3), isAnnounced: true })).catch(() => {});
    expect(found).toEqual([2, 3]);
  });

  it('runs at once inside a transaction, and goes with it', async () => {
    await test.database.gather(async () => {
      await test.database
        .transaction(async () => {
          await test.database.write(insert(1));
          expect(await ids()).toEqual([1]);
          throw new Error('changed our mind');
        })
        .catch(() => undefined);
    });
    expect(await ids()).toEqual([]);
  });
});
