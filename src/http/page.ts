// Shows a page: which language, which status, which headers. The words and the markup are in phrases/ and views/.
import type { Context } from 'koa';
import { nameIn, type ClientLook } from '../oidc/client-look.ts';
import type { EngineClient } from '../oidc/pages.ts';
import { chooseLanguage, phrasesIn, type Language, type Phrases } from '../phrases.ts';
import type { Views } from '../views.ts';
import { frameLook } from './client-look.ts';
import { languageLinks, type Render } from './render.ts';

export type ShowPage = <N extends keyof Views>(ctx: Context, name: N, data: Views[N]) => void;

export function createShowPage(render: Render): ShowPage {
  return (ctx, name, data) => {
    const language = languageOf(ctx);
    rememberChoice(ctx, language);
    ctx.type = 'html';
    ctx.vary('Accept-Language');
    // A language link asks for the page again: only an address that answers GET can be asked.
    const links = ctx.method === 'GET' ? { languageLinks: languageLinks(withoutSecrets(ctx), language) } : {};
    ctx.body = render(name, data, { language, ...links, ...frameLook(ctx, name, language) });
  };
}

const COOKIE = 'portaria_language';
const COOKIE_LIFE_MS = 60 * 60 * 1000;

/** `ui_locales` of this request (a link in the footer), the choice made there before, `ui_locales` of the sign-in, the browser's. */
export function languageOf(ctx: Context): Language {
  const asked =
    ctx.query['ui_locales'] ?? ctx.cookies.get(COOKIE, { signed: false }) ?? ctx.state['uiLocales'];
  return chooseLanguage(typeof asked === 'string' ? asked : undefined, ctx.get('accept-language'));
}

/** What a client of the engine is called in the reader's language. */
export function clientNameFor(ctx: Context, client: EngineClient): string {
  const look = client.look as ClientLook | undefined;
  return look ? nameIn(languageOf(ctx), look) : (client.clientName ?? client.clientId);
}

export function phrasesFor(ctx: Context): Phrases {
  return phrasesIn(languageOf(ctx));
}

/** A language chosen in the footer holds for the forms and pages that follow. */
function rememberChoice(ctx: Context, language: Language): void {
  if (typeof ctx.query['ui_locales'] !== 'string') return;
  ctx.cookies.set(COOKIE, language, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: COOKIE_LIFE_MS,
  });
}

/** From now on the language is chosen as if nobody had pressed the link in the footer. */
export function forgetLanguageChoice(ctx: Context): void {
  ctx.cookies.set(COOKIE, null, { signed: false, httpOnly: true, sameSite: 'lax' });
}

/** What an upstream sent with the person stays where it is: the sign-in that it belongs to is asked for instead. */
function withoutSecrets(ctx: Context): string {
  const [signIn, callback] = ctx.path.split('/connect/', 2);
  return callback === undefined ? ctx.url : signIn || '/';
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
