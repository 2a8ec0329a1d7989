// A person signs in, in a real browser: with a password, with nothing but the keyboard, with GitHub.
import { expect, it } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { addClient, PASSWORD } from '../support/people.ts';
import { openHouse } from './house.ts';

describeInChromium('the sign-in page in a browser', () => {
  const house = openHouse(async ({ portaria, client }) => {
    await addClient(portaria, 'tickets', { name: 'Example Tickets', redirectUris: [client.redirectUri] });
  });

  it('says beside the form what is wrong, keeps the name, and ends at the service', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.fill({ 'E-mail or username': 'ana@example.com', Password: 'not the password' });
    await visitor.press('Sign in');
    expect(await visitor.page.getByRole('alert').innerText()).toMatch(/not right/);
    expect(await visitor.page.title()).toMatch(/^Error: /);
    expect(await visitor.field('E-mail or username').inputValue()).toBe('ana@example.com');
    expect(await visitor.field('Password').inputValue()).toBe('');

    await visitor.press('Sign in');
    expect(await visitor.describedFault('Password')).toBe('Enter your password.');
    expect(await focused(visitor)).toBe('password');

    await visitor.fill({ Password: PASSWORD });
    await visitor.press('Sign in');
    const answer = house.answerAt(visitor);
    expect(answer.get('code')).toHaveLength(43);
    expect(answer.get('state')).toBe('the state of the client');
  });

  it('works with the keyboard alone', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    const { keyboard } = visitor.page;
    const stops: string[] = [];
    for (let presses = 0; presses < 20 && stops.at(-1) !== 'login'; presses++) {
      await keyboard.press('Tab');
      stops.push(await focused(visitor));
      expect(await isOutlined(visitor)).toBe(true);
    }
    expect(stops).toEqual(['Continue with GitHub', 'login']);
    await keyboard.type('ana');
    await keyboard.press('Tab');
    await keyboard.type(PASSWORD);
    await visitor.pressKey('Enter');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });

  it('shows the password to whoever wants to see it, and sends it as one', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.button('Show the password').click();
    expect(await visitor.page.locator('#password').getAttribute('type')).toBe('text');
    await visitor.button('Hide the password').click();
    expect(await visitor.page.locator('#password').getAttribute('type')).toBe('password');
    await visitor.press('Sign in');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });

  it('goes back to the service without signing in', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.press('Back to Example Tickets');
    expect(house.answerAt(visitor).get('error')).toBe('access_denied');
  });

  it('changes its language in the footer, and keeps it for the pages that follow', async () => {
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.follow('Português');
    expect(await visitor.page.locator('html').getAttribute('lang')).toBe('pt-BR');
    await visitor.fill({ Senha: 'errada' });
    await visitor.press('Entrar');
    expect(await visitor.page.locator('html').getAttribute('lang')).toBe('pt-BR');
    expect(await visitor.page.locator('#login-fault').innerText()).toMatch(/e-mail/);
  });

  it('leads to GitHub and from there to the service', async () => {
    house.github.person = { ...house.github.person, id: 2002, login: 'bia', name: 'Bia Example', emails: [] };
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.press('Continue with GitHub');
    expect(house.github.requests).toContain('/login/oauth/access_token');
    expect(house.answerAt(visitor).has('code')).toBe(true);
    await visitor.open('/');
    expect(await visitor.heading()).toBe('Hello, Bia Example');
  });

  it('is there again for whoever changes their mind at GitHub', async () => {
    house.github.declines = true;
    const visitor = await house.visitor();
    await visitor.open(house.authorizeUrl('tickets'));
    await visitor.press('Continue with GitHub');
    house.github.declines = false;
    expect(await visitor.heading()).toBe('Sign in');
    await visitor.press('Continue with GitHub');
    expect(house.answerAt(visitor).has('code')).toBe(true);
  });
});

type VisitorPage = { page: { evaluate(script: string): Promise<unknown> } };

async function focused({ page }: VisitorPage): Promise<string> {
  return String(await page.evaluate('document.activeElement.name || document.activeElement.innerText'));
}

async function isOutlined({ page }: VisitorPage): Promise<boolean> {
  return (
    (await page.evaluate('parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2')) === true
  );
}
