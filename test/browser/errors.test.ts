// What a person sees when something is wrong: a page that says so in their words, and what to do next.
import { afterEach, expect, it, jest } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';

/** An hour, and what the engine allows for clocks that differ. */
const LIFE_OF_A_SIGN_IN_MS = 61 * 60 * 1000;

describeInChromium('the error page in a browser', () => {
  const house = openHouse(async ({ portaria, client }) => {
    await addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('stops at an address that is not registered, and helps whoever builds the app', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets', { redirect_uri: 'https://evil.example.com/' }));
    expect(await visitor.heading()).toBe('This return address is not registered');
    const text = await visitor.page.locator('main').innerText();
    for (const fact of ['If you are building this app', 'letter by letter', 'tickets', 'Reference']) {
      expect(text).toContain(fact);
    }
    expect(text).not.toContain('evil.example.com');
    expect(await visitor.page.locator('a:not([href^="/"])').count()).toBe(0);
  });

  it('says so when a sign-in was left for too long', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    const later = Date.now() + LIFE_OF_A_SIGN_IN_MS;
    jest.spyOn(Date, 'now').mockImplementation(() => later);
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('This sign-in cannot be continued');
  });

  it('says so when a sign-in was begun in another browser', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    const stranger = await house.visitor();
    await stranger.open(visitor.page.url());
    expect(await stranger.heading()).toBe('This sign-in cannot be continued');
  });

  it('leads to the front desk from an address where nothing is', async () => {
    const visitor = await house.visitor();
    await visitor.open('/nowhere');
    expect(await visitor.heading()).toBe('There is no such page');
    await visitor.follow('Go to the front desk');
    expect(await visitor.heading()).toBe('Welcome');
  });
});
