// How a command speaks to a server of ours that is elsewhere: its address, what it says of itself (RFC 8414), and what to tell
// the person when it does not answer as it should. openid-client knows the protocol; every request is ours (base/fetch.ts).
import type * as Openid from 'openid-client';
import packageJson from '../../package.json' with { type: 'json' };
import { isLoopback } from '../base/addresses.ts';
import { AppError, invalidRequest, unreachable } from '../base/errors.ts';
import { FetchFault, fetchWhole, type WholeRequest } from '../base/fetch.ts';
import { harmless } from './output.ts';

export interface Issuer {
  url: string;
  openid: typeof Openid;
  configuration: Openid.Configuration;
}

const CLIENT_ID = 'cli';
/** Of a page of a list. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Macintosh', win32: 'Windows' };
/** What the person reads on the page that asks whether it is theirs. */
const AGENT = `portaria/${packageJson.version} (${SYSTEMS[process.platform] ?? 'Linux'})`;
/** The ID token is not looked at: a machine whose clock is wrong can sign in all the same. */
const CLOCK_TOLERANCE_SECONDS = 7 * 86_400;

/** Throws 400 with the rule. */
export function parseIssuer(text: string): string {
  const url = parseWebAddress(text.trim());
  if (!url)
    throw invalidRequest(`"${text}" is no address of a server: write it as https://login.example.com`);
  if (url.href !== `${url.origin}/`)
    throw invalidRequest(`The address of a server has no path and no user: write ${url.origin}`);
  return url.origin;
}

/** Over TLS, or of this very machine: undefined for whatever else stands there, commands for the browser's opener among it. */
export function parseWebAddress(text: string): URL | undefined {
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  return isSafe ? url : undefined;
}

/** Asks the server who it is: it has to be the one that was named. */
export function openIssuer(url: string): Promise<Issuer> {
  return asked(url, async () => {
    const openid = await import('openid-client');
    const metadata = { [openid.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
    const configuration = await openid.discovery(new URL(url), CLIENT_ID, metadata, openid.None(), {
      algorithm: 'oauth2',
      // parseIssuer has decided whose address may do without TLS.
      ...(url.startsWith('http:') && { execute: [openid.allowInsecureRequests] }),
      [openid.customFetch]: (target, { method, headers, body }) =>
        ask(target, {
          method,
          headers,
          ...(body != null && { body: body as NonNullable<RequestInit['body']> }),
        }),
    });
    return { url, openid, configuration };
  });
}

/** GET of our own API. A refusal is an answer. */
export function getFrom(url: string, path: string, token: string): Promise<Response> {
  return sendTo(url, path, { method: 'GET', token });
}

/** The same with another method, and with a document where there is one. */
export function sendTo(
  url: string,
  path: string,
  { method, token, body }: { method: string; token: string; body?: object | undefined },
): Promise<Response> {
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    ...(body && { 'content-type': 'application/json' }),
  };
  return asked(url, () =>
    ask(`${url}${path}`, {
      method,
      headers,
      maxBytes: MAX_ANSWER_BYTES,
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
}

/** What our own API has answered. Throws when it is no JSON object. */
export async function documentIn(url: string, answer: Response): Promise<Record<string, unknown>> {
  try {
    const document: unknown = JSON.parse(await answer.text());
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>;
  } catch (cause) {
    throw notPortaria(url, cause);
  }
  throw notPortaria(url);
}

export function notPortaria(url: string, cause?: unknown): AppError {
  return unreachable(`What answers at ${url} does not speak as Portaria does.`, cause);
}

/** Throws a FetchFault for a server that cannot answer, too. */
async function ask(target: string, request: WholeRequest): Promise<Response> {
  const headers = { ...request.headers, 'user-agent': AGENT };
  const answer = await fetchWhole(target, { ...request, headers });
  if (answer.status >= 500) throw new FetchFault(`${new URL(target).host} answered ${answer.status}`);
  return answer;
}

/** The code of a refusal by the standard: "invalid_grant", "access_denied". */
export function refusalIn(error: unknown): string | undefined {
  const { name, error: code } = error as { name?: unknown; error?: unknown };
  return name === 'ResponseBodyError' && typeof code === 'string' ? code : undefined;
}

/** What people are told of such a refusal that nobody foresaw. */
export function refused(error: unknown): AppError {
  const { error: code, error_description: description } = error as Record<string, unknown>;
  return invalidRequest(`The server refuses: ${harmless(String(description ?? code))}.`);
}

/** Turns what went wrong into a sentence. A refusal by the standard stays as it is, for those who know what it means. */
export async function asked<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof AppError || refusalIn(error) !== undefined) throw error;
    const fault = [error, error.cause].find((one) => one instanceof FetchFault);
    if (fault)
      throw unreachable(
        `The server cannot be asked: ${fault.message}. Check the address, then try again.`,
        error,
      );
    const { code } = error as { code?: unknown };
    if (code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
      throw invalidRequest(
        `The server at ${url} calls itself something else. Use the address that is its ISSUER.`,
      );
    if (typeof code !== 'string' || !code.startsWith('OAUTH_')) throw error;
    throw unreachable(`What answers at ${url} does not speak as Portaria does (${error.message}).`, error);
  }
}
