// Nothing on a page moves by itself (layout-shift): not on a phone, not on a desktop, not when the look of a client comes late, and
// not when the page itself comes in pieces.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { Browser } from '../support/browser.ts';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { png } from '../support/pictures.ts';
import { openHouse } from './house.ts';
import { PHONE } from './visitor.ts';

const DESKTOP = { width: 1280, height: 800 };
/** Long enough for a browser to show what it has. */
const LATE_MS = 120;
/** What a page loads, but for the style that it is shown with: so long a script has not run. */
const LATE = /\/(brand|client-logos)\/|\/assets\/.*\.js$/;
/** What counts as nothing. */
const STILL = 0.001;
const ACCOUNT = [
  '/',
  '/account',
  '/account/sign-in-methods',
  '/account/passkeys',
  '/account/sessions',
  '/account/programs',
  '/account/tokens',
  '/account/history',
  '/account/data',
];

describeInChromium('the pages stand still', () => {
  const people: Record<string, string> = {};
  const house = openHouse(async ({ portaria, client }) => {
    for (const login of ['bia', 'caio']) people[login] = await addPerson(portaria, login);
    const redirectUris = [client.redirectUri];
    const look = { logo: png({ color: '#c2410c' }), brandColor: '#c2410c' };
    const initiateLoginUri = 'https://tickets.example.com/';
    await addClient(portaria, 'tickets', {
      name: 'Example Tickets',
      redirectUris,
      initiateLoginUri,
      ...look,
    });
    await addClient(portaria, 'notes', { name: 'Example Notes', isFirstParty: false, redirectUris, ...look });
  });

  it.each([
    ['a phone', PHONE, 'bia'],
    ['a desktop', DESKTOP, 'caio'],
  ])('on %s, whatever comes late', async (_, viewport, login) => {
    const app = await giveAuthenticator(house.portaria, people[login] ?? '');
    const visitor = await house.visitor({ viewport, examines: false });
    await visitor.page.route(LATE, async (route) => {
      await sleep(LATE_MS);
      await route.continue();
    });
    const shifts: Record<string, number> = {};
    const note = async (page: string) => (shifts[page] = await visitor.layoutShift());
    await visitor.open(house.authorizeUrl('tickets'));
    await note('sign-in');
    await visitor.fill({ 'E-mail or username': login, Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('One more step');
    await note('second factor');
    await visitor.fill({ Code: app.code() });
    await visitor.press('Continue');
    await visitor.open(house.authorizeUrl('notes'));
    expect(await visitor.heading()).toBe('Let Example Notes in?');
    await note('consent');
    for (const path of ACCOUNT) {
      await visitor.open(path);
      expect(new URL(visitor.page.url()).pathname).toBe(path);
      await note(path);
    }
    expect(Object.keys(shifts)).toHaveLength(3 + ACCOUNT.length);
    expect(Object.entries(shifts).filter(([, shift]) => shift > STILL)).toEqual([]);
  });

  it.each([
    ['a phone', PHONE],
    ['a desktop', DESKTOP],
  ])('on %s, where a script finds out late that the browser knows no passkeys', async (_, viewport) => {
    const visitor = await house.visitor({ viewport, examines: false });
    await visitor.page.addInitScript('delete globalThis.PublicKeyCredential');
    await visitor.open('/account/passkeys');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    await visitor.page.route(LATE, async (route) => {
      await sleep(LATE_MS);
      await route.continue();
    });
    await visitor.open('/account/passkeys');
    expect(await visitor.page.locator('[data-unsupported]').isVisible()).toBe(true);
    expect(await visitor.layoutShift()).toBeLessThanOrEqual(STILL);
  });

  it.each([
    ['a phone', PHONE],
    ['a desktop', DESKTOP],
  ])('on %s, when they come in pieces', async (_, viewport) => {
    const { text } = await new Browser(house.url).get(house.authorizeUrl('tickets'));
    // Scripts that ask the server have nothing to ask here.
    const slow = await startSlowServer(
      text.replace(/<script src="[^"]*passkey[^>]*><\/script>/, ''),
      house.url,
    );
    try {
      // High enough for all of it, to the language at its foot.
      const visitor = await house.visitor({ viewport: { ...viewport, height: 1000 }, examines: false });
      // Once at leisure, so that style and script are there already.
      for (const path of ['/whole', '/pieces']) {
        await visitor.page.goto(slow.url + path, { waitUntil: 'load' });
        expect(await visitor.heading()).toBe('Sign in');
        expect([path, (await visitor.layoutShift()) <= STILL]).toEqual([path, true]);
      }
    } finally {
      await slow.close();
    }
  });
});

/** Sends a page of ours, at once or piece by piece; what it loads comes from where it always does. */
async function startSlowServer(html: string, from: string): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/assets/') || path.startsWith('/brand/') || path.startsWith('/client-logos/')) {
      const answer = await fetch(from + path);
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        'cache-control': answer.headers.get('cache-control') ?? '',
      });
      response.end(Buffer.from(await answer.arrayBuffer()));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    for (const piece of path === '/pieces' ? html.split(/(?=<h1|<form|<footer|<nav|<li)/) : [html]) {
      response.write(piece);
      await sleep(LATE_MS);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
