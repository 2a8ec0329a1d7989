// The second step in a real browser: set up, asked for, and done with a code on paper, with scripts and without.
import { expect, it } from '@jest/globals';
import { authenticatorOf } from '../support/authenticator.ts';
import { describeInChromium } from '../support/chromium.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('the second step in a browser', () => {
  const house = openHouse(async ({ portaria }) => {
    await addPerson(portaria, 'bia');
    await addPerson(portaria, 'caio');
  });

  async function givePassword(visitor: Visitor, login: string): Promise<void> {
    await visitor.open('/account/second-factor');
    await visitor.fill({ 'E-mail or username': login, Password: PASSWORD });
    await visitor.press('Sign in');
  }

  it.each([
    ['with scripts', 'bia', true],
    ['without scripts', 'caio', false],
  ])('%s: an app is set up, and a code on paper opens the account', async (_, login, javaScriptEnabled) => {
    const visitor = await house.visitor({ javaScriptEnabled });
    await givePassword(visitor, login);
    expect(await visitor.heading()).toBe('Second step');
    await visitor.follow('Set up an authenticator app');
    // The picture is there, and large enough to scan.
    const picture = await visitor.page.locator('.picture svg').boundingBox();
    expect(picture?.width).toBeGreaterThan(150);
    const app = authenticatorOf((await visitor.page.locator('#secret').innerText()).replaceAll(' ', ''));
    await visitor.fill({ 'Code from the app': '000000' });
    await visitor.press('Turn it on');
    expect(await visitor.describedFault('Code from the app')).toContain('This code is not right.');
    await visitor.fill({ 'Code from the app': app.code() });
    await visitor.press('Turn it on');
    expect(await visitor.heading()).toBe('Recovery codes');
    const codes = await visitor.page.locator('.codes code').allInnerTexts();
    expect(codes).toHaveLength(10);
    await visitor.follow('I have kept them');
    expect(await visitor.page.locator('main').innerText()).toContain('10 of them are left.');

    const next = await house.visitor({ javaScriptEnabled });
    await givePassword(next, login);
    expect(await next.heading()).toBe('One more step');
    await next.fill({ Code: '000000' });
    await next.press('Continue');
    expect(await next.describedFault('Code')).toContain('This code is not right');
    await next.follow('Use a recovery code');
    await next.fill({ 'Recovery code': 'none of them' });
    await next.press('Continue');
    expect(await next.describedFault('Recovery code')).toContain('This code is not right');
    await next.fill({ 'Recovery code': codes[0] ?? '' });
    await next.press('Continue');
    expect(await next.heading()).toBe('Second step');
    expect(await next.page.locator('main').innerText()).toContain('9 of them are left.');
    await next.press('Remove the app');
    expect(await next.page.locator('.notice').innerText()).toContain('are removed');
  });
});
