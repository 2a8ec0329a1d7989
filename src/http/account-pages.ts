// What all account pages have in common: who may open them, and what is said after something was done. The navigation between
// them is views/partials/account.eta.
import type { Context, Middleware } from 'koa';
import type { Services } from '../services.ts';
import { phrasesFor } from './page.ts';
import { sameOriginOnly } from './same-origin.ts';
import { seeOther } from './way-on.ts';

type Done = keyof ReturnType<typeof phrasesFor>['account']['done'];

/** For a page, and for the forms on it. */
export function accountDoors({ config, signedInPeople }: Services): {
  page: Middleware[];
  form: Middleware[];
} {
  const { only, ownForm } = signedInPeople;
  return { page: [only], form: [sameOriginOnly(config.issuer), only, ownForm] };
}

/** Back to the page, which then says what was done. */
export function showDone(ctx: Context, path: string, done: Done): void {
  seeOther(ctx, `${path}?done=${done}`);
}

/** What the page says because of `?done=`; anybody may have written that, so it is one of our sentences or nothing. */
export function noticeOf(ctx: Context): { notice?: string } {
  const sentences: Record<string, string> = phrasesFor(ctx).account.done;
  const done = String(ctx.query['done'] ?? '');
  return Object.hasOwn(sentences, done) && sentences[done] ? { notice: sentences[done] } : {};
}
