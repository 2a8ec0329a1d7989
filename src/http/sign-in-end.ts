// Where every way to sign in ends: somebody has proved who they are, and either the engine hears of it, or a second proof is due.
// Until that is given the first one waits in the interaction: for this browser alone, for minutes, and gone with everything of the
// account. The page that asks for the second one is routes/interaction/second-factor.ts.
import type { Context } from 'koa';
import type { Interaction, Provider } from 'oidc-provider';
import type { Linking } from '../accounts/linking.ts';
import type { SecondFactors } from '../accounts/second-factors.ts';
import { gone, type AppError } from '../base/errors.ts';
import type { Metrics } from '../metrics.ts';
import type { DeviceCookie } from './known-device.ts';
import { seeOther } from './way-on.ts';

/** What somebody has proved. */
export interface Proof {
  accountId: string;
  /** RFC 8176, or the id of an upstream; the first one is how the person came. */
  amr: readonly string[];
  /** More than a single proof (oidc/authentication-context.ts). */
  acr?: string;
  /** Of the identity that is linked to the account in the end (accounts/linking.ts). */
  linkKey?: string;
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
}

/** Long enough to find a phone. */
const WAIT_MS = 10 * 60 * 1000;

export class SignInEnd {
  readonly #its: SignInEndOptions;

  constructor(options: SignInEndOptions) {
    this.#its = options;
  }

  /** After a first proof, or one that is enough by itself. */
  async arrive(ctx: Context, interaction: Interaction, proof: Proof): Promise<void> {
    if (!(await this.#isMoreDue(proof))) return this.finish(ctx, interaction, proof);
    const waiting: WaitingProof = { ...proof, provedAt: Date.now() };
    interaction.result = { waiting };
    await interaction.persist();
    seeOther(ctx, `/interaction/${interaction.uid}/second-factor`);
  }

  /** What waits for a second proof. Throws 410 when nothing does (any more). */
  getWaiting({ result }: Interaction): WaitingProof {
    const waiting = result?.['waiting'] as WaitingProof | undefined;
    if (!waiting || result?.login || Date.now() - waiting.provedAt > WAIT_MS) throw stepOver();
    return waiting;
  }

  /** The engine is told, once, with everything else that this request changed. */
  async finish(
    ctx: Context,
    interaction: Interaction,
    { accountId, amr, acr, linkKey }: Proof,
  ): Promise<void> {
    const { getProvider, deviceCookie, linking, metrics } = this.#its;
    if (linkKey !== undefined) await linking.finish(interaction.uid, linkKey, accountId);
    await deviceCookie.keep(ctx, accountId);
    metrics.countSignIn('succeeded', amr[0] ?? 'unknown');
    const login = { accountId, amr: [...amr], ...(acr !== undefined && { acr }), remember: true };
    const returnTo = await getProvider().interactionResult(ctx.req, ctx.res, { login });
    seeOther(ctx, returnTo);
  }

  /**
   * Whoever has set up a second factor here is asked for it whatever the first proof was, an upstream's too: it is there for the day
   * when that upstream, or the mailbox behind it, is somebody else's. What an upstream says of its own proofs is not known to be so.
   */
  async #isMoreDue({ accountId, acr }: Proof): Promise<boolean> {
    if (acr !== undefined) return false;
    return (await this.#its.secondFactors.list(accountId)).length > 0;
  }
}

function stepOver(): AppError {
  return gone(
    'second_factor_over',
    'This step is over: it was done already, or it took too long. Sign in again.',
  );
}
