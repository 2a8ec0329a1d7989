// /account/password: another password for whoever knows the one of now, or a first one.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { AppError } from '../../base/errors.ts';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { fieldFaultOf } from '../../http/field-fault.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { signedInAs } from '../../http/signed-in.ts';
import type { Services } from '../../services.ts';
import type { Fault } from '../../views.ts';

const PATH = '/account/password';

export function accountPasswordRoutes(router: Router, services: Services): void {
  const { deviceCookie, passwordChange, showPage, signedInPeople } = services;
  const { page, form } = accountDoors(services);
  const { recently } = signedInPeople;

  async function show(ctx: Context, faults: readonly Fault[] = []): Promise<void> {
    const { account, csrf } = signedInAs(ctx);
    showPage(ctx, 'account/password', {
      action: PATH,
      csrf,
      hasPassword: await passwordChange.hasPassword(account.id),
      faults,
      passwordMinLength: passwordChange.minLengthFor(account),
      ...noticeOf(ctx),
    });
  }

  router.get(PATH, ...page, recently, (ctx: Context) => show(ctx));

  router.post(PATH, ...form, recently, async (ctx: Context) => {
    const { account, sessionUid } = signedInAs(ctx);
    const fields = formOf(ctx);
    const [current, password] = [fields.get('current') ?? '', fields.get('password') ?? ''];
    try {
      const origin = { sessionUid, address: ctx.ip, device: deviceCookie.of(ctx) };
      await passwordChange.change(account, { current, password, ...origin });
    } catch (error) {
      if (!(error instanceof AppError) || error.field === undefined) throw error;
      await show(ctx, [fieldFaultOf(error, phrasesFor(ctx), passwordChange.minLengthFor(account))]);
      ctx.status = error.status;
      return;
    }
    await deviceCookie.keep(ctx, account.id);
    showDone(ctx, PATH, 'password-changed');
  });
}
