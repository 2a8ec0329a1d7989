// Owns HTTP as plain text, which is all that the load needs: whole requests, and where an answer ends. No library, so
// that whoever asks is faster than whatever is measured.
import { APP_ID, CODE_VERIFIER, REDIRECT_URI, SERVICE_ID, SERVICE_SECRET } from './cast.ts';

export interface Answer {
  status: number;
  head: string;
  body: string;
}

const HEAD_END = '\r\n\r\n';

export function get(path: string, headers: Record<string, string>): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', ...linesOf(headers), '', ''].join('\r\n');
}

export function postForm(path: string, form: string, headers: Record<string, string>): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    ...linesOf(headers),
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${Buffer.byteLength(form)}`,
    '',
    form,
  ].join('\r\n');
}

export function verifyRequest(token: string): string {
  return get('/api/verify', { Authorization: `Bearer ${token}` });
}

export function introspectRequest(token: string): string {
  return postForm('/oauth/introspect', `token=${token}`, basic(SERVICE_ID));
}

export function machineTokenRequest(clientId = SERVICE_ID): string {
  return postForm('/oauth/token', 'grant_type=client_credentials&scope=read', basic(clientId));
}

export function refreshRequest(token: string): string {
  return postForm('/oauth/token', `grant_type=refresh_token&refresh_token=${token}`, basic(APP_ID));
}

export function codeRequest(code: string): string {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: CODE_VERIFIER,
  });
  return postForm('/oauth/token', form.toString(), basic(APP_ID));
}

/** The refresh with the token that an answer gave instead of the one before (RFC 6749 §6). */
export function nextRefresh({ body }: Answer): string {
  const successor = /"refresh_token":"([^"]+)"/.exec(body)?.[1];
  if (successor === undefined) throw new Error(`an answer without a refresh token:\n${body}`);
  return refreshRequest(successor);
}

/** Undefined while it is not complete. */
export function answerIn(text: string): Answer | undefined {
  const end = text.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without its length:\n${text.slice(0, 1500)}`);
  const body = text.slice(end + HEAD_END.length);
  return body.length < Number(length)
    ? undefined
    : { status: Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)), head, body };
}

/** All clients here have the same secret. */
function basic(clientId: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${clientId}:${SERVICE_SECRET}`).toString('base64')}` };
}

function linesOf(headers: Record<string, string>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}
