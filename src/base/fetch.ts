// Owns how we ask other servers for JSON: with a limit of time and of size, and no redirects, so that what an
// upstream does wrong is an error here and nothing else. Errors name the host and the fault, never what was sent.

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

/** Throws a FetchFault. A status that tells of an error is an answer as well, as long as its body is JSON. */
export async function fetchJson(url: string, request: JsonRequest = {}): Promise<JsonAnswer> {
  const { method = 'GET', headers, form, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = request;
  const { host } = new URL(url);
  try {
    const answer = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...headers },
      body: form ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.status >= 300 && answer.status < 400) throw new Error('sent a redirect');
    const body: unknown = JSON.parse(await readText(answer, maxBytes));
    return { status: answer.status, headers: answer.headers, body };
  } catch (error) {
    throw new FetchFault(`${host} ${faultOf(error)}`);
  }
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
  if (name === 'TimeoutError') return 'did not answer in time';
  return name === 'TypeError' ? `could not be reached (${cause?.code ?? message})` : message;
}
