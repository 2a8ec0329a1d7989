// /account/data: a person takes everything along that is kept about them, or leaves for good.
import { Readable } from 'node:stream';
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { confirmationOf, isConfirmed } from '../../accounts/own-account.ts';
import { AppError } from '../../base/errors.ts';
import { accountDoors } from '../../http/account-pages.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { signedInAs, signInHref } from '../../http/signed-in.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';

const PATH = '/account/data';
const DAY_SECONDS = 24 * 60 * 60;

export function dataRoutes(router: Router, services: Services): void {
  const { audit, config, ownAccount, ownData, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);

  function show(ctx: Context, fault?: Fault): void {
    const { account, csrf, isRecent } = signedInAs(ctx);
    showPage(ctx, 'account/data', {
      csrf,
      action: `${PATH}/delete`,
      downloadAction: `${PATH}/download`,
      confirmation: confirmationOf(account),
      keptDays: Math.ceil(config.auditRetentionSeconds / DAY_SECONDS),
      ...(!isRecent && { signInHref: signInHref(PATH, true) }),
      ...(fault && { fault }),
    });
  }

  function refuse(ctx: Context, status: number, fault: Fault): void {
    show(ctx, fault);
    ctx.status = status;
  }

  router.get(PATH, ...page, (ctx: Context) => show(ctx));

  router.post(`${PATH}/download`, ...form, async (ctx: Context) => {
    const { account } = signedInAs(ctx);
    const pieces = await ownData.write(account);
    await audit.record('account.data_downloaded', { accountId: account.id }, {});
    ctx.attachment(`portaria-${account.id}.json`);
    ctx.type = 'application/json';
    ctx.body = Readable.from(pieces);
  });

  router.post(`${PATH}/delete`, ...form, signedInPeople.recently, async (ctx: Context) => {
    const { account } = signedInAs(ctx);
    const t = phrasesFor(ctx).account.data;
    if (!isConfirmed(account, formOf(ctx).get('confirmation') ?? '')) {
      const message = t.wrongConfirmation(confirmationOf(account));
      return refuse(ctx, 400, { field: 'confirmation', message });
    }
    try {
      await ownAccount.delete(account.id);
    } catch (error) {
      if (!(error instanceof AppError) || error.status !== 409) throw error;
      return refuse(ctx, 409, { message: t.lastAdministrator });
    }
    showPage(ctx, 'account/deleted', { homeHref: '/' });
  });
}
