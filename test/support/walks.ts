// The longer walks that several stories go: past GitHub, and from a device that has no browser.
import { expect } from '@jest/globals';
import type { Browser, Page } from './browser.ts';
import { PASSWORD, postForm, type Answer, type TokenAnswer } from './people.ts';
import type { Portaria } from './portaria.ts';
import type { PretendGithub } from './pretend-github.ts';

/** The settings that make GitHub a way to sign in. */
export function settingsFor(github: PretendGithub): Record<string, string> {
  return {
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    GITHUB_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
  };
}

/** Presses the button on the sign-in page and the one at GitHub. Answers where GitHub sends the browser. */
export function callbackFromGithub(browser: Browser, signInPage: Page): Promise<string> {
  return callbackFrom('github', browser, signInPage);
}

/** The same for whichever connector. */
export async function callbackFrom(connectorId: string, browser: Browser, signInPage: Page): Promise<string> {
  const away = await browser.submit(signInPage, {}, `/connect/${connectorId}`);
  const answer = await fetch(away.url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (!location) throw new Error(`nobody was sent back: ${answer.status} at ${away.url}\n${away.text}`);
  return location;
}

/** From an address that needs a sign-in, past GitHub, to wherever that ends. */
export async function signInWithGithub(browser: Browser, url: string): Promise<Page> {
  return browser.get(await callbackFromGithub(browser, await browser.get(url)));
}

export interface DeviceAnswer {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval?: number;
}

/** RFC 8628 §3.1, for a public client. */
export async function startDevice(
  portaria: Pick<Portaria, 'url'>,
  clientId: string,
  scope = 'openid profile email',
): Promise<DeviceAnswer> {
  const answer = await postForm<DeviceAnswer>(`${portaria.url}/oauth/device_authorization`, {
    client_id: clientId,
    scope,
  });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** RFC 8628 §3.4. */
export function poll(
  portaria: Pick<Portaria, 'url'>,
  clientId: string,
  device: DeviceAnswer,
): Promise<Answer<TokenAnswer>> {
  return postForm(`${portaria.url}/oauth/token`, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device.device_code,
    client_id: clientId,
  });
}

/** Types the code and says that it is the one on the device: what stands on the next page. */
export async function confirmCode(browser: Browser, device: DeviceAnswer): Promise<Page> {
  const typed = await browser.submit(await browser.get(device.verification_uri), {
    user_code: device.user_code,
  });
  return browser.submit(typed, { confirm: 'yes' });
}

/** The whole way of a person to "You're connected", with a sign-in unless there is a session. */
export async function approveDevice(browser: Browser, device: DeviceAnswer, login = 'ana'): Promise<Page> {
  let page = await confirmCode(browser, device);
  if (page.url.includes('/interaction/') && page.text.includes('name="password"')) {
    page = await browser.submit(page, { login, password: PASSWORD }, '/login');
  }
  if (page.url.includes('/interaction/'))
    page = await browser.submit(page, { decision: 'allow' }, '/consent');
  return page;
}

/** Over our own page of sign-out. */
export async function signOut(browser: Browser, query = ''): Promise<Page> {
  return browser.submit(await browser.get(`/oauth/logout${query}`), { logout: 'yes' }, '/confirm');
}

/** Presses the button of the page that scripts go past by themselves. */
export function goOn(browser: Browser, page: Page): Promise<Page> {
  return page.text.includes('data-send') ? browser.submit(page, {}) : Promise.resolve(page);
}
