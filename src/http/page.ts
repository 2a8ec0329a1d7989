// Shows a page: which language, which status, which headers. The words and the markup are in phrases/ and views/.
import type { Context } from 'koa';
import { chooseLanguage, phrasesIn, type Language, type Phrases } from '../phrases.ts';
import type { Views } from '../views.ts';
import { languageLinks, type Render } from './render.ts';

export type ShowPage = <N extends keyof Views>(ctx: Context, name: N, data: Views[N]) => void;

export function createShowPage(render: Render): ShowPage {
  return (ctx, name, data) => {
    const language = languageOf(ctx);
    ctx.type = 'html';
    ctx.vary('Accept-Language');
    // A language link asks for the page again: only an address that answers GET can be asked.
    const links = ctx.method === 'GET' ? { languageLinks: languageLinks(withoutSecrets(ctx), language) } : {};
    ctx.body = render(name, data, { language, ...links });
  };
}

/** `ui_locales` of this request, then of the sign-in that it belongs to, then the browser's languages. */
export function languageOf(ctx: Context): Language {
  const asked = ctx.query['ui_locales'] ?? ctx.state['uiLocales'];
  return chooseLanguage(typeof asked === 'string' ? asked : undefined, ctx.get('accept-language'));
}

export function phrasesFor(ctx: Context): Phrases {
  return phrasesIn(languageOf(ctx));
}

/** For the addresses whose query holds something that should stay where it is. */
function withoutSecrets(ctx: Context): string {
  return ctx.path.startsWith('/connect/') ? '/' : ctx.url;
}

/** Beside the field where a user code is typed. */
export function describeUserCodeFault(
  ctx: Context,
  fault: 'missing' | 'unknown' | 'expired' | 'used' | 'other',
): string {
  const { device } = phrasesFor(ctx);
  const sentences = {
    missing: device.codeEmpty,
    unknown: device.codeWrong,
    expired: device.codeExpired,
    used: device.codeUsed,
    other: device.codeWrong,
  };
  return sentences[fault];
}
