// /interaction/:uid/link: somebody came with an identity whose verified address has an account here. They prove that the account
// is theirs, with its password or with an identity that it has already; then both are one, and the sign-in goes on.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client, Interaction } from 'oidc-provider';
import { proofOfAnother, type WaitingLink } from '../../accounts/linking.ts';
import { formOf, pathParameter } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import type { Refusal } from '../../http/refused-try.ts';
import { sameOriginOnly } from '../../http/same-origin.ts';
import { seeOther, setWayOn } from '../../http/way-on.ts';
import { PHISHING_RESISTANT } from '../../oidc/authentication-context.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';

/** What the interaction does for its steps. */
export interface InteractionSteps {
  /** Throws the engine's SessionNotFound in any other browser. */
  stepOf: (ctx: Context) => Promise<{ interaction: Interaction; client: Client }>;
  tryPassword: (ctx: Context, login: string, password: string) => Promise<string | Refusal>;
}

interface LinkStep {
  interaction: Interaction;
  uid: string;
  link: WaitingLink;
}

export function interactionLinkRoutes(router: Router, services: Services, steps: InteractionSteps): void {
  const { config, connectors, formTokens, linking, passkeyDoors, pendingLogins } = services;
  const { showPage, signInEnd, signInMethods } = services;

  /** What waits in the sign-in of this browser. Throws 410 when nothing does. */
  async function linkStepOf(ctx: Context): Promise<LinkStep> {
    const { interaction } = await steps.stepOf(ctx);
    const link = await linking.get(interaction.uid);
    setWayOn(ctx, pathOf(interaction.uid));
    return { interaction, uid: interaction.uid, link };
  }

  /** The same, for a form that was shown for this very identity: another one may have taken its place. */
  async function formStepOf(ctx: Context): Promise<LinkStep> {
    const step = await linkStepOf(ctx);
    formTokens.check(ctx, subjectOf(step));
    return step;
  }

  async function show(ctx: Context, step: LinkStep, fault?: Fault): Promise<void> {
    const { uid, link } = step;
    const { hasPassword, identities, passkeys } = await signInMethods.list(link.accountId);
    const proofs = new Set(identities.map(({ connectorId }) => connectorId));
    const path = pathOf(uid);
    showPage(ctx, 'interaction/link', {
      action: path,
      csrf: formTokens.of(subjectOf(step)),
      connectorLabel: connectors.get(link.connectorId).label,
      email: link.email,
      hasPassword,
      ...(passkeys.length > 0 && passkeyDoors.formAt(`${path}/passkey`)),
      connectors: connectors
        .list()
        .filter(({ id }) => proofs.has(id))
        .map(({ id, label }) => ({ id, label, action: `${path}/connect/${id}` })),
      passwordResetHref: '/reset-password',
      otherHref: `/interaction/${uid}`,
      ...(fault && { fault }),
    });
  }

  async function refuse(ctx: Context, step: LinkStep, status: number, fault: Fault): Promise<void> {
    await show(ctx, step, fault);
    ctx.status = status;
  }

  /** Linked is at the very end: whoever cannot give a second proof changes nothing. */
  function finish(ctx: Context, { interaction, link }: LinkStep, accountId: string, method: string) {
    return signInEnd.arrive(ctx, interaction, { accountId, amr: [method], linkKey: link.key });
  }

  const proveByPassword: Middleware = async (ctx) => {
    const step = await formStepOf(ctx);
    const t = phrasesFor(ctx);
    const password = formOf(ctx).get('password') ?? '';
    if (password === '')
      return refuse(ctx, step, 400, { field: 'password', message: t.signInFaults.passwordEmpty });
    const proved = await steps.tryPassword(ctx, step.link.email, password);
    if (typeof proved !== 'string') return refuse(ctx, step, proved.status, { message: proved.message });
    // The address went to another account in the meantime.
    if (proved !== step.link.accountId) throw proofOfAnother();
    await finish(ctx, step, proved, 'pwd');
  };

  const askedOf = (step: LinkStep) => ({ step: subjectOf(step), accountId: step.link.accountId });

  const askPasskey: Middleware = async (ctx) => passkeyDoors.ask(ctx, askedOf(await formStepOf(ctx)));

  const proveByPasskey: Middleware = async (ctx) => {
    const step = await formStepOf(ctx);
    const tried = await passkeyDoors.tryAnswer(ctx, askedOf(step));
    if ('status' in tried) return refuse(ctx, step, tried.status, { message: tried.message });
    await signInEnd.arrive(ctx, step.interaction, {
      ...tried,
      acr: PHISHING_RESISTANT,
      linkKey: step.link.key,
    });
  };

  const startConnector: Middleware = async (ctx) => {
    const step = await formStepOf(ctx);
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const returnTo = `${pathOf(step.uid)}/connect/${connector.id}`;
    const redirectTo = await pendingLogins.start(connector, subjectOf(step), returnTo);
    seeOther(ctx, redirectTo);
  };

  const finishConnector: Middleware = async (ctx) => {
    const step = await linkStepOf(ctx);
    const connector = connectors.get(pathParameter(ctx, 'connector'));
    const t = phrasesFor(ctx);
    const arrival = await pendingLogins.finish(connector, subjectOf(step), ctx.query);
    if (arrival.outcome === 'declined')
      return show(ctx, step, { message: t.signInFaults.connectorDenied(connector.label) });
    if (!(await linking.isProof(step.link, connector.id, arrival.profile)))
      return refuse(ctx, step, 403, { message: t.link.wrongProof(connector.label) });
    await finish(ctx, step, step.link.accountId, connector.id);
  };

  const ownForm = sameOriginOnly(config.issuer);
  router.get('/interaction/:uid/link', async (ctx: Context) => show(ctx, await linkStepOf(ctx)));
  router.post('/interaction/:uid/link', ownForm, proveByPassword);
  router.post('/interaction/:uid/link/passkey', ownForm, proveByPasskey);
  router.post('/interaction/:uid/link/passkey/options', ownForm, askPasskey);
  router.post('/interaction/:uid/link/connect/:connector', ownForm, startConnector);
  router.get('/interaction/:uid/link/connect/:connector', finishConnector);
}

function pathOf(uid: string): string {
  return `/interaction/${uid}/link`;
}

/** Whose form it is, and who may come back from an upstream with a proof: not whoever only signs in there, and for no other identity. */
function subjectOf({ uid, link }: LinkStep): string {
  return `link:${uid}:${link.key}`;
}
