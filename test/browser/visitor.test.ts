// The other stories trust that a visitor notices what is wrong with a page: here everything is.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { describeInChromium, startChromium } from '../support/chromium.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { Visitor } from './visitor.ts';

const WRONG = `
  <script>document.title = 'inline';</script>
  <script src="/assets/missing.js"></script>
  <p style="color: #ccc">inline style</p>
  <img src="data:,">
  <input name="unlabelled">
  <pre>${'wide '.repeat(100)}</pre>`;

describeInChromium('a visitor', () => {
  let portaria: Portaria;
  let browser: Browser;
  beforeAll(async () => {
    [portaria, browser] = await Promise.all([startPortaria(), startChromium()]);
  });
  afterAll(() => Promise.all([portaria.stop(), browser.close()]));

  it('notices what the policy refuses, what is missing, what axe finds, and what is too wide', async () => {
    const visitor = await Visitor.arrive(browser, portaria.url);
    await visitor.page.route(portaria.url, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('</main>', `${WRONG}</main>`) });
    });
    await visitor.open('/');
    const faults = (await visitor.leave()).join('\n');
    for (const fault of [
      'script-src-elem inline',
      'style-src-attr inline',
      'status of 404',
      'image-alt',
      ' label: ',
    ]) {
      expect(faults).toContain(fault);
    }
    expect(faults).toMatch(/\d px wider than the window/);
  });

  it('notices what moves', async () => {
    const visitor = await Visitor.arrive(browser, portaria.url);
    await visitor.open('/');
    expect(await visitor.layoutShift()).toBe(0);
    await visitor.page.evaluate("document.querySelector('h1').style.marginTop = '200px'");
    expect(await visitor.layoutShift()).toBeGreaterThan(0);
    await visitor.leave();
  });
});
