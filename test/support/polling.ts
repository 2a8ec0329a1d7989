// A terminal that begins a polling session and asks for its outcome, and the person who opens its link.
import { createHash, randomBytes } from 'node:crypto';
import type { Browser, Page } from './browser.ts';
import { PASSWORD } from './people.ts';

export interface Started {
  sessionId: string;
  loginUrl: string;
  userCode: string;
  expiresIn: number;
  interval: number;
}

export interface Polled {
  status: number;
  headers: Headers;
  body: {
    status?: string;
    message?: string;
    user?: Record<string, unknown>;
    token?: { access_token: string; refresh_token: string; [field: string]: unknown };
    error?: string;
    error_description?: string;
    request_id?: string;
  };
}

/** Where a node listens. */
type Node = string;

export async function begin(
  node: Node,
  body?: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<Polled & { session: Started }> {
  const answer = await answered(
    await fetch(`${node}/api/auth/create-session`, {
      method: 'POST',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    }),
  );
  return { ...answer, session: answer.body as unknown as Started };
}

export async function started(node: Node, body?: Record<string, unknown>): Promise<Started> {
  const { status, session } = await begin(node, body);
  if (status !== 200) throw new Error(JSON.stringify(session));
  return session;
}

export async function ask(node: Node, session: string): Promise<Polled> {
  return answered(await fetch(`${node}/api/auth/get-session?session=${encodeURIComponent(session)}`));
}

export async function askWith(node: Node, session: string, verifier?: string): Promise<Polled> {
  const response = await fetch(`${node}/api/auth/get-session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session, code_verifier: verifier }),
  });
  return answered(response);
}

/** RFC 7636. */
export function proof(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Opens the link, signs in where that is asked for, and stands on the page of the terminal. */
export async function openLink(browser: Browser, { loginUrl }: Started, login = 'ana'): Promise<Page> {
  const page = await browser.get(loginUrl);
  return page.url.includes('/interaction/')
    ? browser.submit(page, { login, password: PASSWORD }, '/login')
    : page;
}

export async function allow(browser: Browser, session: Started, login = 'ana'): Promise<Page> {
  const page = await openLink(browser, session, login);
  return browser.submit(page, { letters: session.userCode, decision: 'allow' });
}

async function answered(response: Response): Promise<Polled> {
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as Polled['body'] };
}
