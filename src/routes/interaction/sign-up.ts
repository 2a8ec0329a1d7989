// /interaction/:uid/sign-up: a stranger in the middle of a sign-in asks for an account, and is signed in once it was made
// behind the link (routes/sign-up.ts) in this same browser.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Interaction } from 'oidc-provider';
import { EMAIL_MAX_LENGTH } from '../../accounts/account.ts';
import { signUpClosed } from '../../accounts/sign-in.ts';
import { gone, invalidRequest } from '../../base/errors.ts';
import { fieldFaultOf } from '../../http/field-fault.ts';
import { formOf } from '../../http/input.ts';
import { languageOf, phrasesFor } from '../../http/page.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { signUpBegun, signUpDone } from '../../http/sign-up-cookies.ts';
import { seeOther } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';
import type { InteractionSteps } from './link.ts';

export function interactionSignUpRoutes(router: Router, services: Services, steps: InteractionSteps): void {
  const { config, formTokens, showPage, signInEnd, signUp } = services;

  /** The sign-in that this browser is in; throws the engine's SessionNotFound in any other browser. */
  async function stepOf(ctx: Context): Promise<Interaction> {
    const { interaction } = await steps.stepOf(ctx);
    if (interaction.prompt.name !== 'login') throw invalidRequest('Somebody is signed in here. Start again.');
    if (!signUp.isOpen) throw signUpClosed();
    return interaction;
  }

  function showAsk(ctx: Context, { uid }: Interaction, email: string, fault?: Fault): void {
    showPage(ctx, 'interaction/sign-up', {
      action: `/interaction/${uid}/sign-up`,
      csrf: formTokens.of(uid),
      email,
      signInHref: `/interaction/${uid}`,
      ...(fault && { fault }),
    });
  }

  const show: Middleware = async (ctx) => {
    const interaction = await stepOf(ctx);
    showAsk(ctx, interaction, String(interaction.params['login_hint'] ?? '').slice(0, EMAIL_MAX_LENGTH));
  };

  const ask: Middleware = async (ctx) => {
    const interaction = await stepOf(ctx);
    formTokens.check(ctx, interaction.uid);
    const email = formOf(ctx).get('email') ?? '';
    try {
      await signUp.request(email, interaction.uid, { address: ctx.ip, locale: languageOf(ctx) });
    } catch (error) {
      showAsk(ctx, interaction, email.slice(0, EMAIL_MAX_LENGTH), fieldFaultOf(error, phrasesFor(ctx)));
      ctx.status = 400;
      return;
    }
    signUpBegun.keep(ctx, interaction.uid);
    seeOther(ctx, `/interaction/${interaction.uid}/sign-up/sent`);
  };

  const showSent: Middleware = async (ctx) => {
    const { uid } = await stepOf(ctx);
    showPage(ctx, 'interaction/sign-up/sent', { againHref: `/interaction/${uid}/sign-up` });
  };

  const finish: Middleware = async (ctx) => {
    const interaction = await stepOf(ctx);
    const { uid } = interaction;
    const accountId = await signUp.takeOver(signUpDone(uid).read(ctx), uid);
    if (!accountId) throw gone('link_expired', 'Sign in with the account that you made.');
    signUpDone(uid).forget(ctx);
    await signInEnd.arrive(ctx, interaction, { accountId, amr: ['pwd'] });
  };

  router.get('/interaction/:uid/sign-up', show);
  router.post('/interaction/:uid/sign-up', sameOriginOnly(config.issuer), ask);
  router.get('/interaction/:uid/sign-up/sent', showSent);
  router.get('/interaction/:uid/sign-up/done', finish);
}
