// Clients in their own colours, in a real browser: whatever the colour, axe finds no fault in light or dark, the picture is really
// shown, and nothing moves, not even when picture and colour come late.
import { expect, it } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { png } from '../support/pictures.ts';
import { openHouse } from './house.ts';
import { PHONE, type Visitor } from './visitor.ts';

/** Too light for white, too dark for the night, and neither. */
const COLORS = { yellow: '#fff176', night: '#0a1045', grey: '#808080' };
const DESKTOP = { width: 1280, height: 800 };
const LATE_MS = 60;
const ACCOUNT = [
  '/',
  '/account',
  '/account/sign-in-methods',
  '/account/passkeys',
  '/account/sessions',
  '/account/programs',
  '/account/history',
  '/account/data',
];

describeInChromium('clients with a look of their own in a browser', () => {
  const people: Record<string, string> = {};
  const house = openHouse(async ({ portaria, client }) => {
    for (const login of ['bia', 'caio']) people[login] = await addPerson(portaria, login);
    const redirectUris = [client.redirectUri];
    for (const [name, brandColor] of Object.entries(COLORS)) {
      // A program on the person's machine: a service of the house that still asks for consent.
      await addClient(portaria, name, {
        brandColor,
        isNative: true,
        redirectUris: ['http://127.0.0.1/callback'],
      });
    }
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

  async function signIn(visitor: Visitor, login = 'ana'): Promise<void> {
    await visitor.fill({ 'E-mail or username': login, Password: PASSWORD });
    await visitor.press('Sign in');
  }

  async function examineInBoth(visitor: Visitor, name: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await visitor.page.emulateMedia({ colorScheme });
      await visitor.examine(`${name} in ${colorScheme}`);
    }
  }

  it.each(Object.keys(COLORS))('can be read by everybody in %s', async (name) => {
    const visitor = await house.visitor({ examines: false });
    await visitor.open(house.authorizeUrl(name));
    expect(await visitor.page.locator('link[href^="/brand/"]').count()).toBe(1);
    const hex = COLORS[name as keyof typeof COLORS];
    const rgb = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(', ');
    const shown = await visitor.page.evaluate(
      "getComputedStyle(document.querySelector('form .button:not(.quiet)')).backgroundColor",
    );
    expect(shown).toBe(`rgb(${rgb})`);
    await examineInBoth(visitor, `${name}: sign-in`);
    await signIn(visitor);
    expect(await visitor.heading()).toBe(`Let ${name} in?`);
    await examineInBoth(visitor, `${name}: consent`);
  });

  it.each(['image/webp', 'image/jpeg', 'image/png'])('have a picture that is shown: %s', async (type) => {
    const visitor = await house.visitor({ examines: false });
    await visitor.open('/');
    const drawn = await visitor.page.evaluate<string>(`(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 96, height: 64 });
      canvas.getContext('2d').fillRect(10, 10, 50, 30);
      return canvas.toDataURL('${type}');
    })()`);
    expect(drawn).toMatch(`data:${type};base64,`);
    const logo = Buffer.from(drawn.split(',')[1] ?? '', 'base64');
    await addClient(house.portaria, type.replace('/', '-'), {
      logo,
      redirectUris: [house.client.redirectUri],
    });
    await visitor.open(house.authorizeUrl(type.replace('/', '-')));
    const picture = "document.querySelector('main img')";
    const size = await visitor.page.evaluate(`[${picture}.naturalWidth, ${picture}.naturalHeight]`);
    expect(size).toEqual([96, 64]);
  });

  it.each([
    ['a phone', PHONE, 'bia'],
    ['a desktop', DESKTOP, 'caio'],
  ])('and nothing moves on %s', async (_, viewport, login) => {
    const app = await giveAuthenticator(house.portaria, people[login] ?? '');
    const visitor = await house.visitor({ viewport, examines: false });
    // The look of a client comes after everything else.
    await visitor.page.route(/\/(brand|client-logos)\//, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      await route.continue();
    });
    const shifts: Record<string, number> = {};
    const note = async (page: string) => (shifts[page] = await visitor.layoutShift());
    await visitor.open(house.authorizeUrl('tickets'));
    await note('sign-in');
    await signIn(visitor, login);
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
    expect(Object.entries(shifts).filter(([, shift]) => shift > 0.001)).toEqual([]);
  });
});
