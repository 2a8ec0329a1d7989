// /cli as its person sees it: from the link that a program shows in the terminal to the token in the clipboard, and without scripts.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { PASSWORD, verify } from '../support/people.ts';
import { openHouse } from './house.ts';

describeInChromium('the page for a program in a terminal', () => {
  const house = openHouse();

  it('takes one sign-in and one button to a token that can be copied', async () => {
    const visitor = await house.visitor({ permissions: ['clipboard-read', 'clipboard-write'] });
    await visitor.open('/cli?name=Example%20Assistant');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('A token for your program');
    expect(await visitor.page.locator('main').innerText()).toContain('“Example Assistant”');
    await visitor.press('Make the token');
    expect(await visitor.heading()).toBe('Your token');
    await visitor.page.getByRole('button', { name: 'Copy' }).click();
    const token = String(await visitor.page.evaluate('navigator.clipboard.readText()'));
    expect((await verify(house.portaria, token)).body).toMatchObject({ username: 'ana' });
  });

  it('works without scripts, where the token is there to be marked', async () => {
    const visitor = await house.visitor({ javaScriptEnabled: false });
    await visitor.open('/cli');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    await visitor.press('Make the token');
    expect(await visitor.page.getByRole('button', { name: 'Copy' }).isVisible()).toBe(false);
    const token = await visitor.page.locator('code').first().innerText();
    expect((await verify(house.portaria, token)).status).toBe(200);
  });
});
