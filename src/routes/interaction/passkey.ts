// /interaction/:uid/passkey: signing in with a passkey and nothing else. The device says whose it is, so nobody is asked for a name,
// and the question tells nothing about anybody. It is two proofs in one, and no other site can ask for it.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Asked } from '../../accounts/passkey-sign-in.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { PHISHING_RESISTANT } from '../../oidc/authentication-context.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';
import type { InteractionSteps } from './link.ts';

type Step = Awaited<ReturnType<InteractionSteps['stepOf']>>;

export function passkeyRoutes(
  router: Router,
  { config, formTokens, passkeyDoors, signInEnd }: Services,
  steps: Pick<InteractionSteps, 'stepOf'> & {
    showSignIn: (ctx: Context, step: Step, login: string, fault: Fault) => void;
  },
): void {
  async function formStepOf(ctx: Context): Promise<{ step: Step; asked: Asked }> {
    const step = await steps.stepOf(ctx);
    const { uid } = step.interaction;
    formTokens.check(ctx, uid);
    return { step, asked: { step: `sign-in:${uid}` } };
  }

  const ask: Middleware = async (ctx) => passkeyDoors.ask(ctx, (await formStepOf(ctx)).asked);

  const signIn: Middleware = async (ctx) => {
    const { step, asked } = await formStepOf(ctx);
    const tried = await passkeyDoors.tryAnswer(ctx, asked);
    if (!('status' in tried))
      return signInEnd.arrive(ctx, step.interaction, { ...tried, acr: PHISHING_RESISTANT });
    steps.showSignIn(ctx, step, '', { message: tried.message });
    ctx.status = tried.status;
  };

  const ownForm = sameOriginOnly(config.issuer);
  router.post('/interaction/:uid/passkey', ownForm, signIn);
  router.post('/interaction/:uid/passkey/options', ownForm, ask);
}
