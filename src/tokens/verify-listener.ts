// GET /api/verify, answered on node:http ahead of Koa: every service asks this for every request of its own, and Koa
// alone would double its price. The rules are in principal.ts; this file only reads a request and writes an answer.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders } from '../base/cors.ts';
import { AppError, unavailable } from '../base/errors.ts';
import { scopesOf } from '../oidc/scopes.ts';
import { bearerOf, type Bearers } from './bearer.ts';
import type { LivingToken } from './living-token.ts';
import {
  challengeOf,
  isRefusal,
  NOTHING_PARTICULAR,
  verify,
  type Refusal,
  type VerifyQuestion,
} from './principal.ts';

export interface VerifyListenerInputs {
  bearers: Bearers;
  corsOrigins: readonly string[];
  /** Hears of every request: its status and how long it took. */
  observe: (status: number, seconds: number) => void;
  onFault: (error: unknown, requestId: string) => void;
}

const PATH = '/api/verify';

/** True when it took the request. */
export type VerifyListener = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createVerifyListener(inputs: VerifyListenerInputs): VerifyListener {
  const origins = new Set(inputs.corsOrigins);

  function answer(
    response: ServerResponse,
    token: LivingToken | undefined,
    question: VerifyQuestion,
    cors: Record<string, string>,
  ): void {
    if (token?.told && question === NOTHING_PARTICULAR) return send(response, 200, cors, token.told);
    const outcome = verify(token?.principal, question);
    if (isRefusal(outcome)) return refuse(response, outcome, cors);
    return send(response, 200, cors, JSON.stringify(outcome));
  }

  function fail(response: ServerResponse, cors: Record<string, string>, error: unknown): void {
    const requestId = randomUUID();
    const known = error instanceof AppError ? error : unavailable(error);
    if (known.status >= 500) inputs.onFault(error, requestId);
    const body = { error: known.code, error_description: known.message, request_id: requestId };
    const headers: Record<string, string> = { ...cors, 'x-request-id': requestId };
    if (known.status === 503) headers['retry-after'] = String(known.retryAfterSeconds ?? 2);
    send(response, known.status, headers, JSON.stringify(body));
  }

  function handle(request: IncomingMessage, response: ServerResponse, query: string): void {
    const startedAt = performance.now();
    const cors = corsHeaders(request.headers.origin, origins);
    const observe = () => inputs.observe(response.statusCode, (performance.now() - startedAt) / 1000);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, cors).end();
      return observe();
    }
    const question = questionOf(query);
    // Nobody behind these two would catch what is thrown: it would end the process.
    const refuseFor = (error: unknown) => {
      fail(response, cors, error);
      observe();
    };
    const tell = (token: LivingToken | undefined) => {
      try {
        answer(response, token, question, cors);
      } catch (error) {
        return refuseFor(error);
      }
      return observe();
    };
    let found: ReturnType<Bearers['find']>;
    try {
      found = inputs.bearers.find(bearerOf(request));
    } catch (error) {
      return refuseFor(error);
    }
    if (!(found instanceof Promise)) return tell(found);
    found.then(tell, refuseFor);
    return undefined;
  }

  return (request, response) => {
    const { url = '', method } = request;
    if (!url.startsWith(PATH) || (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'))
      return false;
    const rest = url.slice(PATH.length);
    if (rest !== '' && !rest.startsWith('?')) return false;
    handle(request, response, rest.slice(1));
    return true;
  };
}

function refuse(response: ServerResponse, refusal: Refusal, cors: Record<string, string>): void {
  const { status, error, description } = refusal;
  const requestId = randomUUID();
  const body = {
    ...(status === 401 && { active: false }),
    error,
    error_description: description,
    request_id: requestId,
  };
  send(
    response,
    status,
    { ...cors, 'www-authenticate': challengeOf(refusal), 'x-request-id': requestId },
    JSON.stringify(body),
  );
}

function questionOf(query: string): VerifyQuestion {
  if (query === '') return NOTHING_PARTICULAR;
  const parameters = new URLSearchParams(query);
  return {
    // A service that names several, one by one, needs all of them.
    scope: scopesOf(parameters.getAll('scope').join(' ')),
    allowsClient: parameters.get('allow') === 'client',
    clientId: parameters.get('client_id') ?? undefined,
    resource: parameters.get('resource') ?? undefined,
  };
}

/** A text and not bytes: Node writes it in one piece with the headers; and letter by letter when each is one byte. */
function send(response: ServerResponse, status: number, headers: Record<string, string>, text: string): void {
  const bytes = Buffer.byteLength(text);
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text, bytes === text.length ? 'latin1' : 'utf8');
}
