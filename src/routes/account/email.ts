// /account/email: asking for another address, and, behind the link in the mail to it, confirming it. The confirmation is the
// mailbox's and works in any browser; it signs nobody in. The link opens /account/email/open, which takes the secret out of
// the address at once.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { EMAIL_MAX_LENGTH } from '../../accounts/account.ts';
import { EMAIL_CHANGE_SECONDS } from '../../accounts/email-change.ts';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { fieldFaultOf } from '../../http/field-fault.ts';
import { formOf } from '../../http/input.ts';
import { exchangeToken, PrivateCookie, tokenOf } from '../../http/link-cookie.ts';
import { languageOf, phrasesFor } from '../../http/page.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { signedInAs } from '../../http/signed-in.ts';
import { refusalsLeadTo, seeOther } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';

const PATH = '/account/email';
const CONFIRM = `${PATH}/confirm`;

export function accountEmailRoutes(router: Router, services: Services): void {
  const { config, emailChange, formTokens, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);
  const { recently } = signedInPeople;
  const cookie = new PrivateCookie('portaria_email', PATH, EMAIL_CHANGE_SECONDS);

  function show(ctx: Context, email = '', fault?: Fault): void {
    const { account, csrf } = signedInAs(ctx);
    showPage(ctx, 'account/email', {
      action: PATH,
      csrf,
      email,
      ...(account.email && { current: account.email }),
      ...(fault && { fault }),
      ...noticeOf(ctx),
    });
  }

  const ask: Middleware = async (ctx) => {
    const email = formOf(ctx).get('email') ?? '';
    try {
      const { account, sessionUid } = signedInAs(ctx);
      await emailChange.request(account, email, { address: ctx.ip, locale: languageOf(ctx), sessionUid });
    } catch (error) {
      show(ctx, email.slice(0, EMAIL_MAX_LENGTH), fieldFaultOf(error, phrasesFor(ctx)));
      ctx.status = 400;
      return;
    }
    showDone(ctx, PATH, 'email-sent');
  };

  const open: Middleware = async (ctx) => {
    await emailChange.check(tokenOf(ctx));
    exchangeToken(ctx, cookie, CONFIRM);
  };

  const showConfirm: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    const email = await emailChange.check(token);
    showPage(ctx, 'account/email/confirm', { action: CONFIRM, csrf: formTokens.of(token), email });
  };

  const confirm: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    await emailChange.check(token);
    formTokens.check(ctx, token);
    await emailChange.confirm(token);
    cookie.forget(ctx);
    seeOther(ctx, `${PATH}/done`);
  };

  const backToAsking = refusalsLeadTo(PATH);

  router.get(PATH, ...page, recently, (ctx: Context) => show(ctx));
  router.post(PATH, ...form, recently, ask);
  router.get(`${PATH}/open`, backToAsking, open);
  router.get(CONFIRM, backToAsking, showConfirm);
  router.post(CONFIRM, backToAsking, sameOriginOnly(config.issuer), confirm);
  router.get(`${PATH}/done`, (ctx) => showPage(ctx, 'account/email/done', { accountHref: '/account' }));
}
