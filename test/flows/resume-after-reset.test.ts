// A sign-in that has succeeded and not become a session yet: what ends everything of a person ends that as well. Whoever
// knew the old password and waits behind it comes too late.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { linkTo } from '../support/mailbox.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';

let portaria: Portaria;
let people = 0;

beforeAll(async () => {
  portaria = await startPortaria();
});
afterAll(() => portaria.stop());

describe('whoever has given the right password and waits, and then', () => {
  let name: string;
  let id: string;
  let thief: Browser;
  let resume: string;

  beforeEach(async () => {
    name = `person${(people += 1)}`;
    id = await addPerson(portaria, name);
    thief = new Browser(portaria.url);
    const page = await thief.get('/sign-in');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const posted = await thief.request(`${page.url}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: portaria.url },
      body: new URLSearchParams({ csrf, login: name, password: PASSWORD }).toString(),
    });
    expect(posted.status).toBe(303);
    resume = posted.headers.get('location') ?? '';
  });

  async function expectNobody(): Promise<void> {
    const late = await thief.get(resume);
    expect(late.status).toBe(400);
    expect((await thief.get('/')).text).toContain('href="/sign-in"');
  }

  it('the person has chosen a new password by mail', async () => {
    const person = new Browser(portaria.url);
    await person.submit(await person.get('/reset-password'), { email: `${name}@example.com` });
    const link = await person.get(await linkTo(portaria, `${name}@example.com`));
    const done = await person.submit(link, { password: 'another sentence of mine' });
    expect(done.url).toContain('/done');
    await expectNobody();
  });

  it('everything of the person was signed out', async () => {
    await portaria.services.administration.signOut(id);
    await expectNobody();
  });

  it('nothing of that, and the sign-in simply goes on', async () => {
    await thief.get(resume);
    expect((await thief.get('/')).text).not.toContain('href="/sign-in"');
  });
});
