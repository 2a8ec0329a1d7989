// A person signs out, in a real browser: at the front desk, and at a service on another site, by link and by form.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, authorizationRequest, PASSWORD, postForm } from '../support/people.ts';
import { openHouse, type House } from './house.ts';
import type { Visitor } from './visitor.ts';

describeInChromium('signing out in a browser', () => {
  let client: { id: string; secret: string };
  const house = openHouse(async ({ portaria, client: { redirectUri } }) => {
    client = await addClient(portaria, 'tickets', {
      name: 'Example Tickets',
      redirectUris: [redirectUri],
      postLogoutRedirectUris: [redirectUri],
    });
  });

  it('at a service of ours leads back to it without a question', async () => {
    const visitor = await house.visitor();
    const hint = await signInFor(house, visitor, client);
    const query = new URLSearchParams({ ...request(hint), state: 'bye' });
    await visitor.open(`/oauth/logout?${query}`);
    expect(house.answerAt(visitor).get('state')).toBe('bye');
    await visitor.open('/');
    expect(await visitor.page.getByRole('link', { name: 'Sign in' }).count()).toBe(1);
  });

  it('works by a form of the service too, although the browser keeps its cookie back at first', async () => {
    const visitor = await house.visitor();
    const hint = await signInFor(house, visitor, client);
    // On the page of the service, which is another site.
    await visitor.page.evaluate(
      `document.body.innerHTML = ${JSON.stringify(formOf(`${house.url}/oauth/logout`, request(hint)))}`,
    );
    await visitor.press('Leave');
    expect(house.answerAt(visitor).size).toBe(0);
    await visitor.open('/');
    expect(await visitor.page.getByRole('link', { name: 'Sign in' }).count()).toBe(1);
  });

  it('asks when the service does not prove that it means this person, and says who is signed in', async () => {
    const visitor = await house.visitor();
    await signInFor(house, visitor, client);
    const { post_logout_redirect_uri: uri } = request('');
    await visitor.open(
      `/oauth/logout?${new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: uri })}`,
    );
    expect(await visitor.heading()).toBe('Sign out?');
    expect(await visitor.page.locator('main').innerText()).toContain('Signed in as Ana');
    await visitor.press('Sign out');
    expect(house.answerAt(visitor).size).toBe(0);
  });

  function request(hint: string) {
    return { id_token_hint: hint, post_logout_redirect_uri: house.client.redirectUri };
  }
});

/** Leaves the visitor at the service; the ID token that it got. */
async function signInFor(
  house: House,
  visitor: Visitor,
  client: { id: string; secret: string },
): Promise<string> {
  const { redirectUri } = house.client;
  const { url, verifier } = authorizationRequest(house.portaria, {
    client_id: client.id,
    redirect_uri: redirectUri,
  });
  await visitor.open(url);
  await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
  await visitor.press('Sign in');
  const { body } = await postForm(
    `${house.url}/oauth/token`,
    {
      grant_type: 'authorization_code',
      code: house.answerAt(visitor).get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
    client,
  );
  return body.id_token ?? '';
}

function formOf(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  return `<form method="post" action="${action}">${inputs.join('')}<button>Leave</button></form>`;
}
