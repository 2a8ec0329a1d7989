// A house with two upstreams that vouch for the same example people, for the stories of linking.
import { expect } from '@jest/globals';
import type { Browser, Page } from './browser.ts';
import { CarefulBrowser } from './careful-browser.ts';
import { addClient, addPerson, authorizationRequest, PASSWORD } from './people.ts';
import { startPortaria, type Portaria } from './portaria.ts';
import { ana, startPretendGithub, type PretendGithub } from './pretend-github.ts';
import { bento, startPretendUpstream, type PretendUpstream } from './pretend-upstream.ts';
import { callbackFrom, settingsFor } from './walks.ts';

export interface LinkingHouse {
  portaria: Portaria;
  github: PretendGithub;
  google: PretendUpstream;
  stop(): Promise<void>;
}

export async function startLinkingHouse(settings: Record<string, string> = {}): Promise<LinkingHouse> {
  const [github, google] = await Promise.all([startPretendGithub(), startPretendUpstream()]);
  const portaria = await startPortaria({
    ...settingsFor(github),
    GOOGLE_ISSUER: google.url,
    GOOGLE_CLIENT_ID: google.clientId,
    GOOGLE_CLIENT_SECRET: google.clientSecret,
    ...settings,
  });
  await addClient(portaria, 'tickets', { name: 'Example Tickets' });
  return {
    portaria,
    github,
    google,
    async stop() {
      await Promise.all([portaria.stop(), github.close(), google.close()]);
    },
  };
}

let numbers = 5000;

/** Somebody at GitHub with this address, who sits at its button from now on. Their subject. */
export function atGithub({ github }: LinkingHouse, email: string, verified = true): string {
  const id = ++numbers;
  const emails = [{ email, primary: true, verified }];
  github.person = { ...ana, id, login: `github-${id}`, name: 'Example', emails };
  return String(id);
}

/** The same at Google. */
export function atGoogle({ google }: LinkingHouse, email: string, isVerified = true): string {
  const sub = `google-${++numbers}`;
  google.claims = { ...bento, sub, preferred_username: undefined, email, email_verified: isVerified };
  return sub;
}

/** An account with a password. */
export async function somebody({ portaria }: LinkingHouse) {
  const name = `person${++numbers}`;
  const id = await addPerson(portaria, name);
  return { id, name, email: `${name}@example.com` };
}

export function newRequest({ portaria }: LinkingHouse): string {
  return authorizationRequest(portaria, { client_id: 'tickets' }).url;
}

/** From the application past the upstream: where that ends. */
export async function arrive(
  house: LinkingHouse,
  connectorId: 'github' | 'google',
  browser: Browser = new CarefulBrowser(house.portaria.url),
): Promise<{ browser: Browser; page: Page }> {
  const page = await browser.get(newRequest(house));
  return { browser, page: await browser.get(await callbackFrom(connectorId, browser, page)) };
}

/** The same for somebody whose address has an account: what they are asked. */
export async function askedForProof(
  house: LinkingHouse,
  connectorId: 'github' | 'google',
  browser?: Browser,
): Promise<{ browser: Browser; page: Page }> {
  const arrived = await arrive(house, connectorId, browser);
  expect([arrived.page.status, arrived.page.text.includes('Is this you?')]).toEqual([200, true]);
  return arrived;
}

export function prove(browser: Browser, page: Page, password = PASSWORD): Promise<Page> {
  return browser.submit(page, { password }, '/link');
}

/** Connectors of an account. */
export async function linkedTo({ portaria }: LinkingHouse, accountId: string): Promise<string[]> {
  const { identities } = await portaria.services.signInMethods.list(accountId);
  return identities.map(({ connectorId }) => connectorId);
}

/** What the audit knows of an account's ways in, oldest first. */
export async function linksInAudit({ portaria }: LinkingHouse, accountId: string): Promise<unknown[]> {
  const rows = await portaria.services.auditStore.list({ accountId, limit: 50 });
  return rows
    .filter(({ event }) => event.startsWith('identity.'))
    .map(({ event, details }) => [event, details])
    .toReversed();
}
