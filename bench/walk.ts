// Owns the way of a person to the sign-in page: a browser that stands there, and what it sends along from there.
import { createHash } from 'node:crypto';
import { Browser, type Page } from '../test/support/browser.ts';
import { APP_ID, CODE_VERIFIER, PERSON_SCOPE, REDIRECT_URI } from './cast.ts';

export interface SignInPage {
  browser: Browser;
  page: Page;
}

export async function walkToSignIn(
  port: number,
  { clientId = APP_ID, headers = {} }: { clientId?: string; headers?: Record<string, string> } = {},
): Promise<SignInPage> {
  const browser = new Browser(`http://localhost:${port}`, headers);
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: PERSON_SCOPE,
    code_challenge: createHash('sha256').update(CODE_VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { browser, page: await browser.get(`/oauth/authorize?${query}`) };
}

export function cookiesOf({ cookies }: Browser, pathname: string): string {
  return cookies
    .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
}
