// Keeps what costs much from being begun all at once: a few requests at a time, the others wait in line before anything is done
// for them, and everybody else's requests pass between them. It stands on node:http, ahead of Koa: two hundred sign-ins
// that come in the same moment would otherwise hold up whoever comes a moment later. Whoever sends many waits for themselves: the
// addresses take turns.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectBody, replayBody } from './input.ts';
import type { Handler } from './short-way.ts';

export interface LineOptions {
  mayBeCostly: (request: IncomingMessage) => boolean;
  /** Of those, once all of it is there. */
  isCostly: (request: IncomingMessage, body: Buffer) => boolean;
  /** Who sends it: those who wait take turns. */
  senderOf: (request: IncomingMessage) => string;
  /** How many are inside. */
  limit: number;
  /** How many wait; whoever comes later goes on and is refused further in, where it is known how. */
  lineLimit: number;
}

export function inLine(
  { mayBeCostly, isCostly, senderOf, limit, lineLimit }: LineOptions,
  handler: Handler,
): Handler {
  const line = new Line();
  let inside = 0;

  function leave(): void {
    inside -= 1;
    line.next()?.();
  }

  function stand(request: IncomingMessage, response: ServerResponse): void {
    const enter = () => {
      inside += 1;
      // With the work, whoever has hung up meanwhile; not with the answer, which nobody has to read.
      void Promise.resolve(handler(request, response)).finally(leave);
    };
    if (inside < limit) return enter();
    const sender = senderOf(request);
    line.add(sender, enter);
    // Whoever has hung up meanwhile gives the place to the next.
    response.once('close', () => line.remove(sender, enter));
    if (line.length > lineLimit) line.lastOfMost()?.();
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

type Enter = () => void;

/** Each sender in their turn, and of one the first that came. */
class Line {
  readonly #bySender = new Map<string, Enter[]>();
  length = 0;

  add(sender: string, enter: Enter): void {
    const places = this.#bySender.get(sender);
    if (places) places.push(enter);
    else this.#bySender.set(sender, [enter]);
    this.length += 1;
  }

  /** Whose turn it is; the others of the same sender come after everybody else. */
  next(): Enter | undefined {
    for (const [sender, places] of this.#bySender) {
      const [enter] = places;
      this.remove(sender, enter);
      if (this.#bySender.delete(sender)) this.#bySender.set(sender, places);
      return enter;
    }
    return undefined;
  }

  /** Who came last, of the sender who has the most in the line. */
  lastOfMost(): Enter | undefined {
    let most: [sender: string, places: Enter[]] | undefined;
    for (const each of this.#bySender) if (each[1].length >= (most?.[1].length ?? 0)) most = each;
    const enter = most?.[1].at(-1);
    if (most) this.remove(most[0], enter);
    return enter;
  }

  remove(sender: string, enter: Enter | undefined): void {
    const places = this.#bySender.get(sender);
    const place = enter && places ? places.indexOf(enter) : -1;
    if (!places || place < 0) return;
    places.splice(place, 1);
    this.length -= 1;
    if (places.length === 0) this.#bySender.delete(sender);
  }
}
