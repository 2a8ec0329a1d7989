// /sign-up: behind the link of a mail (asked for in a sign-in, or an invitation) a person chooses a name and a password.
// The link opens /sign-up/open, which takes the secret out of the address at once. The browser in which the sign-in was
// begun is then signed in; any other one has made the account and is told so.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { AppError } from '../base/errors.ts';
import { fieldFaultOf } from '../http/field-fault.ts';
import { formOf } from '../http/input.ts';
import { exchangeToken, PrivateCookie, tokenOf } from '../http/link-cookie.ts';
import { languageOf, phrasesFor } from '../http/page.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { signUpBegun, signUpDone } from '../http/sign-up-cookies.ts';
import { refusalsLeadTo, seeOther } from '../http/way-on.ts';
import type { Services } from '../services.ts';
import type { Fault } from '../views.ts';
import type { SignUpPage } from '../views-mailed.ts';

const PATH = '/sign-up';
/** However long the link itself works. */
const OPENED_SECONDS = 3600;

export function signUpRoutes(router: Router, services: Services): void {
  const { config, formTokens, showPage, signUp } = services;
  const { passwordMinLength } = config;
  const cookie = new PrivateCookie('portaria_sign_up', PATH, OPENED_SECONDS);

  /** Throws 410 without a link that works. */
  async function show(ctx: Context, values: SignUpPage['values'], faults: readonly Fault[]): Promise<void> {
    const token = cookie.read(ctx);
    const { email } = await signUp.check(token);
    const csrf = formTokens.of(token);
    showPage(ctx, 'sign-up', { action: PATH, csrf, email, values, faults, passwordMinLength });
  }

  const open: Middleware = async (ctx) => {
    await signUp.check(tokenOf(ctx));
    exchangeToken(ctx, cookie, PATH);
  };

  const create: Middleware = async (ctx) => {
    const token = cookie.read(ctx);
    const { interactionUid } = await signUp.check(token);
    formTokens.check(ctx, token);
    const form = formOf(ctx);
    const values = { name: form.get('name')?.trim() ?? '', username: form.get('username')?.trim() ?? '' };
    const password = form.get('password') ?? '';
    try {
      const username = values.username || undefined;
      await signUp.complete(token, { name: values.name, username, password, locale: languageOf(ctx) });
    } catch (error) {
      const fault = fieldFaultOf(error, phrasesFor(ctx), passwordMinLength);
      await show(ctx, values, [fault]);
      ctx.status = (error as AppError).status;
      return;
    }
    cookie.forget(ctx);
    const isSameBrowser = interactionUid !== undefined && signUpBegun.read(ctx) === interactionUid;
    if (!isSameBrowser) return seeOther(ctx, `${PATH}/done`);
    signUpBegun.forget(ctx);
    signUpDone(interactionUid).keep(ctx, token);
    return seeOther(ctx, `/interaction/${interactionUid}/sign-up/done`);
  };

  const backToSignIn = refusalsLeadTo('/sign-in');

  router.get(`${PATH}/open`, backToSignIn, open);
  router.get(PATH, backToSignIn, (ctx) => show(ctx, { name: '', username: '' }, []));
  router.post(PATH, backToSignIn, sameOriginOnly(config.issuer), create);
  router.get(`${PATH}/done`, (ctx) => showPage(ctx, 'sign-up/done', { signInHref: '/sign-in' }));
}
