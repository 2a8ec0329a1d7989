// How the pages look: each is photographed in every language, in light and dark, on a phone and on a desktop
// (artefacts/screenshots), and examined in both themes. README_PICTURE=1 also takes docs/sign-in.png anew.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { languages, phrasesIn, type Language } from '../../src/phrases.ts';
import { describeInChromium, startChromium } from '../support/chromium.ts';
import { addClient, authorizationRequest, PASSWORD } from '../support/people.ts';
import { startPortaria } from '../support/portaria.ts';
import { settingsFor, startDevice } from '../support/walks.ts';
import { openHouse } from './house.ts';
import { PHONE, Visitor } from './visitor.ts';

const DESKTOP = { width: 1280, height: 800 };
const FOLDER = join(import.meta.dirname, '../../artefacts/screenshots');
const README_PICTURE = join(import.meta.dirname, '../../docs/sign-in.png');
const README_PICTURE_LIMIT_BYTES = 150_000;
const WEIGHT_LIMIT_BYTES = 60_000;
/** Photographing a page in all its looks takes a second or two, and there are eight. */
const TIMEOUT_MS = 60_000;

describeInChromium('the pages', () => {
  let setupToken = '';
  const house = openHouse(async ({ portaria, client }) => {
    mkdirSync(FOLDER, { recursive: true });
    const redirectUris = [client.redirectUri];
    await addClient(portaria, 'notes', { name: 'Example Notes', isFirstParty: false, redirectUris });
    setupToken = (await portaria.services.setup.ensureFirstAdministrator()).setupToken ?? '';
  });

  async function photograph(visitor: Visitor, name: string, language: Language): Promise<void> {
    const { page } = visitor;
    expect([name, await page.locator('html').getAttribute('lang')]).toEqual([name, language]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
        await page.setViewportSize(viewport);
        await visitor.checkWidth();
        const path = join(FOLDER, `${name}-${device}-${colorScheme}-${language}.png`);
        await page.screenshot({ path, fullPage: true, animations: 'disabled' });
      }
      if (language === 'en') await visitor.examine(`${name} in ${colorScheme}`);
    }
  }

  it.each(languages)(
    'are fit to be seen in %s',
    async (language) => {
      const visitor = await house.visitor({ locale: language, examines: false });
      const { page } = visitor;
      const t = phrasesIn(language);
      const take = (name: string) => photograph(visitor, name, language);

      await visitor.open(`/setup?token=${setupToken}`);
      await take('setup');
      await visitor.open(house.authorizeUrl('notes', { redirect_uri: 'https://evil.example.com/' }));
      await take('error');
      await visitor.open('/device');
      await take('device');
      const device = await startDevice(house.portaria, 'cli');
      await visitor.fill({ [t.device.code]: device.user_code });
      await visitor.press(t.device.submit);
      await take('device-confirm');
      await visitor.open(house.authorizeUrl('notes'));
      await take('sign-in');
      await page.locator('#login').fill('ana');
      await page.locator('#password').fill(PASSWORD);
      await visitor.press(t.signIn.submit);
      await take('consent');
      await visitor.open('/');
      await take('home');
      await visitor.press(t.home.signOut);
      await take('logout');
    },
    TIMEOUT_MS,
  );

  it('include the one between two steps, which only shows itself without scripts', async () => {
    const { verification_uri_complete: link } = await startDevice(house.portaria, 'cli');
    const visitor = await house.visitor();
    await visitor.page.route(/\/assets\/page\..*js$/, (route) => route.fulfill({ body: '' }));
    await visitor.page.goto(link);
    expect(await visitor.heading()).toBe('One moment');
    await photograph(visitor, 'continue', 'en');
  });

  it('are light, and stand still while they load: sign-in', async () => {
    const visitor = await house.visitor();
    const sizes: Promise<number>[] = [];
    visitor.page.on('requestfinished', (request) => {
      sizes.push(
        request
          .sizes()
          .then(({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize),
      );
    });
    await visitor.page.goto(house.authorizeUrl('notes'), { waitUntil: 'networkidle' });
    const weights = await Promise.all(sizes);
    // At least the page, its style, its script and the tile of the wall.
    expect(weights.length).toBeGreaterThanOrEqual(4);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(WEIGHT_LIMIT_BYTES);
    expect(await visitor.layoutShift()).toBe(0);
  });

  if (process.env['README_PICTURE']) {
    it('have one in the README', async () => {
      const settings = {
        ISSUER: 'http://id.example.com',
        ALLOW_INSECURE_ISSUER: '1',
        ...settingsFor(house.github),
      };
      const portaria = await startPortaria(settings);
      await addClient(portaria, 'tickets', { name: 'Example Tickets' });
      const browser = await startChromium({
        hosts: `MAP id.example.com:80 ${new URL(portaria.address).host}`,
      });
      const visitor = await Visitor.arrive(browser, portaria.url, { viewport: DESKTOP });
      await visitor.open(authorizationRequest(portaria, { client_id: 'tickets' }).url);
      await visitor.page.screenshot({ path: README_PICTURE });
      expect(statSync(README_PICTURE).size).toBeLessThan(README_PICTURE_LIMIT_BYTES);
      await browser.close();
      await portaria.stop();
    });
  }
});
