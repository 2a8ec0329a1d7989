// /account/passkeys: a person's passkeys: add one, give it another name, take it away. Each change wants a recent sign-in, since a
// passkey is a way in that nobody else would notice.
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { handleOf } from '../../accounts/passkey-ceremony.ts';
import { PASSKEY_NAME_MAX_LENGTH } from '../../accounts/passkeys.ts';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { nameAfterBrowser } from '../../http/passkey-doors.ts';
import { signedInAs, signInHref } from '../../http/signed-in.ts';
import type { Services } from '../../services.ts';
import type { PasskeysPage } from '../../views-account.ts';

const PATH = '/account/passkeys';

export function passkeysRoutes(router: Router, services: Services): void {
  const { config, passkeyDoors, passkeys, showPage, signInMethods } = services;
  const { page, form } = accountDoors(services);
  const rpId = new URL(config.issuer).hostname;

  async function show(ctx: Context, fault?: PasskeysPage['fault']): Promise<void> {
    const { account, csrf, isRecent } = signedInAs(ctx);
    const { passkeys: kept } = await signInMethods.list(account.id);
    const accepted = {
      rpId,
      userId: handleOf(account.id),
      allAcceptedCredentialIds: kept.map(({ id }) => id),
    };
    showPage(ctx, 'account/passkeys', {
      csrf,
      action: PATH,
      optionsAction: `${PATH}/options`,
      renameAction: `${PATH}/rename`,
      removeAction: `${PATH}/remove`,
      passkeys: kept,
      accepted: JSON.stringify(accepted),
      arePossible: passkeys.arePossible,
      suggestedName: nameAfterBrowser(ctx),
      nameMaxLength: PASSKEY_NAME_MAX_LENGTH,
      ...(!isRecent && { signInAgainHref: signInHref(PATH, true) }),
      ...noticeOf(ctx),
      ...(fault && { fault }),
    });
  }

  async function refuse(ctx: Context, status: number, fault: PasskeysPage['fault']): Promise<void> {
    await show(ctx, fault);
    ctx.status = status;
  }

  const offer: Middleware = async (ctx) => {
    const { account, sessionUid } = signedInAs(ctx);
    await passkeyDoors.offer(ctx, account, sessionUid);
  };

  const add: Middleware = async (ctx) => {
    const { account, sessionUid } = signedInAs(ctx);
    const outcome = await passkeyDoors.add(ctx, account, sessionUid);
    if (outcome === 'added') return showDone(ctx, PATH, 'passkey-added');
    return refuse(ctx, outcome === 'known' || outcome === 'tooMany' ? 409 : 400, {
      message: phrasesFor(ctx).passkeys.faults[outcome],
    });
  };

  const rename: Middleware = async (ctx) => {
    const fields = formOf(ctx);
    const id = fields.get('passkey') ?? '';
    const outcome = await passkeys.rename(signedInAs(ctx).account, id, fields.get('name') ?? '');
    const { faults } = phrasesFor(ctx).passkeys;
    if (outcome === 'missing') return refuse(ctx, 404, { message: faults.missing });
    if (outcome === 'empty')
      return refuse(ctx, 400, { passkey: id, field: 'name', message: faults.nameEmpty });
    showDone(ctx, PATH, 'passkey-renamed');
  };

  const remove: Middleware = async (ctx) => {
    const outcome = await passkeys.remove(signedInAs(ctx).account, formOf(ctx).get('passkey') ?? '');
    const { faults } = phrasesFor(ctx).passkeys;
    if (outcome !== 'removed')
      return refuse(ctx, outcome === 'last' ? 409 : 404, { message: faults[outcome] });
    showDone(ctx, PATH, 'passkey-removed');
  };

  const { recently } = services.signedInPeople;
  router.get(PATH, ...page, (ctx: Context) => show(ctx));
  router.post(PATH, ...form, recently, add);
  router.post(`${PATH}/options`, ...form, recently, offer);
  router.post(`${PATH}/rename`, ...form, recently, rename);
  router.post(`${PATH}/remove`, ...form, recently, remove);
}
