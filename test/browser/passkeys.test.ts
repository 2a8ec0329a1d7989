// Passkeys in a real browser, with an authenticator of Chromium's own making (WebAuthn §11): added on the account page, used alone and as
// a second proof, removed; and what a browser without them sees.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('passkeys in a browser', () => {
  const house = openHouse(async ({ portaria, client }) => {
    await addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] });
    await addPerson(portaria, 'bia');
  });

  /** A device that knows its owner; with `isQuick` it answers by itself, as if the owner were always there. */
  async function giveDevice({ page }: Visitor, isQuick = true): Promise<void> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: isQuick,
      },
    });
  }

  async function signInAs(visitor: Visitor, login: string, url = '/account'): Promise<void> {
    await visitor.open(url);
    await visitor.fill({ 'E-mail or username': login, Password: PASSWORD });
    await visitor.press('Sign in');
  }

  async function addOne(visitor: Visitor, name: string): Promise<void> {
    await visitor.open('/account/passkeys');
    await visitor.fill({ Name: name });
    await visitor.press('Add a passkey');
    expect(await visitor.page.locator('.notice').innerText()).toContain('sign in with this passkey');
  }

  it('are added, open the account alone, are renamed, and are removed', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await signInAs(visitor, 'ana');
    await addOne(visitor, 'My laptop');
    expect(await visitor.page.locator('.things h2').innerText()).toBe('My laptop');

    await visitor.open('/');
    await visitor.press('Sign out');
    // The device is there and its owner is: whoever opens the page is in, by the list at the field for the name.
    await visitor.page.goto(new URL('/sign-in', house.url).href);
    await visitor.page.getByRole('heading', { name: 'Hello, Ana' }).waitFor();

    await visitor.open('/account/passkeys');
    await visitor.page.getByText('Rename', { exact: true }).click();
    await visitor.fill({ 'New name for My laptop': 'Another name' });
    await visitor.press('Save');
    await visitor.press('Remove Another name');
    expect(await visitor.page.locator('main').innerText()).toContain('You have no passkey yet.');
  });
});
