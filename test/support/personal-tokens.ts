// The walks that stories of personal tokens begin with.
import { jest } from '@jest/globals';
import type { Page } from './browser.ts';
import { CarefulBrowser } from './careful-browser.ts';
import { addPerson, signIn } from './people.ts';
import type { Portaria } from './portaria.ts';

export const TOKENS = '/account/tokens';
/** What a person chooses for one that reads. */
export const READ = { name: 'backup', scope_openid: 'yes', scope_read: 'yes', days: '30' };

let people = 0;

export interface Visitor {
  id: string;
  name: string;
  browser: CarefulBrowser;
}

/** Somebody who has just signed in. */
export async function visitor(portaria: Portaria): Promise<Visitor> {
  const name = `person${++people}`;
  const id = await addPerson(portaria, name);
  const browser = new CarefulBrowser(portaria.url);
  await signIn(browser, '/sign-in', name);
  return { id, name, browser };
}

export async function makeToken(
  browser: CarefulBrowser,
  fields: Record<string, string> = READ,
): Promise<string> {
  return tokenIn(await browser.submit(await browser.get(TOKENS), fields, TOKENS));
}

export function tokenIn(page: Page): string {
  const token = /ptr_pat_[0-9A-Za-z]{49}/.exec(page.text)?.[0];
  if (!token) throw new Error(`no token on the page (${page.status})\n${page.text}`);
  return token;
}

export async function ask(node: Portaria, path: string, token: string) {
  const response = await fetch(`${node.address}${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The clock stands so much later from now on. Ends with `jest.restoreAllMocks`. */
export function later(milliseconds: number): void {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + milliseconds);
}
