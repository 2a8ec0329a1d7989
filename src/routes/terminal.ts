// /terminal/:handle, where a person decides about a terminal that waits (polling/): they see which program asks, from where and for
// what, and type the four letters that it shows. Whoever was only sent the link does not have them.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { gone, notFound } from '../base/errors.ts';
import { pagesOf, showFor } from '../http/client-look.ts';
import { formOf, pathParameter } from '../http/input.ts';
import { languageOf, phrasesFor } from '../http/page.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { signedInAs, otherPersonHref } from '../http/signed-in.ts';
import { lookOf, nameIn } from '../oidc/client-look.ts';
import { scopesOf } from '../oidc/scopes.ts';
import type { WaitingSession } from '../polling/polling-session-store.ts';
import type { Decider } from '../polling/polling-sessions.ts';
import type { Services } from '../services.ts';
import type { TerminalPage } from '../views-terminal.ts';

const PATH = '/terminal/:handle';

export function terminalPath(handle: string): string {
  return PATH.replace(':handle', handle);
}

export function terminalRoutes(router: Router, services: Services): void {
  const { clientStore, config, pollingSessions, showPage, signedInPeople, userCodeLimit } = services;
  const { only, ownForm, wholly } = signedInPeople;

  /** Lets only a session pass that waits; before anybody is asked to sign in for another. */
  const seek: Middleware = async (ctx, next) => {
    const waiting = await pollingSessions.find(pathParameter(ctx, 'handle'));
    if (!waiting) throw notFound('There is no such terminal. Start again there.');
    if (waiting === 'over') throw isOver();
    ctx.state[WAITING] = waiting;
    return next();
  };

  /** From here on the pages are about it. */
  async function describeProgram(
    ctx: Context,
  ): Promise<Pick<TerminalPage, 'programName' | 'isThirdParty' | 'policyHref' | 'termsHref'>> {
    const client = await clientStore.find(waitingFor(ctx).clientId);
    if (!client) throw isOver();
    const look = lookOf(client);
    showFor(ctx, { look });
    return {
      programName: nameIn(languageOf(ctx), look ?? { ...client.metadata, name: client.name }),
      isThirdParty: !client.isFirstParty,
      ...pagesOf({ look }),
    };
  }

  async function show(ctx: Context, letters: string, fault?: string): Promise<void> {
    const { account, csrf } = signedInAs(ctx);
    const { scope, createdAt, address, deviceName } = waitingFor(ctx);
    const { name, email } = account;
    showPage(ctx, 'terminal', {
      action: ctx.path,
      csrf,
      ...(await describeProgram(ctx)),
      person: { name, ...(email && { email }) },
      switchHref: otherPersonHref(ctx.path),
      scopes: [...scopesOf(scope)].map((scopeName) => ({ name: scopeName })),
      requestedFrom: {
        startedSecondsAgo: Math.max(0, Math.floor((Date.now() - createdAt.getTime()) / 1000)),
        ...(address && { ip: address }),
        ...(deviceName && { deviceName }),
      },
      letters,
      ...(fault && { fault: { field: 'letters', message: fault } }),
    });
  }

  async function deny(ctx: Context): Promise<void> {
    const { programName } = await describeProgram(ctx);
    if (!(await pollingSessions.deny(pathParameter(ctx, 'handle'), deciderOf(ctx)))) throw isOver();
    showPage(ctx, 'terminal/done', { outcome: 'denied', programName });
  }

  async function allow(ctx: Context, letters: string): Promise<void> {
    const { programName } = await describeProgram(ctx);
    const decider = deciderOf(ctx);
    const guesser = { session: decider.sessionUid, address: ctx.ip, accountId: decider.account.id };
    const { outcome } = await userCodeLimit.attempt(guesser, async () => {
      const tried = await pollingSessions.allow(pathParameter(ctx, 'handle'), letters, decider);
      return { outcome: tried, isRight: tried !== 'wrong' && tried !== 'guessed' };
    });
    if (outcome === 'over') throw isOver();
    if (outcome === 'allowed' || outcome === 'guessed') {
      showPage(ctx, 'terminal/done', { outcome, programName });
    } else {
      const { lettersEmpty, lettersWrong } = phrasesFor(ctx).terminal;
      await show(ctx, letters.slice(0, 20), outcome === 'empty' ? lettersEmpty : lettersWrong);
    }
    if (outcome !== 'allowed') ctx.status = 400;
  }

  const own: Middleware[] = [only, wholly];
  router.get(PATH, seek, ...own, (ctx: Context) => show(ctx, ''));
  router.post(PATH, sameOriginOnly(config.issuer), seek, ...own, ownForm, (ctx: Context) => {
    const form = formOf(ctx);
    return form.get('decision') === 'deny' ? deny(ctx) : allow(ctx, form.get('letters') ?? '');
  });
}

const WAITING = 'waitingSession';

/** Behind `seek`. */
function waitingFor(ctx: Context): WaitingSession {
  return ctx.state[WAITING] as WaitingSession;
}

function deciderOf(ctx: Context): Decider {
  const { account, sessionUid, signedInAt, acr, amr } = signedInAs(ctx);
  const authTime = Math.floor(signedInAt.getTime() / 1000);
  return { account, sessionUid, signIn: { authTime, ...(acr && { acr }), ...(amr && { amr }) } };
}

function isOver(): Error {
  return gone('link_expired', 'This link was used, or its time is over. Start again in your terminal.');
}
