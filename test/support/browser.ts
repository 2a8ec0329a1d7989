// A person's browser as far as HTTP goes: it keeps cookies by path, follows redirects by hand so that a test can look at
// each of them, and sends the forms it was shown.

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export interface Page {
  status: number;
  url: string;
  headers: Headers;
  text: string;
}

export class Browser {
  readonly #origin: string;
  readonly #headers: Record<string, string>;
  cookies: Cookie[] = [];

  constructor(origin: string, headers: Record<string, string> = {}) {
    this.#origin = origin;
    this.#headers = {
      accept: 'text/html',
      'accept-language': 'en',
      'user-agent': 'Test browser',
      ...headers,
    };
  }

  get(url: string): Promise<Page> {
    return this.#follow(url, { method: 'GET' });
  }

  /** Sends the first form of the page whose action ends so; hidden fields go along. */
  submit(page: Page, fields: Record<string, string>, actionEnd = ''): Promise<Page> {
    const form = formsOf(page.text).find(({ action }) => action.endsWith(actionEnd));
    if (!form)
      throw new Error(
        `no form for ${actionEnd || 'anything'} at ${page.url} (${page.status}):\n${page.text}`,
      );
    return this.post(new URL(form.action, page.url).href, { ...form.fields, ...fields });
  }

  post(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Page> {
    return this.#follow(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.#origin, ...headers },
      body: new URLSearchParams(fields).toString(),
    });
  }

  /** One request, no redirect followed. */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, this.#origin);
    const cookie = this.cookies
      .filter(
        ({ path }) =>
          target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const headers = {
      ...this.#headers,
      ...(cookie && { cookie }),
      ...(init.headers as Record<string, string>),
    };
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Follows redirects that stay with us; stops, and answers, at one that leads elsewhere. */
  async #follow(url: string, init: RequestInit): Promise<Page> {
    let target = new URL(url, this.#origin).href;
    let request = init;
    for (let hops = 0; hops < 12; hops++) {
      const response = await this.request(target, request);
      const location = response.headers.get('location');
      const text = await response.text();
      if (!location) {
        const refresh = autoSubmitted(text);
        if (!refresh) return { status: response.status, url: target, headers: response.headers, text };
        target = new URL(refresh.action, target).href;
        request = {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(refresh.fields).toString(),
        };
        continue;
      }
      target = new URL(location, target).href;
      if (!target.startsWith(`${this.#origin}/`))
        return { status: response.status, url: target, headers: response.headers, text };
      request = { method: 'GET' };
    }
    throw new Error(`too many redirects, last to ${target}`);
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...rest] = pair.split('=');
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? '/';
    this.cookies = this.cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    const isGone = attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute));
    if (!isGone) this.cookies.push({ name, value: rest.join('='), path });
  }
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, action = '', body = '']) => ({
      action: unescape(action),
      fields: Object.fromEntries(
        [...body.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
          /name="([^"]*)"/.exec(input)?.[1] ?? '',
          unescape(/value="([^"]*)"/.exec(input)?.[1] ?? ''),
        ]),
      ),
    }),
  );
}

/** A page that sends itself by script. */
function autoSubmitted(html: string): Form | undefined {
  return /<form[^>]* data-send/.test(html) ? formsOf(html)[0] : undefined;
}

function unescape(text: string): string {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
