import { expect, it } from '@jest/globals';
import { startChromium } from '../support/chromium.ts';
it('x', async () => {
  const b = await startChromium(); const p = await b.newPage();
  await p.setContent('<div id=a></div><p>hello</p>');
  await p.evaluate("new Promise(r=>requestAnimationFrame(()=>requestAnimationFrame(()=>{document.getElementById('a').style.height='200px';requestAnimationFrame(()=>requestAnimationFrame(r))})))");
  const shift = await p.evaluate(`new Promise((resolve) => {
      const observer = new PerformanceObserver(() => {});
      observer.observe({ type: 'layout-shift', buffered: true });
      requestAnimationFrame(() => resolve(observer.takeRecords().reduce((sum, { value }) => sum + value, 0)));
    })`);
  console.log(shift);
  await b.close(); expect(1).toBe(1);
});
