// Keeps what costs much from being begun all at once: a few requests at a time, the others wait in line, and whoever finds
// the line too long hears so before anything was done. Everybody else's requests pass between them.
import type { Middleware } from 'koa';
import { unavailable } from '../base/errors.ts';

export function fewAtATime(limit: number, lineLimit: number): Middleware {
  const line: (() => void)[] = [];
  let inside = 0;
  return async (_ctx, next) => {
    if (inside >= limit) {
      if (line.length >= lineLimit) throw unavailable();
      // Whoever leaves gives up the place to the first in line.
      await new Promise<void>((resolve) => line.push(resolve));
    } else {
      inside += 1;
    }
    try {
      await next();
    } finally {
      const first = line.shift();
      if (first) first();
      else inside -= 1;
    }
  };
}
