// Keeps what costs much from being begun all at once: a few requests at a time, the others wait in line before anything is done
// for them, and everybody else's requests pass between them. It stands on node:http, ahead of Koa: two hundred sign-ins
// that come in the same moment would otherwise hold up whoever comes a moment later.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectBody, replayBody } from './input.ts';
import type { Handler } from './short-way.ts';

export interface LineOptions {
  mayBeCostly: (request: IncomingMessage) => boolean;
  /** Of those, once all of it is there. */
  isCostly: (request: IncomingMessage, body: Buffer) => boolean;
  /** How many are inside. */
  limit: number;
  /** How many wait; whoever comes later goes on and is refused further in, where it is known how. */
  lineLimit: number;
}

export function inLine({ mayBeCostly, isCostly, limit, lineLimit }: LineOptions, handler: Handler): Handler {
  const line: (() => void)[] = [];
  let inside = 0;

  function leave(): void {
    inside -= 1;
    line.shift()?.();
  }

  function stand(request: IncomingMessage, response: ServerResponse): void {
    const enter = () => {
      inside += 1;
      // With the work, whoever has hung up meanwhile; not with the answer, which nobody has to read.
      void Promise.resolve(handler(request, response)).finally(leave);
    };
    if (inside < limit || line.length >= lineLimit) return enter();
    line.push(enter);
    // Whoever has hung up meanwhile gives the place to the next.
    response.once('close', () => {
      const place = line.indexOf(enter);
      if (place >= 0) line.splice(place, 1);
    });
    return undefined;
  }

  return (request, response) => {
    if (!mayBeCostly(request)) return handler(request, response);
    // Only with all that it brings: a place is not for whoever sends a byte a second.
    collectBody(request, (body) => {
      // What is no form of ours costs nothing: it is refused.
      if (!body) return handler(request, response);
      replayBody(request, body);
      if (!isCostly(request, body)) return handler(request, response);
      stand(request, response);
      return undefined;
    });
    return undefined;
  };
}
