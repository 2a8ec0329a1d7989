// What a program says at /api/auth, and what it hears.
import { PASSWORD, type TokenAnswer } from './people.ts';
import type { Portaria } from './portaria.ts';

export interface Payload extends Partial<TokenAnswer> {
  action?: string;
  ok: boolean;
  token?: string;
  retry_after?: number;
  request_id?: string;
}

export interface Heard {
  status: number;
  headers: Headers;
  payload: Payload;
}

/** The client that most stories are about: public, allowed to collect passwords. */
export const APP = { client_id: 'app' };

export async function addApp({ services }: Portaria, id = 'app', input: object = {}): Promise<string> {
  const client = await services.clients.create(id, {
    isPublic: true,
    passwordLogin: true,
    isFirstParty: true,
    ...input,
  });
  return client.secret ?? '';
}

async function post(url: string, body: unknown, headers: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A message to POST /api/auth, as it is. */
export async function sayRaw({ address }: Portaria, body: unknown, headers: Record<string, string> = {}) {
  return post(`${address}/api/auth`, body, headers);
}

/** The same wrapped, and back. */
export async function say(
  portaria: Portaria,
  payload: object,
  headers: Record<string, string> = {},
): Promise<Heard> {
  const answer = await sayRaw(portaria, { type: 'auth', payload: { ...APP, ...payload } }, headers);
  const { payload: heard } = answer.body as { payload: Payload };
  return { status: answer.status, headers: answer.headers, payload: heard };
}

/** At the plain address of an action. */
export async function ask(
  { address }: Portaria,
  part: string,
  fields: object,
  headers: Record<string, string> = {},
): Promise<Heard> {
  const { body, ...answer } = await post(`${address}/api/auth/${part}`, { ...APP, ...fields }, headers);
  return { ...answer, payload: body as Payload };
}

export function login(
  portaria: Portaria,
  fields: object = {},
  headers: Record<string, string> = {},
): Promise<Heard> {
  return say(portaria, { action: 'login', username: 'ana', password: PASSWORD, ...fields }, headers);
}

/** What a sign-in that has to succeed gives. */
export async function tokensOf(
  portaria: Portaria,
  fields: object = {},
): Promise<{ access: string; refresh: string }> {
  const { payload } = await login(portaria, fields);
  if (!payload.ok) throw new Error(JSON.stringify(payload));
  return { access: payload.access_token ?? '', refresh: payload.refresh_token ?? '' };
}
