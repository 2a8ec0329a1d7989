// /interaction/:uid/second-factor: somebody has proved who they are once, and is asked for something that a thief of a password does
// not have. What that is added to, and for how long, is http/sign-in-end.ts's.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Interaction } from 'oidc-provider';
import type { Factor } from '../../accounts/second-factors.ts';
import { accountBlocked } from '../../accounts/sign-in.ts';
import { AppError } from '../../base/errors.ts';
import { otherHrefOf, provedBy, subjectOf, type FactorStep } from '../../http/factor-step.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { refusalOf } from '../../http/refused-try.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { seeOther, setWayOn } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';
import type { InteractionSteps } from './link.ts';
import { secondFactorSetUpRoutes } from './second-factor/set-up.ts';

const DAY_SECONDS = 86_400;

export function secondFactorRoutes(router: Router, services: Services, steps: InteractionSteps): void {
  const { accountStore, config, deviceCookie, formTokens, metrics, passkeyDoors } = services;
  const { secondFactors, showPage, signInEnd } = services;

  /** Who waits in the sign-in of this browser. Throws 410 when nobody does. */
  async function factorStepOf(ctx: Context): Promise<FactorStep> {
    const { interaction, client } = await steps.stepOf(ctx);
    // Not back to where nobody waits any more.
    setWayOn(ctx, otherHrefOf(interaction));
    const waiting = await signInEnd.getWaiting(interaction);
    const account = await accountStore.find(waiting.accountId);
    if (!account || account.blockedAt) throw accountBlocked();
    const factors = await signInEnd.listFactors(interaction, account.id);
    return { interaction, client, waiting, account, factors };
  }

  function show(ctx: Context, step: FactorStep, fault?: Fault): void {
    const { interaction, account, factors } = step;
    const path = pathOf(interaction);
    if (factors.length === 0) return seeOther(ctx, `${path}/set-up`);
    const hasPaper = factors.includes('recovery_code');
    const isOnPaper = hasPaper && ctx.query['with'] === 'paper';
    showPage(ctx, 'interaction/second-factor', {
      action: isOnPaper ? `${path}?with=paper` : path,
      isOnPaper,
      ...(hasPaper && { insteadHref: isOnPaper ? path : `${path}?with=paper` }),
      csrf: formTokens.of(subjectOf(step)),
      person: account.email ?? account.name,
      factors,
      ...(factors.includes('passkey') && passkeyDoors.formAt(`${path}/passkey`)),
      otherHref: otherHrefOf(interaction),
      ...(fault && { fault }),
    });
  }

  function refuse(ctx: Context, step: FactorStep, status: number, fault: Fault): void {
    show(ctx, step, fault);
    if (ctx.status !== 303) ctx.status = status;
  }

  const prove: Middleware = async (ctx) => {
    const step = await factorStepOf(ctx);
    formTokens.check(ctx, subjectOf(step));
    const t = phrasesFor(ctx);
    const code = formOf(ctx).get('code')?.trim() ?? '';
    if (code === '') return refuse(ctx, step, 400, { field: 'code', message: t.secondFactor.faults.empty });
    const factor = await tryCode(ctx, step, code);
    if (typeof factor === 'object') return refuse(ctx, step, 429, factor);
    if (factor) return seeOther(ctx, await signInEnd.finish(ctx, step.interaction, provedBy(step, factor)));
    metrics.countSignIn('refused', 'otp');
    return refuse(ctx, step, 400, { field: 'code', message: t.secondFactor.faults.wrong });
  };

  /** Which factor it is of; a sentence after too many tries. One that would not be enough here is not even tried. */
  async function tryCode(ctx: Context, step: FactorStep, code: string): Promise<Factor | Fault | undefined> {
    if (!step.factors.includes('totp')) return undefined;
    try {
      const attempt = { code, address: ctx.ip, device: deviceCookie.of(ctx) };
      return await secondFactors.proveByCode(step.account, attempt);
    } catch (error) {
      const refusal = refusalOf(ctx, error);
      const seconds = error instanceof AppError ? (error.retryAfterSeconds ?? 0) : 0;
      // Only the app alone is closed for days (WRONG_CODES).
      if (seconds <= DAY_SECONDS) return refusal;
      return { message: phrasesFor(ctx).secondFactor.faults.appClosed(seconds) };
    }
  }

  const askedOf = (step: FactorStep) => ({ step: subjectOf(step), accountId: step.account.id });

  const askPasskey: Middleware = async (ctx) => {
    const step = await factorStepOf(ctx);
    formTokens.check(ctx, subjectOf(step));
    await passkeyDoors.ask(ctx, askedOf(step));
  };

  const proveByPasskey: Middleware = async (ctx) => {
    const step = await factorStepOf(ctx);
    formTokens.check(ctx, subjectOf(step));
    const tried = await passkeyDoors.tryAnswer(ctx, askedOf(step));
    if ('status' in tried) return refuse(ctx, step, tried.status, { message: tried.message });
    const proof = provedBy(step, 'passkey', tried.amr);
    seeOther(ctx, await signInEnd.finish(ctx, step.interaction, proof));
  };

  router.get('/interaction/:uid/second-factor', async (ctx: Context) => show(ctx, await factorStepOf(ctx)));
  router.post('/interaction/:uid/second-factor', sameOriginOnly(config.issuer), prove);
  router.post('/interaction/:uid/second-factor/passkey', sameOriginOnly(config.issuer), proveByPasskey);
  router.post('/interaction/:uid/second-factor/passkey/options', sameOriginOnly(config.issuer), askPasskey);
  secondFactorSetUpRoutes(router, services, factorStepOf);
}

function pathOf({ uid }: Interaction): string {
  return `/interaction/${uid}/second-factor`;
}
