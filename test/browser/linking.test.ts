// In a real browser, which decides by itself what it sends along when an upstream leads it back to us: an upstream becomes a way
// in to an account, once because the address is the same, once because its holder wants it so.
import { afterAll, expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, addPerson, PASSWORD } from '../support/people.ts';
import { bento, startPretendUpstream, type PretendUpstream } from '../support/pretend-upstream.ts';
import { openHouse } from './house.ts';

describeInChromium('ways to sign in, in a browser', () => {
  let upstream: PretendUpstream;
  const house = openHouse(
    async ({ portaria, client }) => {
      await addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] });
      await addPerson(portaria, 'carla');
    },
    async () => {
      upstream = await startPretendUpstream();
      upstream.claims = { ...bento, email: 'carla@example.com', locale: 'en' };
      return {
        OIDC_EXAMPLE_ISSUER: upstream.url,
        OIDC_EXAMPLE_CLIENT_ID: upstream.clientId,
        OIDC_EXAMPLE_CLIENT_SECRET: upstream.clientSecret,
        OIDC_EXAMPLE_LABEL: 'Example Directory',
      };
    },
  );
  afterAll(() => upstream.close());

  it.each([true, false])(
    'become one account with its password, and the application gets its code (scripts: %s)',
    async (javaScriptEnabled) => {
      upstream.claims = { ...upstream.claims, sub: `carla at the directory, scripts: ${javaScriptEnabled}` };
      const visitor = await house.visitor({ javaScriptEnabled });
      await visitor.open(house.authorizeUrl('tickets'));
      await visitor.press('Continue with Example Directory');
      expect(await visitor.heading()).toBe('Is this you?');
      await visitor.press('Confirm');
      expect(await visitor.describedFault('Password of this account')).toBe('Enter your password.');
      await visitor.fill({ 'Password of this account': PASSWORD });
      await visitor.press('Confirm');
      expect(house.answerAt(visitor).get('code')).toHaveLength(43);
    },
  );

  it('are added and taken away on the account page', async () => {
    house.github.person = { ...house.github.person, id: 7007, login: 'carla-at-github' };
    const visitor = await house.visitor();
    await visitor.open('/account/sign-in-methods');
    await visitor.fill({ 'E-mail or username': 'carla', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('Ways to sign in');
    await visitor.press('Link GitHub');
    expect(await visitor.page.getByRole('status').first().innerText()).toMatch(
      /sign in this way from now on/,
    );
    expect(await visitor.page.getByText('carla-at-github').isVisible()).toBe(true);
    await visitor.press('Remove GitHub');
    expect(await visitor.page.getByText('carla-at-github').count()).toBe(0);
    expect(await visitor.button('Link GitHub').isVisible()).toBe(true);
  });
});
