// Questions that go together: a line in front of a database that says nothing is short, whatever comes.
import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReadBatches } from '../../src/base/read-batches.ts';

const MANY = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);

describe('a line of questions', () => {
  it('is answered, each with its own answer, and twice the same in one go', async () => {
    const batches = new ReadBatches<string>(async (keys) => new Map(keys.map((key) => [key, `of ${key}`])));
    const answers = await Promise.all([...MANY, ...MANY].map((key) => batches.find(key)));
    expect(answers).toEqual([...MANY, ...MANY].map((key) => `of ${key}`));
  });

  it('asks once for what comes in the same moment', async () => {
    const sizes: number[] = [];
    const batches = new ReadBatches<string>(async (keys) => {
      sizes.push(keys.length);
      return new Map();
    });
    await Promise.all(MANY.slice(0, 50).map((key) => batches.find(key)));
    expect(sizes).toEqual([50]);
  });

  it('does not wait for one fault after another: who waited through one hears of it', async () => {
    let asked = 0;
    const batches = new ReadBatches<string>(async () => {
      asked += 1;
      await sleep(20);
      throw new Error('nobody answers');
    });
    const outcomes = await Promise.allSettled(MANY.map((key) => batches.find(key)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(asked).toBeLessThanOrEqual(4);
  });

  it('goes on after a fault for whoever came behind it', async () => {
    const questions: PromiseWithResolvers<ReadonlyMap<string, string>>[] = [];
    const batches = new ReadBatches<string>(() => {
      const question = Promise.withResolvers<ReadonlyMap<string, string>>();
      questions.push(question);
      return question.promise;
    });
    const first = batches.find('first');
    await sleep(2);
    const second = batches.find('second');
    await sleep(2);
    const third = batches.find('third');
    questions[0]?.reject(new Error('nobody answers'));
    await expect(first).rejects.toThrow('nobody answers');
    questions[1]?.resolve(new Map([['second', '2']]));
    questions[2]?.resolve(new Map([['third', '3']]));
    expect(await Promise.all([second, third])).toEqual(['2', '3']);
  });
});
