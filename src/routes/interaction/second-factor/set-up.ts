// /interaction/:uid/second-factor/set-up: a sign-in wants a second proof of somebody who has none, because a role or an application
// does. They set one up here, before anything else is given, and go on. Only with a first proof of now.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { otherHrefOf, provedBy, subjectOf, type FactorStep } from '../../../http/factor-step.ts';
import { clientNameFor, phrasesFor } from '../../../http/page.ts';
import { sameOriginOnly } from '../../../http/same-origin.ts';
import { beginAppSetUp, finishAppSetUp } from '../../../http/totp-set-up.ts';
import { seeOther } from '../../../http/way-on.ts';
import { ACR_OF_FACTOR } from '../../../http/sign-in-end.ts';
import { CONSOLE_CLIENT_ID } from '../../../oidc/client.ts';
import { acrsAskedBy, isEnough } from '../../../oidc/authentication-context.ts';
import type { Services } from '../../../services.ts';
import type { Fault } from '../../../views.ts';
import type { AppSetUp } from '../../../views-second-factor.ts';

export function secondFactorSetUpRoutes(
  router: Router,
  { config, formTokens, passkeyDoors, passkeys, secondFactors, showPage, signInEnd }: Services,
  factorStepOf: (ctx: Context) => Promise<FactorStep>,
): void {
  const path = '/interaction/:uid/second-factor/set-up';

  /** Undefined for whoever has to go somewhere else first; they are on their way then. */
  async function findStep(ctx: Context): Promise<FactorStep | undefined> {
    const step = await factorStepOf(ctx);
    const { interaction, waiting, factors } = step;
    if (factors.length > 0) seeOther(ctx, `/interaction/${interaction.uid}/second-factor`);
    else if (!signInEnd.isFresh(waiting)) seeOther(ctx, `${otherHrefOf(interaction)}&again=yes`);
    else return step;
    return undefined;
  }

  async function show(ctx: Context, step: FactorStep, app?: AppSetUp, fault?: Fault): Promise<void> {
    const { interaction, client } = step;
    const signInPath = `/interaction/${interaction.uid}`;
    const isAsked = acrsAskedBy(interaction.params).length > 0;
    const isOurs = client.clientId === CONSOLE_CLIENT_ID;
    showPage(ctx, 'interaction/second-factor/set-up', {
      action: `${signInPath}/second-factor/set-up`,
      csrf: formTokens.of(subjectOf(step)),
      otherHref: otherHrefOf(interaction),
      isForRole: !isAsked,
      ...(!isOurs && {
        client: {
          name: clientNameFor(ctx, client),
          cancel: { action: `${signInPath}/abort`, csrf: formTokens.of(interaction.uid) },
        },
      }),
      ...(app && { app }),
      ...((await mayAdd(step)) && passkeyDoors.formAt(`${signInPath}/second-factor/set-up/passkey`)),
      ...(fault && { fault }),
    });
  }

  /** Not beside a factor that the person has, even if that is not enough here: it would have to be shown first. */
  async function mayAdd({ account }: FactorStep): Promise<boolean> {
    return (await secondFactors.list(account.id)).length === 0;
  }

  async function mayAddApp(step: FactorStep): Promise<boolean> {
    return isEnough(ACR_OF_FACTOR.totp, acrsAskedBy(step.interaction.params)) && mayAdd(step);
  }

  /** A new app, where one would do. */
  async function findOffer(step: FactorStep): Promise<AppSetUp | undefined> {
    if (!(await mayAddApp(step))) return undefined;
    return beginAppSetUp(secondFactors, step.account, subjectOf(step));
  }

  /** As `findStep`, for a form of ours that adds a passkey. */
  async function findPasskeyStep(ctx: Context): Promise<FactorStep | undefined> {
    const step = await findStep(ctx);
    if (!step) return undefined;
    formTokens.check(ctx, subjectOf(step));
    if (passkeys.arePossible && (await mayAdd(step))) return step;
    await show(ctx, step, await findOffer(step));
    return undefined;
  }

  router.get(path, async (ctx: Context) => {
    const step = await findStep(ctx);
    if (!step) return;
    await show(ctx, step, await findOffer(step));
  });

  router.post(`${path}/passkey/options`, sameOriginOnly(config.issuer), async (ctx: Context) => {
    const step = await findPasskeyStep(ctx);
    if (step) await passkeyDoors.offer(ctx, step.account, placeOf(step));
  });

  // It is not taken for a proof yet: the second step asks for it.
  router.post(`${path}/passkey`, sameOriginOnly(config.issuer), async (ctx: Context) => {
    const step = await findPasskeyStep(ctx);
    if (!step) return;
    const outcome = await passkeyDoors.add(ctx, step.account, placeOf(step));
    if (outcome === 'added') return seeOther(ctx, `/interaction/${step.interaction.uid}/second-factor`);
    await show(ctx, step, await findOffer(step), { message: phrasesFor(ctx).passkeys.faults[outcome] });
    ctx.status = 400;
  });

  router.post(path, sameOriginOnly(config.issuer), async (ctx: Context) => {
    const step = await findStep(ctx);
    if (!step) return;
    formTokens.check(ctx, subjectOf(step));
    if (!(await mayAddApp(step))) return show(ctx, step);
    const outcome = await finishAppSetUp(ctx, secondFactors, step.account, subjectOf(step));
    if ('page' in outcome) {
      await show(ctx, step, outcome.page);
      ctx.status = 400;
      return;
    }
    const nextHref = await signInEnd.finish(ctx, step.interaction, provedBy(step, 'totp'));
    showPage(ctx, 'interaction/second-factor/codes', { codes: outcome.codes, nextHref });
  });
}

/** Where somebody has given the first proof: in this sign-in, or in the session that has to become surer. */
function placeOf({ interaction, waiting }: FactorStep): string {
  return waiting.signedInAt === undefined ? interaction.uid : (interaction.session?.uid ?? '');
}
