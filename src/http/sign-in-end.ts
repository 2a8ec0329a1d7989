// Where every way to sign in ends: somebody has proved who they are, and either the engine hears of it, or a second proof is due.
// Until that is given the first one waits in the interaction: for this browser alone, for minutes, and gone with everything of the
// account. The page that asks for the second one is routes/interaction/second-factor.ts.
import type { Context } from 'koa';
import type { Interaction, Provider } from 'oidc-provider';
import type { Linking } from '../accounts/linking.ts';
import type { Factor, SecondFactors } from '../accounts/second-factors.ts';
import type { SignInNotices } from '../accounts/sign-in-notices.ts';
import { gone, type AppError } from '../base/errors.ts';
import type { Metrics } from '../metrics.ts';
import { acrsAskedBy, isEnough, MULTI_FACTOR, PHISHING_RESISTANT } from '../oidc/authentication-context.ts';
import { SECOND_FACTOR_PROMPT } from '../oidc/interaction-policy.ts';
import type { DeviceCookie } from './known-device.ts';
import { languageOf } from './page.ts';
import { RECENT_SECONDS } from './signed-in.ts';
import { seeOther } from './way-on.ts';

/** What somebody has proved. */
export interface Proof {
  accountId: string;
  /** RFC 8176, or the id of an upstream; the first one is how the person came. */
  amr: readonly string[];
  /** More than a single proof (oidc/authentication-context.ts). */
  acr?: string | undefined;
  /** Of the identity that is linked to the account in the end (accounts/linking.ts). */
  linkKey?: string;
  /** Seconds since 1970: of whoever was signed in before, and only adds to it. */
  signedInAt?: number;
}

export interface WaitingProof extends Proof {
  /** Milliseconds since 1970. */
  provedAt: number;
}

export interface SignInEndOptions {
  getProvider: () => Provider;
  secondFactors: SecondFactors;
  linking: Linking;
  deviceCookie: DeviceCookie;
  metrics: Metrics;
  signInNotices: SignInNotices;
}

/** Long enough to find a phone. */
const WAIT_MS = 10 * 60 * 1000;

/** What each factor makes of a first proof. */
export const ACR_OF_FACTOR: Readonly<Record<Factor, string>> = {
  totp: MULTI_FACTOR,
  recovery_code: MULTI_FACTOR,
  passkey: PHISHING_RESISTANT,
};

export class SignInEnd {
  readonly #its: SignInEndOptions;

  constructor(options: SignInEndOptions) {
    this.#its = options;
  }

  /** After a first proof, or one that is enough by itself. */
  async arrive(ctx: Context, interaction: Interaction, proof: Proof): Promise<void> {
    if (!(await this.#isMoreDue(interaction, proof)))
      return seeOther(ctx, await this.finish(ctx, interaction, proof));
    const waiting: WaitingProof = { ...proof, provedAt: Date.now() };
    interaction.result = { waiting };
    await interaction.persist();
    seeOther(ctx, `/interaction/${interaction.uid}/second-factor`);
  }

  /** What a second proof is added to: what waits, or the session that is not enough. Throws 410 when there is neither (any more). */
  async getWaiting(interaction: Interaction): Promise<WaitingProof> {
    const { result, prompt } = interaction;
    const waiting = result?.['waiting'] as WaitingProof | undefined;
    if (waiting && !result?.login && Date.now() - waiting.provedAt < WAIT_MS) return waiting;
    const signedIn =
      prompt.name === SECOND_FACTOR_PROMPT && !result && (await this.#findSignedIn(interaction));
    if (!signedIn) throw stepOver();
    return signedIn;
  }

  /** Whether the first proof is fresh enough to set up a second one with: whoever sits at a session of days ago may be anybody. */
  isFresh({ provedAt }: WaitingProof): boolean {
    return Date.now() - provedAt < RECENT_SECONDS * 1000;
  }

  /** Those of the account's that are enough for this request. */
  async listFactors({ params }: Interaction, accountId: string): Promise<Factor[]> {
    const asked = acrsAskedBy(params);
    const factors = await this.#its.secondFactors.list(accountId);
    return factors.filter((factor) => isEnough(ACR_OF_FACTOR[factor], asked));
  }

  /**
   * The engine is told, once, with everything else that this request changed. Where the browser goes on; not a redirect yet,
   * because there may be something to show before.
   */
  async finish(ctx: Context, interaction: Interaction, proof: Proof): Promise<string> {
    const { accountId, amr, acr, linkKey, signedInAt } = proof;
    const { getProvider, deviceCookie, linking, metrics, signInNotices } = this.#its;
    if (linkKey !== undefined) await linking.finish(interaction.uid, linkKey, accountId);
    const isKnown = await deviceCookie.keep(ctx, accountId);
    if (!isKnown) await signInNotices.send(accountId, languageOf(ctx));
    metrics.countSignIn('succeeded', amr[0] ?? 'unknown');
    return getProvider().interactionResult(ctx.req, ctx.res, {
      login: {
        accountId,
        amr: [...new Set(amr)],
        remember: true,
        ...(acr !== undefined && { acr }),
        // A second proof makes a session surer, not younger; and neither does a page of consent, after which the engine
        // is told of the same sign-in once more.
        ts: signedInAt ?? Math.floor(Date.now() / 1000),
        isStepUp: signedInAt !== undefined,
      },
    });
  }

  /**
   * Whoever has set up a second factor here is asked for it whatever the first proof was, an upstream's too: it is there for the day
   * when that upstream, or the mailbox behind it, is somebody else's. What an upstream says of its own proofs is not known to be so.
   */
  async #isMoreDue({ params }: Interaction, { accountId, acr }: Proof): Promise<boolean> {
    if (!isEnough(acr, acrsAskedBy(params))) return true;
    return acr === undefined && this.#its.secondFactors.isAsked(accountId);
  }

  async #findSignedIn({ params, session }: Interaction): Promise<WaitingProof | undefined> {
    const found = await this.#its.getProvider().Session.findByUid(session?.uid ?? '');
    const { accountId, amr = [], loginTs: signedInAt } = found ?? {};
    if (!accountId || accountId !== session?.accountId || signedInAt === undefined) return undefined;
    // The engine has looked before this page; it may have been open for long since.
    if (Date.now() / 1000 - signedInAt > Number(params['max_age'] ?? Infinity)) return undefined;
    return { accountId, amr, signedInAt, provedAt: signedInAt * 1000 };
  }
}

function stepOver(): AppError {
  return gone(
    'second_factor_over',
    'This step is over: it was done already, or it took too long. Sign in again.',
  );
}
