// Somebody with a real browser, on a phone 390 pixels wide. Every page of ours that they come to is examined on the
// way: nothing refused by the Content-Security-Policy, no error in the console, no fault that axe finds (WCAG 2.2 AA), no
// scrolling sideways, nothing that moves while it loads. What was found is told when they leave.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  ConsoleMessage,
  Locator,
  Page,
} from 'playwright-core';

export const PHONE = { width: 390, height: 844 };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Runs in each page before anything of its own. */
const WATCH = `
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error('refused by the policy:', violatedDirective, blockedURI));
  globalThis.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) layoutShift += value;
  }).observe({ type: 'layout-shift', buffered: true });`;
const TIMEOUT_MS = 10_000;

interface AxeOutcome {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

export interface VisitorOptions extends BrowserContextOptions {
  /** The pages that axe has seen, by what makes one different from another; shared, each is examined once. */
  examined?: Set<string>;
  /** False: axe only when told to. */
  examines?: boolean;
}

export class Visitor {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #issuer: string;
  readonly #hasScripts: boolean;
  readonly #faults: string[] = [];
  readonly #examined: Set<string> | undefined;

  private constructor(context: BrowserContext, page: Page, issuer: string, options: VisitorOptions) {
    this.page = page;
    this.#context = context;
    this.#issuer = issuer;
    this.#hasScripts = options.javaScriptEnabled !== false;
    // Without scripts there is nothing that axe could run.
    const isExamining = this.#hasScripts && options.examines !== false;
    this.#examined = isExamining ? (options.examined ?? new Set()) : undefined;
    page.on('console', (message) => {
      if (message.type() === 'error' && !isExpected(message)) this.#note(message.text());
    });
    page.on('pageerror', (error) => this.#note(error.message));
  }

  static async arrive(browser: Browser, issuer: string, options: VisitorOptions = {}): Promise<Visitor> {
    const { examined: _, examines: __, ...ofContext } = options;
    const context = await browser.newContext({ viewport: PHONE, locale: 'en', ...ofContext });
    context.setDefaultTimeout(TIMEOUT_MS);
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    return new Visitor(context, page, issuer, options);
  }

  async open(pathOrUrl: string): Promise<void> {
    await this.page.goto(new URL(pathOrUrl, this.#issuer).href, { waitUntil: 'load' });
    await this.#settle();
  }

  /** Presses the button of that name and goes where it leads. */
  press(name: string): Promise<void> {
    return this.#leadTo(this.button(name).click());
  }

  /** On a phone it may be behind the menu of the account pages. */
  async follow(name: string): Promise<void> {
    const link = this.page.getByRole('link', { name, exact: true });
    const menu = this.page.locator('.sections summary');
    if (!(await link.isVisible()) && (await menu.isVisible())) await menu.click();
    await this.#leadTo(link.click());
  }

  async pressKey(key: string): Promise<void> {
    await this.#leadTo(this.page.keyboard.press(key));
  }

  async fill(fields: Record<string, string>): Promise<void> {
    for (const [label, value] of Object.entries(fields)) await this.field(label).fill(value);
  }

  /** By its label; "Show the password" is not the password. */
  field(label: string): Locator {
    return this.page.getByRole('textbox', { name: label, exact: true }).or(this.#password(label));
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  heading(): Promise<string> {
    return this.page.locator('h1').innerText();
  }

  /** What stands beside a field and is read out with it. */
  async describedFault(label: string): Promise<string> {
    const field = this.field(label);
    if ((await field.getAttribute('aria-invalid')) !== 'true') return '';
    const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
    const fault = ids.find((id) => id.endsWith('-fault'));
    return fault ? this.page.locator(`#${fault}`).innerText() : '';
  }

  /** Ends the visit; answers what was wrong with the pages on the way. */
  async leave(): Promise<string[]> {
    await this.#context.close();
    return [...new Set(this.#faults)];
  }

  /** axe, at once, whoever has looked before. */
  async examine(look = ''): Promise<void> {
    const outcome = await this.page.evaluate<AxeOutcome>(
      `${AXE}; axe.run(document, { runOnly: ${JSON.stringify(WCAG)}, resultTypes: ['violations'] })`,
    );
    for (const { id, help, nodes } of outcome.violations) {
      for (const { html, failureSummary = '' } of nodes)
        this.#note(`${look} ${id}: ${help}\n${html}\n${failureSummary}`);
    }
  }

  async checkWidth(): Promise<void> {
    const excess = Number(
      await this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    );
    if (excess > 0) this.#note(`${excess} px wider than the window`);
  }

  /** Everything that moved by itself since the page began to load, as the browser counts it (layout-shift). */
  layoutShift(): Promise<number> {
    const frames =
      'requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(layoutShift))))';
    return this.page.evaluate<number>(`new Promise((resolve) => ${frames})`);
  }

  #password(label: string): Locator {
    return this.page.locator('input[type=password]').and(this.page.getByLabel(label, { exact: true }));
  }

  async #leadTo(action: Promise<void>): Promise<void> {
    const arrived = this.page.waitForEvent('framenavigated', { timeout: TIMEOUT_MS });
    await Promise.all([arrived, action]);
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.page.waitForLoadState('load');
    // A page that sends itself is none to look at, unless it needs a button for it.
    if (this.#hasScripts) await this.page.locator('form[data-send]').waitFor({ state: 'detached' });
    await this.page.waitForLoadState('load');
    if (!this.page.url().startsWith(`${this.#issuer}/`)) return;
    await this.checkWidth();
    if (!this.#hasScripts) return;
    const shift = await this.layoutShift();
    if (shift > 0) this.#note(`layout shift of ${shift}`);
    const kind = `${await this.page.title()} ${await this.page.locator('[aria-invalid], .notice').count()}`;
    if (!this.#examined || this.#examined.has(kind)) return;
    this.#examined.add(kind);
    await this.examine();
  }

  #note(fault: string): void {
    this.#faults.push(`${this.page.url()}: ${fault}`);
  }
}

/** No error of a page: that its status says what is wrong, with us or with an upstream (502), or that a server without TLS cannot be isolated. */
function isExpected(message: ConsoleMessage): boolean {
  const text = message.text();
  if (text.startsWith('The Cross-Origin-Opener-Policy header has been ignored')) return true;
  const isRefusal = /^Failed to load resource: the server responded with a status of (4\d\d|502)/.test(text);
  return isRefusal && !new URL(message.location().url).pathname.startsWith('/assets/');
}
