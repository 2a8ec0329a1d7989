// /interaction/:uid/second-factor: somebody has proved who they are once, and is asked for something that a thief of a password does
// not have. What waits here, and for how long, is http/sign-in-end.ts's.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Interaction } from 'oidc-provider';
import type { Account } from '../../accounts/account.ts';
import { accountBlocked } from '../../accounts/sign-in.ts';
import { AppError } from '../../base/errors.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import type { WaitingProof } from '../../http/sign-in-end.ts';
import { MULTI_FACTOR } from '../../oidc/authentication-context.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';
import type { InteractionSteps } from './link.ts';

interface FactorStep {
  interaction: Interaction;
  waiting: WaitingProof;
  account: Account;
}

export function secondFactorRoutes(router: Router, services: Services, steps: InteractionSteps): void {
  const { accountStore, config, deviceCookie, formTokens, metrics } = services;
  const { secondFactors, showPage, signInEnd } = services;

  /** Who waits in the sign-in of this browser. Throws 410 when nobody does. */
  async function factorStepOf(ctx: Context): Promise<FactorStep> {
    const { interaction } = await steps.stepOf(ctx);
    const waiting = signInEnd.getWaiting(interaction);
    const account = await accountStore.find(waiting.accountId);
    if (!account || account.blockedAt) throw accountBlocked();
    return { interaction, waiting, account };
  }

  async function show(ctx: Context, step: FactorStep, fault?: Fault): Promise<void> {
    const { interaction, account } = step;
    showPage(ctx, 'interaction/second-factor', {
      action: pathOf(interaction),
      csrf: formTokens.of(subjectOf(step)),
      person: account.email ?? account.name,
      factors: await secondFactors.list(account.id),
      otherHref: `/interaction/${interaction.uid}`,
      ...(fault && { fault }),
    });
  }

  async function refuse(ctx: Context, step: FactorStep, status: number, fault: Fault): Promise<void> {
    await show(ctx, step, fault);
    ctx.status = status;
  }

  const prove: Middleware = async (ctx) => {
    const step = await factorStepOf(ctx);
    formTokens.check(ctx, subjectOf(step));
    const t = phrasesFor(ctx);
    const code = formOf(ctx).get('code')?.trim() ?? '';
    if (code === '') return refuse(ctx, step, 400, { field: 'code', message: t.secondFactor.faults.empty });
    try {
      const attempt = { code, address: ctx.ip, device: deviceCookie.of(ctx) };
      const factor = await secondFactors.proveByCode(step.account, attempt);
      // A code on paper is a one-time password too; RFC 8176 has no word of its own for it.
      if (factor) return await finish(ctx, step, ['otp'], MULTI_FACTOR);
    } catch (error) {
      const seconds = error instanceof AppError && error.status === 429 ? (error.retryAfterSeconds ?? 60) : 0;
      if (seconds === 0) throw error;
      ctx.set('Retry-After', String(seconds));
      return refuse(ctx, step, 429, { message: t.signInFaults.tooManyTries(Math.ceil(seconds / 60)) });
    }
    metrics.countSignIn('refused', 'otp');
    return refuse(ctx, step, 400, { field: 'code', message: t.secondFactor.faults.wrong });
  };

  /** For every factor alike. */
  function finish(ctx: Context, { interaction, waiting }: FactorStep, amr: readonly string[], acr: string) {
    return signInEnd.finish(ctx, interaction, { ...waiting, amr: [...waiting.amr, ...amr, 'mfa'], acr });
  }

  router.get('/interaction/:uid/second-factor', async (ctx: Context) => show(ctx, await factorStepOf(ctx)));
  router.post('/interaction/:uid/second-factor', sameOriginOnly(config.issuer), prove);
}

function pathOf({ uid }: Interaction): string {
  return `/interaction/${uid}/second-factor`;
}

/** Whose form it is: of this first proof, and no other that took its place. */
function subjectOf({ interaction, waiting }: FactorStep): string {
  return `second-factor:${interaction.uid}:${waiting.accountId}:${waiting.provedAt}`;
}
