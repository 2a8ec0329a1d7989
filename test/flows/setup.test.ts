// The first start: a link makes the first administrator, once, and that person then signs in like everybody else.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from '../support/browser.ts';
import { CarefulBrowser } from '../support/careful-browser.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

const FORM = {
  name: 'Rui Example',
  email: 'rui@example.com',
  username: 'rui',
  password: 'correct horse battery staple',
};

let portaria: Portaria;
let link: string;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

beforeEach(async () => {
  await portaria.database.database.query('delete from accounts');
  const { setupToken } = await portaria.services.setup.ensureFirstAdministrator();
  link = `/setup?token=${setupToken}`;
});

async function fill(
  fields: Record<string, string>,
  browser = new CarefulBrowser(portaria.url),
): Promise<Page> {
  return browser.submit(await browser.get(link), fields);
}

/** The sentence that stands beside a field, by way of the markup that ties the two together. */
function faultOf(page: Page, field: string): string {
  const input = page.text.match(/<input[^>]*>/g)?.find((tag) => tag.includes(`name="${field}"`)) ?? '';
  expect(input).toContain('aria-invalid="true"');
  expect(input).toMatch(new RegExp(`aria-describedby="[^"]*\\b${field}-fault\\b`));
  return new RegExp(`id="${field}-fault">([^<]*)<`).exec(page.text)?.[1] ?? '';
}

function administrators(): Promise<{ email: string }[]> {
  return portaria.database.database.query<{ email: string }>(
    "select a.email from accounts a join account_roles r on r.account_id = a.id where r.role_id = 'admin'",
  );
}

describe('the set-up link', () => {
  it('makes an administrator, who then signs in and is greeted by name', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const signIn = await fill(FORM, browser);
    expect([signIn.status, signIn.text.includes('name="login"')]).toEqual([200, true]);
    const { email, password } = FORM;
    const home = await browser.submit(signIn, { login: email, password }, '/login');
    expect([home.status, new URL(home.url).pathname]).toEqual([200, '/']);
    for (const words of ['Hello, Rui Example', 'admin']) expect(home.text).toContain(words);
    expect((await browser.get('/')).text).toContain('Hello, Rui Example');
  });

  it('works once: afterwards it is a page with 410, to look at and to post to', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const form = await browser.get(link);
    await browser.submit(form, FORM);
    for (const page of [
      await browser.get(link),
      await browser.submit(form, { ...FORM, email: 'eve@example.com' }),
    ]) {
      expect([page.status, page.text.includes('set-up link is not valid')]).toEqual([410, true]);
    }
    expect(await administrators()).toEqual([{ email: FORM.email }]);
  });

  it('makes one administrator out of ten forms that arrive at the same moment', async () => {
    const browsers = Array.from({ length: 10 }, () => new CarefulBrowser(portaria.url));
    const forms = await Promise.all(browsers.map((browser) => browser.get(link)));
    const pages = await Promise.all(
      browsers.map((browser, turn) =>
        browser.submit(forms[turn] as Page, {
          ...FORM,
          email: `rui${turn}@example.com`,
          username: `rui${turn}`,
        }),
      ),
    );
    const statuses = pages.map(({ status }) => status).sort();
    // The password hasher lets a bounded number wait: who comes after that is told to come again.
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.every((status) => [200, 410, 429, 503].includes(status))).toBe(true);
    expect(await administrators()).toHaveLength(1);
  });

  it.each([
    ['password', 'too short', 'Too short. Use at least 15 characters.'],
    ['password', 'correcthorsebatterystaple', 'leaked passwords'],
    ['email', 'rui at example', 'not a valid e-mail address'],
    ['email', '', 'Enter your e-mail address.'],
    ['username', 'rui@example', 'Use only letters, digits'],
    ['name', '', 'Enter your name.'],
    ['name', 'x'.repeat(201), 'too long'],
  ])('shows the form again with the fault beside %s (%s), and still works', async (field, value, words) => {
    const browser = new CarefulBrowser(portaria.url);
    const again = await fill({ ...FORM, [field]: value }, browser);
    expect([again.status, faultOf(again, field)]).toEqual([400, expect.stringContaining(words)]);
    for (const kept of ['name', 'email', 'username'] as const) {
      if (kept !== field) expect(again.text).toContain(`value="${FORM[kept]}"`);
    }
    expect(again.text).not.toContain(FORM.password);
    expect((await browser.submit(again, FORM)).status).toBe(200);
    expect(await administrators()).toEqual([{ email: FORM.email }]);
  });

  it.each(['', '?token=', '?token=made-up', '?token=a&token=b'])(
    'that is none (%s) is a page with 410',
    async (query) => {
      const page = await new CarefulBrowser(portaria.url).get(`/setup${query}`);
      expect([page.status, page.text.includes('set-up link is not valid')]).toEqual([410, true]);
    },
  );

  it('ends when the server is started again and prints a new one', async () => {
    const old = link;
    const { setupToken } = await portaria.services.setup.ensureFirstAdministrator();
    const browser = new CarefulBrowser(portaria.url);
    expect((await browser.get(old)).status).toBe(410);
    expect((await browser.get(`/setup?token=${setupToken}`)).status).toBe(200);
  });

  it('is not taken from the page of somebody else', async () => {
    const browser = new CarefulBrowser(portaria.url);
    const csrf = new URL(link, portaria.url).searchParams.get('token') ?? '';
    const refused = await browser.post('/setup', { csrf, ...FORM }, { origin: 'https://evil.example' });
    expect(refused.status).toBe(403);
    expect(await administrators()).toEqual([]);
  });
});
