// Passkeys in a real browser, with authenticators of Chromium's own making (WebAuthn §11): added on the account page, used alone, by the
// button and by the list at the field for the name, used as a second proof, removed; and what a browser without them shows.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { giveAuthenticator } from '../support/authenticator.ts';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('passkeys in a browser', () => {
  const house = openHouse(async ({ portaria, client }) => {
    await addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] });
    for (const name of ['bia', 'caio', 'duda']) await addPerson(portaria, name);
  });

  /** A device that knows its owner, who is there. */
  async function giveDevice({ page }: Visitor): Promise<void> {
    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }

  /** Chromium's device takes what the list at the field for the name offers at once: without it there is time for the button. */
  async function takeListAway({ page }: Visitor): Promise<void> {
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false');
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

  async function signOut(visitor: Visitor): Promise<void> {
    await visitor.open('/');
    await visitor.press('Sign out');
    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('You’re signed out');
  }

  it('are added, open the account by the list at the field for the name, are renamed, and are removed', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await signInAs(visitor, 'ana');
    await addOne(visitor, 'My laptop');
    expect(await visitor.page.locator('.things h2').innerText()).toBe('My laptop');
    // The same device makes no second one.
    await visitor.button('Add a passkey').click();
    await visitor.page.getByText('This device has a passkey for your account already.').waitFor();

    await signOut(visitor);
    // Whoever opens the page is in (see below).
    await visitor.page.goto(new URL('/sign-in', house.url).href);
    await visitor.page.getByRole('heading', { name: 'Hello, Ana' }).waitFor();

    await visitor.open('/account/passkeys');
    await visitor.page.getByText('Rename', { exact: true }).click();
    await visitor.fill({ 'New name for My laptop': 'Another name' });
    await visitor.press('Save');
    await visitor.press('Remove Another name');
    expect(await visitor.page.locator('main').innerText()).toContain('You have no passkey yet.');
  });

  it('open the account by the button, at an application, and nothing moves when the button comes', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await takeListAway(visitor);
    await signInAs(visitor, 'bia');
    await addOne(visitor, 'My phone');
    await signOut(visitor);
    // `open` finds anything that moved.
    await visitor.open(house.authorizeUrl('tickets'));
    expect(await visitor.button('Sign in with a passkey').isVisible()).toBe(true);
    expect(await visitor.field('E-mail or username').getAttribute('autocomplete')).toBe('username webauthn');
    await visitor.press('Sign in with a passkey');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });

  it('say that it was cancelled, and let the person go on with the password', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await visitor.open(house.authorizeUrl('tickets'));
    // The device has none for this place, and it takes a while to say so: longer than a browser takes for an answer to the click.
    await visitor.page.route('**/passkey/options', async (route) => {
      await sleep(1000);
      await route.continue();
    });
    await visitor.button('Sign in with a passkey').click();
    await visitor.page.getByText('That was cancelled, or it took too long.').waitFor();
    expect(await visitor.layoutShift()).toBe(0);
    await visitor.examine('cancelled');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });

  it('are the second proof', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await takeListAway(visitor);
    await signInAs(visitor, 'caio');
    await addOne(visitor, 'My key');
    await signOut(visitor);
    await giveAuthenticator(house.portaria, (await house.portaria.services.administration.get('caio')).id);
    await signInAs(visitor, 'caio', house.authorizeUrl('tickets'));
    expect(await visitor.heading()).toBe('One more step');
    await visitor.press('Use a passkey');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });

  it('are told about in the page of the server when the question cannot be asked any more', async () => {
    const visitor = await house.visitor();
    await giveDevice(visitor);
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.page.context().clearCookies();
    await visitor.press('Sign in with a passkey');
    expect(await visitor.page.locator('main').innerText()).toContain('sign-in');
    expect(new URL(visitor.page.url()).pathname).toMatch(/\/passkey$/);
  });

  it.each([
    ['without scripts', false],
    ['that knows none', true],
  ])('are not offered by a browser %s, where everything else works', async (_, javaScriptEnabled) => {
    const visitor = await house.visitor({ javaScriptEnabled });
    if (javaScriptEnabled)
      await visitor.page.addInitScript('delete PublicKeyCredential.parseRequestOptionsFromJSON');
    await visitor.open('/account');
    expect(await visitor.page.getByText('Sign in with a passkey').isVisible()).toBe(false);
    await visitor.fill({ 'E-mail or username': 'duda', Password: PASSWORD });
    await visitor.press('Sign in');
    await visitor.open('/account/passkeys');
    expect(await visitor.page.getByRole('button', { name: 'Add a passkey' }).isVisible()).toBe(false);
    const sentence = javaScriptEnabled
      ? 'This browser cannot use passkeys here.'
      : 'Passkeys need JavaScript';
    expect(await visitor.page.locator('main').innerText()).toContain(sentence);
  });
});
