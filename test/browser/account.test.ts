// A person's own pages in a real browser on a phone, with scripts and without: each is examined on the way.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD, signIn, tokensFor } from '../support/people.ts';
import { Browser } from '../support/browser.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('the account pages in a browser', () => {
  const house = openHouse(async ({ portaria }) => {
    await addPerson(portaria, 'bia');
    await addPerson(portaria, 'caio');
    await addClient(portaria, 'tickets', { name: 'Example Tickets' });
  });

  async function arrive(visitor: Visitor, login: string): Promise<void> {
    await visitor.open('/account');
    await visitor.fill({ 'E-mail or username': login, Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('Profile');
  }

  it.each([
    ['with scripts', 'bia', true],
    ['without scripts', 'caio', false],
  ])(
    '%s: change the profile, end a session, disconnect a program, read the history, and leave',
    async (_, login, javaScriptEnabled) => {
      const { portaria } = house;
      await signIn(new Browser(portaria.url, { 'user-agent': 'another-browser/1.0' }), '/sign-in', login);
      await tokensFor(
        portaria,
        { id: 'tickets', secret: (await portaria.services.clients.get('tickets')).secret ?? '' },
        { login },
      );
      const visitor = await house.visitor({ javaScriptEnabled });
      await arrive(visitor, login);

      await visitor.fill({ Name: '' });
      await visitor.press('Save');
      expect(await visitor.describedFault('Name')).toBe('Enter your name.');
      await visitor.fill({ Name: 'Somebody Else' });
      await visitor.press('Save');
      expect(await visitor.page.locator('.notice').innerText()).toBe('Your changes are saved.');

      await visitor.follow('Devices');
      await visitor.press('Sign out: another-browser');
      expect(await visitor.page.locator('main').innerText()).not.toContain('another-browser');

      await visitor.follow('Connected programs');
      await visitor.press('Disconnect Example Tickets');
      expect(await visitor.page.locator('main').innerText()).toContain('Nothing is connected');

      await visitor.follow('History');
      const told = await visitor.page.locator('.happenings').innerText();
      expect(told).toContain('You disconnected Example Tickets.');
      // The reader's own time where there are scripts, else one that says whose it is.
      expect(told.includes('UTC')).toBe(!javaScriptEnabled);

      await visitor.follow('Your data');
      await visitor.fill({ [`To confirm, enter ${login}`]: login });
      await visitor.press('Delete my account for good');
      expect(await visitor.heading()).toBe('Your account is deleted');
      await visitor.follow('Go to the front desk');
      expect(await visitor.heading()).toBe('Welcome');
    },
  );
});
