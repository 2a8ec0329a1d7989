// /account/second-factor: an authenticator app and codes on paper, for the person whose account it is. Setting up wants a recent
// sign-in; what is there is only changed by whoever has just shown it.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { signedInAs, signInHref, type SignedIn } from '../../http/signed-in.ts';
import { ACR_OF_FACTOR } from '../../http/sign-in-end.ts';
import { beginAppSetUp, finishAppSetUp } from '../../http/totp-set-up.ts';
import { seeOther } from '../../http/way-on.ts';
import type { Services } from '../../services.ts';
import type { AppSetUp } from '../../views-second-factor.ts';

const PATH = '/account/second-factor';
const SET_UP = `${PATH}/set-up`;

export function accountSecondFactorRoutes(router: Router, services: Services): void {
  const { secondFactors, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);
  const { recently, surely } = signedInPeople;

  async function show(ctx: Context): Promise<void> {
    const { account, csrf, isRecent, isSure } = signedInAs(ctx);
    const { appSince, recoveryCodes } = await secondFactors.describe(account.id);
    const mayChange = isRecent && (isSure || !appSince);
    showPage(ctx, 'account/second-factor', {
      csrf,
      recoveryCodes,
      isRequired: await secondFactors.isRequired(account.id),
      setUpHref: SET_UP,
      renewAction: `${PATH}/codes`,
      removeAction: `${PATH}/remove`,
      ...(appSince && { appSince }),
      ...(!mayChange && { signInAgainHref: signInHref(PATH, true, appSince !== undefined) }),
      ...noticeOf(ctx),
    });
  }

  function showSetUp(ctx: Context, app: AppSetUp): void {
    showPage(ctx, 'account/second-factor/set-up', { action: SET_UP, csrf: signedInAs(ctx).csrf, app });
  }

  function showCodes(ctx: Context, codes: readonly string[]): void {
    showPage(ctx, 'account/second-factor/codes', { codes, nextHref: PATH });
  }

  router.get(PATH, ...page, (ctx: Context) => show(ctx));

  router.get(SET_UP, ...page, recently, async (ctx: Context) => {
    const person = signedInAs(ctx);
    if ((await secondFactors.describe(person.account.id)).appSince) return seeOther(ctx, PATH);
    showSetUp(ctx, beginAppSetUp(secondFactors, person.account, holderOf(person)));
  });

  router.post(SET_UP, ...form, recently, async (ctx: Context) => {
    const person = signedInAs(ctx);
    const outcome = await finishAppSetUp(ctx, secondFactors, person.account, holderOf(person));
    if ('page' in outcome) {
      showSetUp(ctx, outcome.page);
      ctx.status = 400;
      return;
    }
    await signedInPeople.addProof(ctx, ['otp', 'mfa'], ACR_OF_FACTOR.totp);
    showCodes(ctx, outcome.codes);
  });

  router.post(`${PATH}/codes`, ...form, surely, async (ctx: Context) => {
    const { account, sessionUid } = signedInAs(ctx);
    const { appSince } = await secondFactors.describe(account.id);
    if (!appSince) return seeOther(ctx, PATH);
    showCodes(ctx, await secondFactors.renewRecoveryCodes(account, sessionUid));
  });

  router.post(`${PATH}/remove`, ...form, surely, async (ctx: Context) => {
    const { account, sessionUid } = signedInAs(ctx);
    await secondFactors.remove(account, sessionUid);
    showDone(ctx, PATH, 'second-factor-removed');
  });
}

function holderOf({ sessionUid }: SignedIn): string {
  return `session:${sessionUid}`;
}
