// Every form again, in a browser that runs no scripts: they only ever improve.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, PASSWORD } from '../support/people.ts';
import { poll, startDevice } from '../support/walks.ts';
import { openHouse } from './house.ts';

describeInChromium('a browser without scripts', () => {
  const house = openHouse(async ({ portaria, client }) => {
    const redirectUris = [client.redirectUri];
    await addClient(portaria, 'notes', { name: 'Example Notes', isFirstParty: false, redirectUris });
  });

  it('signs in, decides, connects a device and signs out', async () => {
    const visitor = await house.visitor({ javaScriptEnabled: false });
    await visitor.open(house.authorizeUrl('notes'));
    expect(await visitor.button('Show the password').isVisible()).toBe(false);
    await visitor.fill({ 'E-mail or username': 'ana', Password: 'not the password' });
    await visitor.press('Sign in');
    expect(await visitor.page.getByRole('alert').innerText()).toMatch(/not right/);
    await visitor.fill({ Password: PASSWORD });
    await visitor.press('Sign in');
    await visitor.press('Allow');
    expect(house.answerAt(visitor).has('code')).toBe(true);

    const device = await startDevice(house.portaria, 'cli');
    await visitor.open(device.verification_uri_complete);
    expect(await visitor.heading()).toBe('One moment');
    await visitor.press('Continue');
    expect(await visitor.page.locator('.code-plate').innerText()).toBe(device.user_code);
    await visitor.press('Yes, continue');
    expect(await visitor.heading()).toBe('Let Portaria CLI in?');
    await visitor.press('Allow');
    expect(await visitor.heading()).toBe('You’re connected');
    expect((await poll(house.portaria, 'cli', device)).status).toBe(200);

    const other = await startDevice(house.portaria, 'cli');
    await visitor.open('/device');
    await visitor.fill({ Code: other.user_code });
    await visitor.press('Continue');
    await visitor.press('Cancel');
    expect(await visitor.heading()).toBe('Nothing was connected');

    await visitor.open('/');
    await visitor.press('Sign out');
    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('You’re signed out');
  });

  it('refuses a service, and comes back from it as somebody else', async () => {
    house.github.person = { ...house.github.person, id: 2002, login: 'bia', name: 'Bia Example', emails: [] };
    const visitor = await house.visitor({ javaScriptEnabled: false });
    await visitor.open(house.authorizeUrl('notes'));
    await visitor.press('Continue with GitHub');
    expect(await visitor.heading()).toBe('Let Example Notes in?');
    await visitor.press('Not you? Sign in as someone else');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('One moment');
    await visitor.press('Continue');
    expect(await visitor.page.locator('.person').innerText()).toContain('ana@example.com');
    await visitor.press('Deny');
    expect(house.answerAt(visitor).get('error')).toBe('access_denied');
  });

  it('sets the house up', async () => {
    const { setupToken } = await house.portaria.services.setup.ensureFirstAdministrator();
    const visitor = await house.visitor({ javaScriptEnabled: false });
    await visitor.open(`/setup?token=${setupToken}`);
    await visitor.fill({ 'E-mail': 'clara@example.com', Password: 'several words in a row' });
    await visitor.press('Create the account');
    expect(await visitor.describedFault('Name')).toBe('Enter your name.');
    await visitor.fill({ Name: 'Clara', Password: 'several words in a row' });
    await visitor.press('Create the account');
    expect(await visitor.heading()).toBe('Sign in');
  });
});
