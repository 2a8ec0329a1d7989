// A program of somebody else, and a program on the person's own machine, ask before they come in.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('the consent page in a browser', () => {
  const house = openHouse(async ({ portaria, client }) => {
    await addPerson(portaria, 'bia');
    const redirectUris = [client.redirectUri];
    await addClient(portaria, 'notes', { name: 'Example Notes', isFirstParty: false, redirectUris });
    await addClient(portaria, 'editor', {
      name: 'Example Editor',
      isPublic: true,
      isNative: true,
      redirectUris: ['http://127.0.0.1/callback'],
    });
  });

  async function signInFor(clientId: string): Promise<Visitor> {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl(clientId));
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    return visitor;
  }

  it.each([
    ['notes', 'Let Example Notes in?', 'run by someone else', 'Afterwards you go to 127.0.0.1:'],
    ['editor', 'Let Example Editor in?', 'on your own device', 'back to the program on this device'],
  ])('tells who asks for what, and lets %s in', async (clientId, title, warning, afterwards) => {
    const visitor = await signInFor(clientId);
    expect(await visitor.heading()).toBe(title);
    const text = await visitor.page.locator('main').innerText();
    for (const fact of [warning, afterwards, 'ana@example.com', 'See your e-mail address'])
      expect(text).toContain(fact);
    await visitor.press('Allow');
    expect(house.answerAt(visitor).get('code')).toHaveLength(43);
  });

  it.each(['notes', 'editor'])('sends %s away empty-handed when the person refuses', async (clientId) => {
    const visitor = await signInFor(clientId);
    await visitor.press('Deny');
    const answer = house.answerAt(visitor);
    expect([answer.get('error'), answer.get('code')]).toEqual(['access_denied', null]);
  });

  it('lets somebody else sign in instead', async () => {
    const visitor = await signInFor('notes');
    await visitor.press('Not you? Sign in as someone else');
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.fill({ 'E-mail or username': 'bia', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('Let Example Notes in?');
    expect(await visitor.page.locator('.person').innerText()).toContain('bia@example.com');
    await visitor.press('Allow');
    expect(house.answerAt(visitor).get('code')).toHaveLength(43);
  });
});
