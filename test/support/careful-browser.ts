// A browser that minds the rules of the house: whatever page a story comes across must be in a language, come with a
// policy that allows no inline code, and need none. A page that breaks a rule ends the story.
import { Browser } from './browser.ts';

export class CarefulBrowser extends Browser {
  override async request(url: string, init?: RequestInit): Promise<Response> {
    const response = await super.request(url, init);
    const isPage =
      response.headers.get('content-type')?.startsWith('text/html') && !response.headers.has('location');
    if (isPage) {
      const faults = faultsOf(response.headers, await response.clone().text());
      if (faults.length > 0) throw new Error(`the page at ${url} ${faults.join(', ')}`);
    }
    return response;
  }
}

/** Which rules a page breaks. */
export function faultsOf(headers: Headers, html: string): string[] {
  const policy = headers.get('content-security-policy') ?? '';
  const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
  const rules: Record<string, boolean> = {
    'allows more than its own sources': !policy.includes("default-src 'none'"),
    'may be framed': !policy.includes("frame-ancestors 'none'"),
    'allows inline code': /'unsafe-|'sha256-|'nonce-/.test(policy),
    // It would also cover the redirect to the client that follows a form.
    'has a form-action': policy.includes('form-action'),
    'is in no language': !/<html lang="(en|pt-BR|ko)">/.test(html),
    'has no title': !/<title>[^<]+ · Portaria<\/title>/.test(html),
    'has a style of its own': tags.some((tag) => /^<style|\sstyle=/i.test(tag)),
    'has inline code': tags.some((tag) => /\son[a-z]+=|^<script(?! src="\/assets\/)/i.test(tag)),
    'may be cached': headers.get('cache-control') !== 'no-store',
  };
  return Object.keys(rules).filter((rule) => rules[rule]);
}
