// /reset-password: asking for a link by mail, and choosing a new password with it. The link opens /reset-password/open,
// which takes the secret out of the address at once; every further page is behind the cookie that it sets.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { EMAIL_MAX_LENGTH } from '../accounts/account.ts';
import { AppError } from '../base/errors.ts';
import { fieldFaultOf } from '../http/field-fault.ts';
import { formOf } from '../http/input.ts';
import { exchangeToken, PrivateCookie, tokenOf } from '../http/link-cookie.ts';
import { languageOf, phrasesFor } from '../http/page.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { refusalsLeadTo, seeOther } from '../http/way-on.ts';
import type { Services } from '../services.ts';
import type { Fault } from '../views.ts';

const PATH = '/reset-password';
const NEW = `${PATH}/new`;

export function resetPasswordRoutes(router: Router, services: Services): void {
  const { config, deviceCookie, formTokens, passwordReset, showPage } = services;
  const cookie = new PrivateCookie('portaria_reset', PATH, config.resetSeconds);

  function showAsk(ctx: Context, email = '', fault?: Fault): void {
    const csrf = formTokens.of(PATH);
    showPage(ctx, 'reset-password', {
      action: PATH,
      csrf,
      email,
      signInHref: '/sign-in',
      ...(fault && { fault }),
    });
  }

  /** Throws 410 without a link that works. */
  async function showNew(ctx: Context, token: string, toFault?: (minLength: number) => Fault): Promise<void> {
    const { account, passwordMinLength } = await passwordReset.check(token);
    showPage(ctx, 'reset-password/new', {
      action: NEW,
      csrf: formTokens.of(token),
      email: account.email ?? '',
      passwordMinLength,
      ...(toFault && { fault: toFault(passwordMinLength) }),
    });
  }

  const ask: Middleware = async (ctx) => {
    formTokens.check(ctx, PATH);
    const email = formOf(ctx).get('email') ?? '';
    try {
      await passwordReset.request(email, { address: ctx.ip, locale: languageOf(ctx) });
    } catch (error) {
      showAsk(ctx, email.slice(0, EMAIL_MAX_LENGTH), fieldFaultOf(error, phrasesFor(ctx)));
      ctx.status = 400;
      return;
    }
    seeOther(ctx, `${PATH}/sent`);
  };

  const open: Middleware = async (ctx) => {
    await passwordReset.check(tokenOf(ctx));
    exchangeToken(ctx, cookie, NEW);
  };

  const choose: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    await passwordReset.check(token);
    formTokens.check(ctx, token);
    try {
      const accountId = await passwordReset.complete(token, formOf(ctx).get('password') ?? '');
      // Whoever was shut out by an attack on the account gets in from here.
      await deviceCookie.keep(ctx, accountId);
    } catch (error) {
      if (!(error instanceof AppError) || error.field === undefined) throw error;
      await showNew(ctx, token, (minLength) => fieldFaultOf(error, phrasesFor(ctx), minLength));
      ctx.status = error.status;
      return;
    }
    cookie.forget(ctx);
    seeOther(ctx, `${PATH}/done`);
  };

  const backToAsking = refusalsLeadTo(PATH);

  const ownForm = sameOriginOnly(config.issuer);
  router.get(PATH, (ctx) => showAsk(ctx));
  router.post(PATH, ownForm, ask);
  router.get(`${PATH}/sent`, (ctx) => showPage(ctx, 'reset-password/sent', { againHref: PATH }));
  router.get(`${PATH}/open`, backToAsking, open);
  router.get(NEW, backToAsking, (ctx) => showNew(ctx, cookie.read(ctx)));
  router.post(NEW, backToAsking, ownForm, choose);
  router.get(`${PATH}/done`, (ctx) => showPage(ctx, 'reset-password/done', { signInHref: '/sign-in' }));
}
