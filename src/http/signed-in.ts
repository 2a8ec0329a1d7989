// Who is at our own pages. Whoever is not signed in is sent to sign in and comes back to the page that was asked for; what is
// dangerous wants a sign-in of a few minutes ago. Nothing that is posted survives a sign-in: the person sends it again.
import type { Context, Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import { sessionOver } from '../accounts/sign-in.ts';
import { isEnough } from '../oidc/authentication-context.ts';
import type { NeedsSecondFactor } from '../oidc/interaction-policy.ts';
import type { FormTokens } from './same-origin.ts';
import { seeOther, setWayOn } from './way-on.ts';

/** For how long a sign-in counts as recent. */
export const RECENT_SECONDS = 10 * 60;

export interface SignedIn {
  account: Account;
  /** The engine's browser session that this request came in. */
  sessionUid: string;
  signedInAt: Date;
  /** And with two proofs, where the person is asked for two: an app or a role may have come after the sign-in. */
  isRecent: boolean;
  /** With two proofs (oidc/authentication-context.ts). */
  isSure: boolean;
  /** How they signed in. */
  acr: string | undefined;
  amr: readonly string[] | undefined;
  /** The token of this session's forms. */
  csrf: string;
}

export interface SignedInDependencies {
  getProvider: () => Provider;
  accounts: AccountStore;
  formTokens: FormTokens;
  needsSecondFactor: NeedsSecondFactor;
}

export class SignedInPeople {
  readonly #its: SignedInDependencies;

  constructor(dependencies: SignedInDependencies) {
    this.#its = dependencies;
  }

  /** Undefined for a visitor, and for whoever is blocked or deleted. */
  async find(ctx: Context): Promise<SignedIn | undefined> {
    const session = await this.#its.getProvider().Session.get(ctx);
    const { accountId, acr, amr, uid, loginTs } = session;
    const account = accountId ? await this.#its.accounts.find(accountId) : undefined;
    if (!account || account.blockedAt) return undefined;
    const signedInAt = new Date((loginTs ?? 0) * 1000);
    const isYoung = Date.now() - signedInAt.getTime() < RECENT_SECONDS * 1000;
    return {
      account,
      sessionUid: uid,
      signedInAt,
      isRecent: isYoung && (acr !== undefined || !(await this.#its.needsSecondFactor(account.id))),
      isSure: acr !== undefined,
      acr,
      amr,
      csrf: this.#its.formTokens.of(subjectOf(uid)),
    };
  }

  /** For whoever has just given a second proof in this session: it is as sure from now on as if it had begun so. */
  async addProof(ctx: Context, amr: readonly string[], acr: string): Promise<void> {
    const session = await this.#its.getProvider().Session.get(ctx);
    session.amr = [...new Set([...(session.amr ?? []), ...amr])];
    // Whoever came with a passkey is surer than that already.
    if (!isEnough(session.acr, [acr])) session.acr = acr;
    await session.persist();
  }

  /** Lets only people pass who are signed in; the handler finds them with `signedInAs`. */
  readonly only: Middleware = async (ctx, next) => {
    const person = await this.find(ctx);
    if (!person) return sendToSignIn(ctx, false);
    ctx.state[PERSON] = person;
    // Their own choice of a language, unless they made another one for this visit.
    ctx.state['uiLocales'] ??= person.account.locale;
    return next();
  };

  /** After `only`: lets only people pass whose sign-in is recent. */
  readonly recently: Middleware = (ctx, next) => {
    return signedInAs(ctx).isRecent ? next() : sendToSignIn(ctx, true);
  };

  /** The same, for those who have given a second proof as well. */
  readonly surely: Middleware = (ctx, next) => {
    const { isRecent, isSure } = signedInAs(ctx);
    return isRecent && isSure ? next() : sendToSignIn(ctx, true, true);
  };

  /** After `only`: lets only people pass who gave a second proof, however long ago, where they are asked for two. */
  readonly wholly: Middleware = async (ctx, next) => {
    const { account, isSure } = signedInAs(ctx);
    if (isSure || !(await this.#its.needsSecondFactor(account.id))) return next();
    return sendToSignIn(ctx, false, true);
  };

  /** After `only`: lets only forms pass that this session was shown. */
  readonly ownForm: Middleware = (ctx, next) => {
    setWayOn(ctx, pageOf(ctx));
    this.#its.formTokens.check(ctx, subjectOf(signedInAs(ctx).sessionUid));
    return next();
  };
}

const PERSON = 'person';

/** Behind `only`. */
export function signedInAs(ctx: Context): SignedIn {
  const person = ctx.state[PERSON] as SignedIn | undefined;
  if (!person) throw new Error('this route forgot to ask who is signed in');
  return person;
}

/**
 * Where a person signs in to come back to a page of ours; `isAgain`: even when they are signed in, but not recently; `isSurely`: with
 * a second proof.
 */
export function signInHref(returnTo: string, isAgain = false, isSurely = false): string {
  const query = new URLSearchParams({
    return_to: returnTo,
    ...(isAgain && { again: 'yes' }),
    ...(isSurely && { surely: 'yes' }),
  });
  return `/sign-in?${query}`;
}

/** The same for somebody else than whoever is signed in. */
export function otherPersonHref(returnTo: string): string {
  return `/sign-in?${new URLSearchParams({ return_to: returnTo, other: 'yes' })}`;
}

const RETURN_MAX_LENGTH = 300;

/**
 * The page of ours that a sign-in was begun for, or the front desk: what stands in an address anybody may have written, so it is
 * a path of the account pages, the page of a terminal, the one of a program in a terminal with what it calls itself, or nothing.
 */
export function returnPathOf(text: unknown): string {
  if (typeof text !== 'string' || text.length > RETURN_MAX_LENGTH) return '/';
  const isOurs =
    /^\/(account(\/[a-z0-9-]+)*(\?[A-Za-z0-9_=&-]*)?|terminal\/[0-9a-f]+|cli(\?[A-Za-z0-9_=&.~%+-]*)?)$/.test(
      text,
    );
  return isOurs ? text : '/';
}

/** Whether a program asked the person to go there: in a terminal, where whoever sent the link may sit. */
export function leadsToTerminal(path: string): boolean {
  return /^\/(terminal\/|cli(\?|$))/.test(path);
}

/** A page is asked for again by itself; what was posted is not: the person is told, and where to go on. */
function sendToSignIn(ctx: Context, isAgain: boolean, isSurely = false): void {
  const href = signInHref(pageOf(ctx), isAgain, isSurely);
  if (ctx.method === 'GET' || ctx.method === 'HEAD') {
    seeOther(ctx, href);
    return;
  }
  setWayOn(ctx, href);
  throw sessionOver();
}

/** The page that a form stands on: forms of our pages post to it, those of the account pages also to a path right below it. */
function pageOf(ctx: Context): string {
  return ctx.method === 'GET' || ctx.method === 'HEAD'
    ? ctx.url
    : (ctx.path.match(/^\/(account(\/[^/]+)?|terminal\/[^/]+|cli$)/)?.[0] ?? '/');
}

function subjectOf(sessionUid: string): string {
  return `session:${sessionUid}`;
}
