// A line in front of what costs much: a few inside, the others in their order, nobody forgotten, and the line has an end.
import { describe, expect, it } from '@jest/globals';
import type { Context } from 'koa';
import { fewAtATime } from '../../src/http/few-at-a-time.ts';

const NOBODY = {} as Context;

/** A room whose visitors stay until they are told to leave. */
function openRoom(limit: number, lineLimit: number) {
  const door = fewAtATime(limit, lineLimit);
  const inside: string[] = [];
  const leave = new Map<string, (fault?: Error) => void>();
  const enter = (name: string) =>
    Promise.resolve(
      door(NOBODY, async () => {
        inside.push(name);
        await new Promise<void>((resolve, reject) =>
          leave.set(name, (fault) => (fault ? reject(fault) : resolve())),
        ).finally(() => inside.splice(inside.indexOf(name), 1));
      }),
    );
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { inside, leave, enter, settle };
}

describe('a few at a time', () => {
  it('go in, the others wait in their order and go in when somebody leaves, however they leave', async () => {
    const { inside, leave, enter, settle } = openRoom(2, 10);
    const visits = ['a', 'b', 'c', 'd', 'e'].map((name) => enter(name));
    await settle();
    expect(inside).toEqual(['a', 'b']);
    leave.get('a')?.();
    await settle();
    expect(inside).toEqual(['b', 'c']);
    leave.get('b')?.(new Error('a fault'));
    await expect(visits[1]).rejects.toThrow('a fault');
    expect(inside).toEqual(['c', 'd']);
    for (const name of ['c', 'd', 'e']) {
      leave.get(name)?.();
      await settle();
    }
    await Promise.all([visits[0], ...visits.slice(2)]);
    const next = [enter('f'), enter('g'), enter('h')];
    await settle();
    expect(inside).toEqual(['f', 'g']);
    for (const name of ['f', 'g', 'h']) {
      leave.get(name)?.();
      await settle();
    }
    await Promise.all(next);
  });

  it("and whoever finds the line too long is told to come back, and takes nobody's place", async () => {
    const { inside, leave, enter, settle } = openRoom(1, 1);
    const [first, second] = [enter('a'), enter('b')];
    await expect(enter('c')).rejects.toMatchObject({ status: 503, retryAfterSeconds: 2 });
    leave.get('a')?.();
    await first;
    await settle();
    expect(inside).toEqual(['b']);
    leave.get('b')?.();
    await second;
  });
});
