// The walks that stories of second factors begin with.
import { jest } from '@jest/globals';
import { giveAuthenticator, type Authenticator } from './authenticator.ts';
import type { Page } from './browser.ts';
import { CarefulBrowser } from './careful-browser.ts';
import { addPerson, authorizationRequest, signIn } from './people.ts';
import type { Portaria } from './portaria.ts';

export interface Person {
  id: string;
  name: string;
}

export interface Holder extends Person {
  app: Authenticator;
}

let people = 0;

export async function somebody(portaria: Portaria): Promise<Person> {
  const name = `somebody${(people += 1)}`;
  return { id: await addPerson(portaria, name), name };
}

/** Somebody with an authenticator app. */
export async function holder(portaria: Portaria): Promise<Holder> {
  const person = await somebody(portaria);
  return { ...person, app: await giveAuthenticator(portaria, person.id) };
}

/** From an application past the password: what the browser shows then. */
export async function passPassword(
  portaria: Portaria,
  { name }: Person,
  parameters: Record<string, string> = {},
  browser = new CarefulBrowser(portaria.url),
): Promise<{ browser: CarefulBrowser; page: Page; verifier: string }> {
  const { url, verifier } = authorizationRequest(portaria, { client_id: 'tickets', ...parameters });
  return { browser, page: await signIn(browser, url, name), verifier };
}

export function show(browser: CarefulBrowser, page: Page, code: string): Promise<Page> {
  // The form of the app takes a code on paper as well, for those who paste.
  return browser.submit(page, { code }, '/second-factor');
}

/** Signed in to our own pages, with the second step for whoever has one. */
export async function signInHere(
  portaria: Portaria,
  person: Person | Holder,
  browser = new CarefulBrowser(portaria.url),
): Promise<CarefulBrowser> {
  const page = await signIn(browser, '/sign-in', person.name);
  if ('app' in person) await show(browser, page, person.app.code());
  return browser;
}

export function pathOf(page: Page): string {
  return new URL(page.url).pathname;
}

/**
 * A clock that goes on, and can be moved. It begins in the middle of a step of time (RFC 6238), which may otherwise end between
 * two requests. Ends with `jest.restoreAllMocks`.
 */
export function movableClock(): { move: (seconds: number) => void } {
  const now = Date.now.bind(Date);
  let moved = (45 - (Math.floor(now() / 1000) % 30)) % 30;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + moved * 1000);
  return {
    move(seconds) {
      moved += seconds;
    },
  };
}

/** The key that a page offers to an app. */
export function secretIn(page: Page): string {
  return /<code id="secret">([^<]+)</.exec(page.text)?.[1]?.replaceAll(' ', '') ?? '';
}

export function recoveryCodesIn(page: Page): string[] {
  return [...page.text.matchAll(/<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})<\/code>/g)].map(
    ([, code = '']) => code,
  );
}

/** Behind the button of the page with the codes. */
export function wayOnIn(page: Page): string {
  return /<a class="button" href="([^"]+)"/.exec(page.text)?.[1] ?? '';
}
