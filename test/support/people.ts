// Example people and clients, and the walks that most stories begin with.
import { createHash, randomBytes } from 'node:crypto';
import type { ClientInput } from '../../src/oidc/client.ts';
import { Browser, type Page } from './browser.ts';
import type { Portaria } from './portaria.ts';

export const PASSWORD = 'a password that is long enough';
export const REDIRECT_URI = 'https://tickets.example.com/callback';

export async function addPerson(portaria: Portaria, name = 'ana'): Promise<string> {
  const email = `${name}@example.com`;
  const account = await portaria.services.administration.create({
    email,
    username: name,
    name: `${name[0]?.toUpperCase()}${name.slice(1)}`,
    password: PASSWORD,
    emailVerified: true,
  });
  return account.id;
}

/** A confidential first-party web client unless `input` says otherwise. */
export async function addClient(
  portaria: Portaria,
  id: string,
  input: ClientInput = {},
): Promise<{ id: string; secret: string }> {
  const client = await portaria.services.clients.create(id, {
    redirectUris: [REDIRECT_URI],
    isFirstParty: true,
    ...input,
  });
  return { id, secret: client.secret ?? '' };
}

export interface AuthorizationRequest {
  url: string;
  verifier: string;
}

export function authorizationRequest(
  portaria: Portaria,
  parameters: Record<string, string>,
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email',
    state: 'the state of the client',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  });
  return { url: `${portaria.url}/oauth/authorize?${query}`, verifier };
}

/** From the authorization request to the end of the sign-in: what the browser shows or where it was sent. */
export async function signIn(browser: Browser, url: string, login = 'ana'): Promise<Page> {
  const page = await browser.get(url);
  return browser.submit(page, { login, password: PASSWORD }, '/login');
}

export function codeIn(page: Page): string {
  const code = new URL(page.url).searchParams.get('code');
  if (!code) throw new Error(`no code at ${page.url} (${page.status})\n${page.text}`);
  return code;
}

export interface TokenAnswer {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  scope?: string;
  token_type: string;
  expires_in: number;
  error?: string;
  error_description?: string;
}

export interface Answer<T = TokenAnswer> {
  status: number;
  headers: Headers;
  body: T;
}

export async function postForm<T = TokenAnswer>(
  url: string,
  fields: Record<string, string>,
  client?: { id: string; secret: string },
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const authorization = client && `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization && { authorization }),
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : {}) as T };
}

/** RFC 6749 §4.1.3: what a client sends to get tokens for a code. */
function codeFields(code: string, verifier: string): Record<string, string> {
  return { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier };
}

/** A sign-in up to the code: what the client has to send for it. */
export async function signInForCode(
  portaria: Portaria,
  parameters: Record<string, string>,
  { browser = new Browser(portaria.url), login = 'ana' } = {},
): Promise<Record<string, string>> {
  const request = authorizationRequest(portaria, parameters);
  return codeFields(codeIn(await signIn(browser, request.url, login)), request.verifier);
}

/** A whole sign-in by code: the person's tokens for a client. */
export async function tokensFor(
  portaria: Portaria,
  client: { id: string; secret: string },
  { browser = new Browser(portaria.url), scope = 'openid profile email', login = 'ana' } = {},
): Promise<TokenAnswer> {
  const fields = await signInForCode(portaria, { client_id: client.id, scope }, { browser, login });
  const answer = await postForm(`${portaria.url}/oauth/token`, fields, client);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

export function exchange(
  portaria: Portaria,
  client: { id: string; secret: string },
  code: string,
  verifier: string,
): Promise<Answer> {
  return postForm(`${portaria.url}/oauth/token`, codeFields(code, verifier), client);
}

export function refresh(
  portaria: Portaria,
  client: { id: string; secret: string },
  token: string,
): Promise<Answer> {
  return postForm(
    `${portaria.url}/oauth/token`,
    { grant_type: 'refresh_token', refresh_token: token },
    client,
  );
}

export async function verify(
  portaria: Portaria,
  token: string,
  query = '',
): Promise<Answer<Record<string, unknown>>> {
  const response = await fetch(`${portaria.url}/api/verify${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}
