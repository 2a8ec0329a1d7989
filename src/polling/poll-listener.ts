// GET /api/auth/get-session of a terminal that waits, on node:http ahead of Koa: thousands of terminals ask every five seconds, and
// nearly all of them hear the same. Whoever has anything else to hear, a refusal too, goes on to routes/api/auth/get-session.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PollingSessions } from './polling-sessions.ts';

export const PENDING = { status: 'pending', message: 'Waiting for the person to finish in the browser.' };

export interface PollListenerInputs {
  sessions: PollingSessions;
  headers: Record<string, string>;
  /** Hears of what is answered here: how long it took, in seconds. */
  observe: (seconds: number) => void;
}

/** True when it took the request, or hands it on to `application` in a moment. */
export type PollListener = (
  request: IncomingMessage,
  response: ServerResponse,
  application: () => unknown,
) => boolean;

const START = '/api/auth/get-session?session=';

export function createPollListener({ sessions, headers, observe }: PollListenerInputs): PollListener {
  const text = JSON.stringify(PENDING);
  const head = {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  };
  return (request, response, application) => {
    const { method, url = '' } = request;
    if (method !== 'GET' || !url.startsWith(START)) return false;
    const startedAt = performance.now();
    const answer = (isWaiting: boolean) => {
      if (!isWaiting) return application();
      response.writeHead(200, head).end(text, 'latin1');
      return observe((performance.now() - startedAt) / 1000);
    };
    // What cannot be told now is told there; and nobody behind this would catch what is thrown.
    sessions
      .isWaiting(url.slice(START.length))
      .then(answer, application)
      .catch(() => response.destroy());
    return true;
  };
}
