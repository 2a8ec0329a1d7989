// /account/tokens: a person makes tokens for programs that cannot sign in, sees which there are, and ends them. Making one wants
// a recent sign-in, with the second step where there is one; ending one never does.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { PASSKEY_NAME_MAX_LENGTH } from '../../accounts/passkeys.ts';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { signedInAs, signInHref } from '../../http/signed-in.ts';
import { showsAnything } from '../../oidc/claims.ts';
import { PERSONAL_SCOPES, scopesOf } from '../../oidc/scopes.ts';
import type { Services } from '../../services.ts';
import { PERSONAL_TOKEN_DAYS, type PersonalTokenFault } from '../../tokens/personal-tokens.ts';

const PATH = '/account/tokens';
const FIRST_CHOICE = { name: '', scopes: ['openid', 'profile', 'email', 'read'], days: 30 };
/** Where a fault stands; those without a field concern the whole page. */
const FIELDS: Partial<Record<PersonalTokenFault, string>> = { nameEmpty: 'name', noScope: 'scope' };

type Choice = typeof FIRST_CHOICE;

export function tokensRoutes(router: Router, services: Services): void {
  const { config, personalTokens, secondFactors, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);
  const { recently } = signedInPeople;

  async function show(ctx: Context, choice: Choice, fault?: PersonalTokenFault): Promise<void> {
    const { account, csrf, isRecent } = signedInAs(ctx);
    const isSurely = await secondFactors.isAsked(account.id);
    const field = fault && FIELDS[fault];
    const tokens = await personalTokens.list(account.id);
    showPage(ctx, 'account/tokens', {
      csrf,
      action: PATH,
      revokeAction: `${PATH}/revoke`,
      tokens: tokens.map((token) => ({ ...token, scopes: [...scopesOf(token.scope)] })),
      scopes: PERSONAL_SCOPES.map((name) => ({ name, isChosen: choice.scopes.includes(name) })),
      days: PERSONAL_TOKEN_DAYS,
      values: choice,
      nameMaxLength: PASSKEY_NAME_MAX_LENGTH,
      ...(!isRecent && {
        signInAgain: { href: signInHref(PATH, true, isSurely), isSurely },
      }),
      ...noticeOf(ctx),
      ...(fault && {
        fault: { message: phrasesFor(ctx).account.tokens.faults[fault], ...(field && { field }) },
      }),
    });
  }

  const make: Middleware = async (ctx) => {
    const { account, sessionUid } = signedInAs(ctx);
    const choice = choiceIn(formOf(ctx));
    const outcome = await personalTokens.make(account, { sessionUid, ...choice });
    if (typeof outcome === 'string') {
      await show(ctx, choice, outcome);
      ctx.status = outcome === 'tooMany' ? 409 : 400;
      return;
    }
    const { token, name, scopes, expiresAt } = outcome;
    const example = showsAnything(new Set(scopes)) ? '/api/user' : '/api/verify';
    const exampleUrl = `${config.issuer}${example}`;
    showPage(ctx, 'account/tokens/made', { token, name, expiresAt, exampleUrl, nextHref: PATH });
  };

  router.get(PATH, ...page, (ctx: Context) => show(ctx, FIRST_CHOICE));
  router.post(PATH, ...form, recently, make);
  router.post(`${PATH}/revoke`, ...form, async (ctx: Context) => {
    await personalTokens.revoke(signedInAs(ctx).account.id, formOf(ctx).get('token') ?? '');
    showDone(ctx, PATH, 'token-revoked');
  });
}

function choiceIn(fields: ReadonlyMap<string, string>): Choice {
  return {
    name: fields.get('name') ?? '',
    scopes: PERSONAL_SCOPES.filter((name) => fields.get(`scope_${name}`) === 'yes'),
    days: Number(fields.get('days')),
  };
}
