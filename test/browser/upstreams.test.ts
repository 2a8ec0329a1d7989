// A person signs in through an OpenID provider, in a real browser, and finds the way on when the provider fails.
import { afterAll, expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient } from '../support/people.ts';
import { bento, startPretendUpstream, type PretendUpstream } from '../support/pretend-upstream.ts';
import { openHouse } from './house.ts';

describeInChromium('an OpenID provider in a browser', () => {
  let upstream: PretendUpstream;
  const house = openHouse(
    ({ portaria, client }) =>
      addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] }),
    async () => {
      upstream = await startPretendUpstream();
      return {
        OIDC_EXAMPLE_ISSUER: upstream.url,
        OIDC_EXAMPLE_CLIENT_ID: upstream.clientId,
        OIDC_EXAMPLE_CLIENT_SECRET: upstream.clientSecret,
        OIDC_EXAMPLE_LABEL: 'Example Directory',
      };
    },
  );
  afterAll(() => upstream.close());

  it('is a button beside the others, and signs its people in', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    expect(await visitor.button('Continue with GitHub').isVisible()).toBe(true);
    await visitor.press('Continue with Example Directory');
    expect(house.answerAt(visitor).get('code')).toHaveLength(43);
    await visitor.open('/');
    // In the language that the provider says is theirs.
    expect([bento.locale, await visitor.heading()]).toEqual(['pt-BR', `Olá, ${bento.name}`]);
  });

  it.each([
    ['fails', () => upstream.lies.set('/token', '500')],
    ['lies', () => (upstream.tokenLie = 'signed by another key')],
  ])('that %s is a page from which the sign-in goes on', async (_, misbehave) => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    misbehave();
    await visitor.press('Continue with Example Directory');
    expect(await visitor.heading()).toBe('The other service did not answer');
    upstream.lies.clear();
    upstream.tokenLie = undefined;
    await visitor.follow('Try again');
    await visitor.press('Continue with Example Directory');
    expect(house.answerAt(visitor).get('code')).toHaveLength(43);
  });
});
