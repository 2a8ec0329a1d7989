// ALLOW_INSECURE_ISSUER: a name without TLS, as in a compose file. A browser tells such a server less (no
// Sec-Fetch-Site), and the forms must be taken all the same.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInChromium, startChromium } from '../support/chromium.ts';
import { addPerson, PASSWORD } from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { Visitor } from './visitor.ts';

const ISSUER = 'http://id.example.com';

describeInChromium('a server behind plain http', () => {
  let portaria: Portaria;
  let browser: Browser;

  beforeAll(async () => {
    portaria = await startPortaria({ ISSUER, ALLOW_INSECURE_ISSUER: '1' });
    browser = await startChromium({ hosts: `MAP id.example.com:80 ${new URL(portaria.address).host}` });
    await addPerson(portaria);
  });
  afterAll(async () => {
    await browser.close();
    await portaria.stop();
  });

  it('takes the forms of its own pages', async () => {
    const visitor = await Visitor.arrive(browser, ISSUER);
    await visitor.open('/sign-in');
    await visitor.fill({ 'E-mail or username': 'ana', Password: PASSWORD });
    await visitor.press('Sign in');
    expect(await visitor.heading()).toBe('Hello, Ana');
    await visitor.press('Sign out');
    await visitor.press('Sign out');
    expect(await visitor.heading()).toBe('You’re signed out');
    expect(await visitor.leave()).toEqual([]);
  });
});
