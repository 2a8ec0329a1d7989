// The first hour of a house: the set-up page, the administrator's first sign-in, the front desk, and the way out.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { openHouse } from './house.ts';

const NAME = 'Clara Example';
const PASSWORD = 'several words in a row';

describeInChromium('the first administrator in a browser', () => {
  let token = '';
  const house = openHouse(async ({ portaria }) => {
    token = (await portaria.services.setup.ensureFirstAdministrator()).setupToken ?? '';
  });

  it('fills in the set-up page, is told what is wrong, and signs in', async () => {
    const visitor = await house.visitor();
    await visitor.open(`/setup?token=${token}`);
    await visitor.fill({ Name: NAME, 'E-mail': 'clara@example.com', Password: 'too short' });
    await visitor.press('Create the account');
    expect(await visitor.describedFault('Password')).toMatch(/at least 15 characters/);
    expect(await visitor.field('Name').inputValue()).toBe(NAME);

    await visitor.fill({ 'E-mail': 'clara.example.com', Password: PASSWORD });
    await visitor.press('Create the account');
    expect(await visitor.describedFault('E-mail')).toMatch(/not a valid e-mail address/);

    await visitor.fill({ 'E-mail': 'clara@example.com', Password: PASSWORD });
    await visitor.press('Create the account');
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.fill({ 'E-mail or username': 'clara@example.com', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(new URL(visitor.page.url()).pathname).toBe('/');
    expect(await visitor.heading()).toBe(`Hello, ${NAME}`);
  });

  it('finds the link used up afterwards', async () => {
    const visitor = await house.visitor();
    await visitor.open(`/setup?token=${token}`);
    expect(await visitor.heading()).toBe('This set-up link is not valid');
  });

  it('copies the identifier, signs out, and is a stranger again', async () => {
    const visitor = await house.visitor({ permissions: ['clipboard-read', 'clipboard-write'] });
    await visitor.open('/');
    expect(await visitor.heading()).toBe('Welcome');
    await visitor.follow('Sign in');
    await visitor.fill({ 'E-mail or username': 'clara@example.com', Password: PASSWORD });
    await visitor.press('Sign in');
    const identifier = await visitor.page.locator('.identifier code').innerText();
    expect(identifier).toMatch(/^[\da-f-]{36}$/);
    await visitor.page.getByRole('button', { name: 'Copy' }).click();
    await visitor.button('Copied').waitFor();
    expect(await visitor.page.evaluate('navigator.clipboard.readText()')).toBe(identifier);

    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('Sign out?');
    await visitor.press('Stay signed in');
    await visitor.open('/');
    expect(await visitor.heading()).toBe(`Hello, ${NAME}`);
    await visitor.press('Sign out');
    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('You’re signed out');
    await visitor.follow('Go to the front desk');
    expect(await visitor.heading()).toBe('Welcome');
  });
});
