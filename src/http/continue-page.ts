// The engine hands some steps on with a page of its own that sends a form by an inline script (a code in the address of
// the device page, another account, response_mode=form_post). Here that page becomes ours: our script, our words, and a
// button for browsers without scripts.
import type { Middleware } from 'koa';
import { CONTENT_SECURITY_POLICY } from './security-headers.ts';
import type { ShowPage } from './page.ts';

const ENGINE_PAGE = /<title>Submitting Callback<\/title>/;
const FORM = /<form method="post" action="([^"]*)">/;
const INPUT = /<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g;

export function showContinuePages(show: ShowPage): Middleware {
  return async (ctx, next) => {
    await next();
    const { body, status } = ctx;
    if (typeof body !== 'string' || !ENGINE_PAGE.test(body)) return;
    const fields = [...body.matchAll(INPUT)].map(([, name = '', value = '']) => ({
      name: unescape(name),
      value: unescape(value),
    }));
    show(ctx, 'continue', { action: unescape(FORM.exec(body)?.[1] ?? '/'), fields });
    ctx.status = status;
    // The engine has let its inline script in.
    ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  };
}

function unescape(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
