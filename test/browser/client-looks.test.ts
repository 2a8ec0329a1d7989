// Clients in their own colours, in a real browser: whatever the colour, axe finds no fault in light or dark, and the picture is
// really shown. That nothing moves is told in stillness.test.ts.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

/** Too light for white, too dark for the night, and neither. */
const COLORS = { yellow: '#fff176', night: '#0a1045', grey: '#808080' };

describeInChromium('clients with a look of their own in a browser', () => {
  const house = openHouse(async ({ portaria }) => {
    for (const [name, brandColor] of Object.entries(COLORS)) {
      // A program on the person's machine: a service of the house that still asks for consent.
      await addClient(portaria, name, {
        brandColor,
        isNative: true,
        redirectUris: ['http://127.0.0.1/callback'],
      });
    }
  });

  async function signIn(visitor: Visitor): Promise<void> {
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
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
});
