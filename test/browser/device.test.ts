// RFC 8628 as its person sees it: a code from a device, typed or followed, compared, and a sign-in in the middle.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { PASSWORD } from '../support/people.ts';
import { poll, startDevice } from '../support/walks.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('the device pages in a browser', () => {
  const house = openHouse();

  async function signIn(visitor: Visitor): Promise<void> {
    expect(await visitor.page.locator('main').innerText()).toContain('another device, started this sign-in');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
  }

  it('take a code, have it compared, and connect the device', async () => {
    const device = await startDevice(house.portaria, 'cli');
    const visitor = await house.visitor();
    await visitor.open('/device');
    await visitor.press('Continue');
    expect(await visitor.describedFault('Code')).toBe('Enter the code that your device shows.');
    await visitor.field('Code').fill('BCDF-GHJK');
    await visitor.pressKey('Enter');
    expect(await visitor.describedFault('Code')).toMatch(/^This code is not right/);
    expect(await visitor.field('Code').inputValue()).toBe('BCDF-GHJK');

    await visitor.field('Code').fill(device.user_code.toLowerCase().replace('-', ' '));
    await visitor.press('Continue');
    expect(await visitor.heading()).toBe('Connect Portaria CLI?');
    expect(await visitor.page.locator('.code-plate').innerText()).toBe(device.user_code);
    await visitor.press('Yes, continue');
    await signIn(visitor);
    expect(await visitor.heading()).toBe('Let Portaria CLI in?');
    await visitor.press('Allow');
    expect(await visitor.heading()).toBe('You’re connected');
    expect((await poll(house.portaria, 'cli', device)).status).toBe(200);
  });

  it('open from the link with the code in it, and still ask whether it is the same', async () => {
    const device = await startDevice(house.portaria, 'cli');
    const visitor = await house.visitor();
    await visitor.open(device.verification_uri_complete);
    expect(await visitor.heading()).toBe('Connect Portaria CLI?');
    expect(await visitor.page.locator('.code-plate').innerText()).toBe(device.user_code);
    await visitor.press('Yes, continue');
    await signIn(visitor);
    expect(await visitor.heading()).toBe('Let Portaria CLI in?');
    await visitor.press('Allow');
    expect(await visitor.heading()).toBe('You’re connected');
  });

  it('end the code of whoever says that it is another one', async () => {
    const device = await startDevice(house.portaria, 'cli');
    const visitor = await house.visitor();
    await visitor.open(device.verification_uri_complete);
    await visitor.press('Cancel');
    expect(await visitor.heading()).toBe('Nothing was connected');
    expect((await poll(house.portaria, 'cli', device)).body.error).toBe('access_denied');
    await visitor.open(device.verification_uri_complete);
    expect(await visitor.describedFault('Code')).toMatch(/used already/);
  });
});
