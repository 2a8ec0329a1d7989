// Owns how we ask other servers: with a limit of time and of size, and no redirects, so that what an upstream does wrong
// is an error here and nothing else. Errors name the host and the fault, never what was sent. Upstreams are named by whoever
// runs us (`fetchJson`), or by somebody else (`fetchFromStranger`, `postToStranger`): then nobody may use us to look into our
// own network.
import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type BlockList, type LookupFunction } from 'node:net';
import { isListed, isLoopback, isPublicAddress } from './addresses.ts';

export interface JsonRequest {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as a form. */
  form?: URLSearchParams;
  /** For the whole exchange, body included. */
  timeoutMs?: number;
  maxBytes?: number;
}

export interface JsonAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** The answer was none: silence, too much, a redirect, or something that is not JSON. */
export class FetchFault extends Error {
  override readonly name = 'FetchFault';
}

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
const STRANGER_TIMEOUT_MS = 2_500;
const MAX_LOOKUPS = 2;
const NOT_PUBLIC = 'is not a public address';

/** Throws a FetchFault. A status that tells of an error is an answer as well, as long as its body is JSON. */
export async function fetchJson(url: string, request: JsonRequest = {}): Promise<JsonAnswer> {
  const { form, headers, ...rest } = request;
  const answer = await fetchWhole(url, {
    ...rest,
    headers: { accept: 'application/json', ...headers },
    ...(form && { body: form }),
  });
  try {
    const body: unknown = JSON.parse(await answer.text());
    return { status: answer.status, headers: answer.headers, body };
  } catch (error) {
    throw new FetchFault(`${new URL(url).host} ${faultOf(error)}`);
  }
}

export interface WholeRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: NonNullable<RequestInit['body']>;
  /** For the whole exchange, body included. */
  timeoutMs?: number;
  maxBytes?: number;
}

/** The same for whoever reads the answer by themselves (openid-client): it has been read to its end. Throws a FetchFault. */
export async function fetchWhole(url: string, request: WholeRequest = {}): Promise<Response> {
  const { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, ...rest } = request;
  try {
    const answer = await fetch(url, {
      ...rest,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status, headers } = answer;
    if (status >= 300 && status < 400) throw new Error('sent a redirect');
    // A body, even an empty one, is not allowed with 204.
    return new Response((await readText(answer, maxBytes)) || null, { status, headers });
  } catch (error) {
    throw new FetchFault(`${new URL(url).host} ${faultOf(error)}`);
  }
}

export interface StrangerRequest {
  /** Networks that may be reached although they are not public. */
  allowed: BlockList;
  timeoutMs?: number;
  maxBytes?: number;
}

export interface StrangersAnswer {
  text: string;
  headers: IncomingHttpHeaders;
}

/** GET of an https address that somebody else named; anything but 200 is a fault. The name is resolved once: what was checked is what is connected to. */
export async function fetchFromStranger(address: string, request: StrangerRequest): Promise<StrangersAnswer> {
  const url = URL.parse(address);
  if (url?.protocol !== 'https:')
    throw new FetchFault(`${url?.host ?? 'an address'} is not asked over https`);
  return askStranger(url, request, {
    method: 'GET',
    headers: { accept: 'application/json' },
    isGood: (status) => status === 200,
  });
}

export interface StrangerPost extends StrangerRequest {
  headers: Record<string, string>;
  body: string;
}

/**
 * POST to an address that somebody else named, with the same care: https, or http to this very machine when `allowed` names
 * it. Anything but a 2xx is a fault; what is answered is of no interest.
 */
export async function postToStranger(address: string, request: StrangerPost): Promise<void> {
  const url = URL.parse(address);
  const isOurs = url?.protocol === 'http:' && isLoopback(url.hostname);
  if (!url || (url.protocol !== 'https:' && !isOurs))
    throw new FetchFault(`${url?.host ?? 'an address'} is not asked over https`);
  const { headers, body } = request;
  const isGood = (status: number) => status >= 200 && status < 300;
  await askStranger(url, request, { method: 'POST', headers, body, isGood });
}

interface Question {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  isGood: (status: number) => boolean;
}

async function askStranger(url: URL, request: StrangerRequest, question: Question): Promise<StrangersAnswer> {
  const { allowed, timeoutMs = STRANGER_TIMEOUT_MS, maxBytes = MAX_BYTES } = request;
  const mayReach = (ip: string) => isPublicAddress(ip) || isListed(ip, allowed);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  try {
    if (isIP(literal) !== 0 && !mayReach(literal)) throw new Error(NOT_PUBLIC);
    const signal = AbortSignal.timeout(timeoutMs);
    return await askOnce(url, question, { lookup: guardedLookup(mayReach, signal), signal, maxBytes });
  } catch (error) {
    throw new FetchFault(`${url.host} ${faultOf(error)}`);
  }
}

function askOnce(
  url: URL,
  { method, headers, body, isGood }: Question,
  { lookup: find, signal, maxBytes }: { lookup: LookupFunction; signal: AbortSignal; maxBytes: number },
): Promise<StrangersAnswer> {
  return new Promise((resolve, reject) => {
    // No agent: a connection that somebody else's lookup opened is not ours to use.
    const request = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const asked = request(url, { method, headers, agent: false, lookup: find, signal });
    asked.on('error', reject);
    // Node says nothing at all about a 101 that nobody listens for: neither an answer nor a fault, and no limit of time either.
    asked.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      reject(new Error(`answered ${statusCode}`));
    });
    asked.on('response', (answer) => {
      const status = answer.statusCode ?? 0;
      const end = (message: string) => answer.destroy(new Error(message));
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > maxBytes) end(`sent more than ${maxBytes} bytes`);
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ text: Buffer.concat(chunks).toString('utf8'), headers: answer.headers }),
      );
      if (status >= 300 && status < 400) end('sent a redirect');
      else if (!isGood(status)) end(`answered ${status}`);
    });
    asked.end(body);
  });
}

/** Resolves as usual, then refuses the name when any of its addresses may not be reached. */
function guardedLookup(mayReach: (address: string) => boolean, signal: AbortSignal): LookupFunction {
  return (hostname, options, callback) => {
    inTurn(signal, (done) =>
      lookup(hostname, { ...options, all: true }, (error, found) => {
        done();
        if (error) return callback(error, '');
        const [first] = found;
        if (!first || !found.every(({ address }) => mayReach(address))) {
          return callback(new Error(NOT_PUBLIC), '');
        }
        return options.all ? callback(null, found) : callback(null, first.address, first.family);
      }),
    );
  };
}

let lookups = 0;
const waiting: { go: () => void; signal: AbortSignal }[] = [];

/**
 * A lookup holds one of the four threads that everything here shares, for as long as a stranger's name server likes. So a
 * few go on at once; the others wait, or are left out when their request has given up.
 */
function inTurn(signal: AbortSignal, start: (done: () => void) => void): void {
  const go = () => {
    lookups += 1;
    start(() => {
      lookups -= 1;
      let next = waiting.shift();
      while (next?.signal.aborted) next = waiting.shift();
      next?.go();
    });
  };
  if (lookups < MAX_LOOKUPS) go();
  else waiting.push({ go, signal });
}

async function readText(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > maxBytes) throw new Error(`sent more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function faultOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string } };
  if (name === 'SyntaxError') return 'sent something that is not JSON';
  if (name === 'TimeoutError' || name === 'AbortError') return 'did not answer in time';
  return name === 'TypeError' ? `could not be reached (${cause?.code ?? message})` : message;
}
