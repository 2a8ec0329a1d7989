// Renders every page in every state and language to artefacts/preview, under the same Content-Security-Policy as the
// real server, photographs it on a phone and a desktop in light and dark, and checks it with axe (WCAG 2.2 AA), for
// sideways scrolling, blocked resources and weight. Usage: node scripts/preview-pages.ts [part of a page's name]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { chromium, type Page } from 'playwright-core';

import { findAsset } from '../src/http/assets.ts';
import { findBrandStyle } from '../src/http/client-look.ts';
import { createRenderer, languageLinks } from '../src/http/render.ts';
import { languages } from '../src/phrases.ts';
import { listSamples, LOGO_DIGEST } from '../test/http/sample-pages.ts';
import { png } from '../test/support/pictures.ts';

const out = join(import.meta.dirname, '../artefacts/preview');
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const maxPageBytes = 60_000;
const viewports = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };
const wcagTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

interface AxeOutcome {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

const render = createRenderer({ issuer: 'https://id.example.com' });
const filter = process.argv[2] ?? '';
const pages = new Map<string, string>();
for (const { view, state, data, frame } of listSamples()) {
  for (const language of languages) {
    const name = `${view.replaceAll('/', '-')}.${state}.${language}`;
    const links = languageLinks('/interaction/example', language);
    if (name.includes(filter))
      pages.set(name, render(view, data, { language, languageLinks: links, ...frame }));
  }
}

/** Without the script that would send a page on by itself before its picture is taken. */
function standingStill(html: string): string {
  return html.includes('data-send') ? html.replace(/<script[^>]*><\/script>/, '') : html;
}

const logo = png({ color: '#c2410c' });
const server = createServer((request, response) => {
  // What a script asks for by itself (a passkey) is never answered: the page stays as it is.
  if (request.method === 'POST') return;
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const asset = findAsset(path);
  const page = pages.get(decodeURIComponent(path.slice(1)));
  const [, digits = '', digest = ''] = /^\/brand\/(\w+)\.(\w+)\.css$/.exec(path) ?? [];
  const style = findBrandStyle(digits, digest);
  response.setHeader('Content-Security-Policy', contentSecurityPolicy);
  if (asset !== undefined) response.setHeader('Content-Type', asset.contentType).end(asset.body);
  else if (style !== undefined) response.setHeader('Content-Type', 'text/css').end(style);
  else if (path === `/client-logos/${LOGO_DIGEST}`) response.setHeader('Content-Type', 'image/png').end(logo);
  else if (page !== undefined)
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(standingStill(page));
  else response.writeHead(404).end();
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const faults: string[] = [];
let heaviest = { name: '', bytes: 0 };

function weigh(name: string, html: string): void {
  const loaded = [...new Set(html.match(/\/assets\/[^"]+/g))];
  const style = loaded.find((path) => path.endsWith('.css')) ?? '';
  const fromStyle =
    findAsset(style)
      ?.body.toString('utf8')
      .match(/\/assets\/[^")]+/g) ?? [];
  const bytes = [...loaded, ...new Set(fromStyle)].reduce(
    (sum, path) => sum + (findAsset(path)?.body.length ?? 0),
    Buffer.byteLength(html),
  );
  if (bytes > heaviest.bytes) heaviest = { name, bytes };
  if (bytes > maxPageBytes) faults.push(`${name}: ${bytes} bytes`);
}

async function inspect(page: Page, name: string, look: string): Promise<void> {
  const outcome = await page.evaluate<AxeOutcome>(
    `${axeSource}; axe.run(document, { runOnly: ${JSON.stringify(wcagTags)} })`,
  );
  for (const violation of outcome.violations) {
    const where = violation.nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join('\n    ');
    faults.push(`${name} ${look}: ${violation.id}: ${violation.help}\n    ${where}`);
  }
  const excess = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  if (excess > 0) faults.push(`${name} ${look}: ${excess} px wider than the window`);
  const shift = await page.evaluate<number>(
    `new Promise((resolve) => { let sum = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => resolve(sum), 20); })`,
  );
  if (shift > 0.001) faults.push(`${name} ${look}: layout shift ${shift}`);
}

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumArguments });
try {
  for (const [look, viewport] of Object.entries(viewports)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport, colorScheme });
      let current = '';
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(`${current} ${look}: ${message.text()}`);
      });
      for (const [name, html] of pages) {
        current = name;
        await page.goto(`${origin}/${encodeURIComponent(name)}`, { waitUntil: 'load' });
        await inspect(page, name, `${look} ${colorScheme}`);
        await page.screenshot({ path: join(out, `${name}.${look}.${colorScheme}.png`), fullPage: true });
        if (look === 'phone' && colorScheme === 'light') {
          weigh(name, html);
          writeFileSync(join(out, `${name}.html`), html);
        }
      }
      await page.close();
    }
  }
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
}

process.stdout.write(`${pages.size} pages × 4 looks. Heaviest: ${heaviest.name}, ${heaviest.bytes} bytes.\n`);
for (const fault of new Set(faults)) process.stdout.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
