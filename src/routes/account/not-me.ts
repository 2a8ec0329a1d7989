// /account/not-me: behind the link of a mail somebody says that what it told of was not them, and everything of the account ends. In
// any browser, signed in or not, and only with a button: programs that look through mails open links. The link opens
// /account/not-me/open, which takes the secret out of the address at once.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { exchangeToken, PrivateCookie, tokenOf } from '../../http/link-cookie.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { refusalsLeadTo, seeOther } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';

const PATH = '/account/not-me';
const RESET = '/reset-password';
/** However long the link itself works. */
const OPENED_SECONDS = 3600;

export function notMeRoutes(router: Router, services: Services): void {
  const { accountAlarm, config, formTokens, showPage } = services;
  const cookie = new PrivateCookie('portaria_not_me', PATH, OPENED_SECONDS);

  const open: Middleware = async (ctx) => {
    await accountAlarm.check(tokenOf(ctx));
    exchangeToken(ctx, cookie, PATH);
  };

  const ask: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    const { restoresEmail } = await accountAlarm.check(token);
    showPage(ctx, 'account/not-me', { action: PATH, csrf: formTokens.of(token), restoresEmail });
  };

  const raise: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    formTokens.check(ctx, token);
    await accountAlarm.raise(token);
    cookie.forget(ctx);
    seeOther(ctx, `${PATH}/done`);
  };

  /** Whoever comes too late is safe with a new password. */
  const wayOn = refusalsLeadTo(RESET);
  router.get(`${PATH}/open`, wayOn, open);
  router.get(PATH, wayOn, ask);
  router.post(PATH, wayOn, sameOriginOnly(config.issuer), raise);
  router.get(`${PATH}/done`, (ctx: Context) => showPage(ctx, 'account/not-me/done', { resetHref: RESET }));
}
