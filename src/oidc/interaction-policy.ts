// When a person is needed: the engine's own prompts, with our rules of who confirms a client (consent.ts) and how surely somebody has
// to be who they are. A session that is not enough for a request is asked for what is missing, and stays what it is.
import { errors, interactionPolicy, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { ACR_VALUES, acrsAskedBy, isEnough, namedFor } from './authentication-context.ts';
import { mustConfirm } from './consent.ts';

const { Check, Prompt, base } = interactionPolicy;

/** The prompt of whoever is signed in, but not surely enough. */
export const SECOND_FACTOR_PROMPT = 'second_factor';

/** Whether the person is asked for two proofs: by their own wish, or a role's. */
export type NeedsSecondFactor = (accountId: string) => Promise<boolean>;

export function createInteractionPolicy(
  needsSecondFactor: NeedsSecondFactor,
): interactionPolicy.DefaultPolicy {
  const policy = base();
  const [login, consent] = [policy.get('login'), policy.get('consent')];
  if (!login || !consent) throw new Error('the engine has lost a prompt');
  consent.checks.remove('native_client_prompt');
  consent.checks.add(
    new Check('confirmation', 'the person has to confirm this client', 'interaction_required', (ctx) =>
      mustConfirm(ctx) && !ctx.oidc.result?.consent ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT,
    ),
    0,
  );
  // RFC 9470 §5: nobody is asked for anything when it could not be enough.
  login.checks.add(
    new Check(
      'unknown_acr',
      'none of the acr_values is known',
      'unmet_authentication_requirements',
      (ctx) => {
        const asked = acrsAskedBy(ctx.oidc.params ?? {});
        if (asked.length === 0 || asked.some((acr) => ACR_VALUES.includes(acr)))
          return Check.NO_NEED_TO_PROMPT;
        throw new errors.UnmetAuthenticationRequirements('none of the acr_values can be achieved here');
      },
    ),
    0,
  );
  const missing = new Check(
    'acr',
    'the person has to give a second proof',
    'interaction_required',
    async (ctx: KoaContextWithOIDC) => {
      const { accountId, acr } = ctx.oidc.session ?? {};
      if (!accountId) return Check.NO_NEED_TO_PROMPT;
      if (!isEnough(acr, acrsAskedBy(ctx.oidc.params ?? {}))) return Check.REQUEST_PROMPT;
      // An app, a role or its rule may have come after the person signed in; and whoever came in before, by the password alone.
      return acr === undefined && (await needsSecondFactor(accountId));
    },
  );
  policy.add(new Prompt({ name: SECOND_FACTOR_PROMPT, requestable: false }, missing), 1);
  return policy;
}

/**
 * Whoever asked for `acr_values` finds in the ID token which of them was achieved, in their own words, and how and when the person
 * has signed in.
 */
export function nameAuthenticationContext(provider: Provider): void {
  provider.on('authorization.accepted', (ctx) => {
    const asked = acrsAskedBy(ctx.oidc.params ?? {});
    if (asked.length === 0) return;
    const { claims, session } = ctx.oidc;
    Object.defineProperty(ctx.oidc, 'acr', { value: namedFor(session?.acr, asked) });
    claims.id_token = { ...claims.id_token, auth_time: null, amr: null };
  });
}
