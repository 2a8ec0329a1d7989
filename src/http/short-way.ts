// The short way, on node:http and ahead of Koa: what machines ask all day, in its plain case (a form, each parameter once, one
// pair of client credentials, nothing encoded), is answered here. Whatever is not plain, every refusal and every fault
// goes on to the application, which knows every case. Which questions there are stands in routes/short-ways.ts.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressReader } from './context.ts';
import { collectBody, replayBody } from './input.ts';
import type { RecordRequest } from './request-log.ts';

export interface PlainRequest {
  fields: ReadonlyMap<string, string>;
  clientId: string;
  clientSecret: string;
  requestId: string;
  address: string;
  agent: string | undefined;
}

/** Undefined: not for the short way. Throwing means the same. */
export type ShortWay = (request: PlainRequest) => Promise<object | undefined>;

export interface ShortWays {
  /** By path: which parameters are plain, and who answers. */
  ways: ReadonlyMap<string, { parameters: ReadonlySet<string>; answer: ShortWay }>;
  headers: Record<string, string>;
  addressOf: AddressReader;
  record: RecordRequest;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

const FORM = /^application\/x-www-form-urlencoded *(;|$)/;
const MAX_BYTES = 4 * 1024;
/** A request from a browser or with a proof is for the engine, which knows about them. */
const SPECIAL = ['origin', 'dpop', 'transfer-encoding', 'content-encoding', 'expect'];

/** Takes what it can; hands the rest, with its body, to `application`. */
export function createShortWays(
  { ways, headers, addressOf, record }: ShortWays,
  application: Handler,
): Handler {
  return (request, response) => {
    const way = request.method === 'POST' ? ways.get(request.url ?? '') : undefined;
    if (!way || !isPlain(request)) return application(request, response);
    const startedAt = performance.now();
    collectBody(request, (body = Buffer.alloc(0)) => {
      const goOn = () => {
        replayBody(request, body);
        application(request, response);
      };
      const form = plainFormOf(body, request.headers.authorization, way.parameters);
      if (!form) return goOn();
      const requestId = randomUUID();
      const address = addressOf(request);
      const answered = way.answer({ ...form, requestId, address, agent: request.headers['user-agent'] });
      const sent = answered.then((answer) => {
        if (answer === undefined) return goOn();
        send(response, { ...headers, 'X-Request-Id': requestId }, answer);
        record({
          requestId,
          method: 'POST',
          route: request.url ?? '',
          status: 200,
          seconds: (performance.now() - startedAt) / 1000,
          ip: address,
          clientId: form.clientId,
        });
        return undefined;
      }, goOn);
      // Nobody behind this would catch what is thrown: it would end the process.
      sent.catch(() => response.destroy());
      return undefined;
    });
    return undefined;
  };
}

function isPlain({ headers }: IncomingMessage): boolean {
  const length = Number(headers['content-length']);
  return (
    FORM.test(headers['content-type'] ?? '') &&
    length > 0 &&
    length <= MAX_BYTES &&
    SPECIAL.every((name) => headers[name] === undefined)
  );
}

function plainFormOf(
  body: Buffer,
  authorization: string | undefined,
  known: ReadonlySet<string>,
): Pick<PlainRequest, 'fields' | 'clientId' | 'clientSecret'> | undefined {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    const isCredential = name === 'client_id' || name === 'client_secret';
    if (fields.has(name) || !(isCredential || known.has(name)) || value.includes('\0')) return undefined;
    fields.set(name, value);
  }
  const credentials = credentialsOf(authorization, fields);
  return credentials && { fields, ...credentials };
}

/** RFC 6749 §2.3.1: in the header or in the form, never in both. */
function credentialsOf(
  authorization: string | undefined,
  fields: ReadonlyMap<string, string>,
): Pick<PlainRequest, 'clientId' | 'clientSecret'> | undefined {
  const clientId = fields.get('client_id');
  const clientSecret = fields.get('client_secret');
  if (authorization === undefined) return clientId && clientSecret ? { clientId, clientSecret } : undefined;
  if (clientId !== undefined || clientSecret !== undefined) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(authorization)?.[1];
  const pair = /^([^:%+]+):([^%+]+)$/.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8'));
  return pair?.[1] && pair[2] ? { clientId: pair[1], clientSecret: pair[2] } : undefined;
}

function send(response: ServerResponse, headers: Record<string, string>, answer: object): void {
  const text = JSON.stringify(answer);
  response.writeHead(200, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
