// /account/programs: what a person allowed which client, and how they take it back.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { formOf } from '../../http/input.ts';
import { languageOf } from '../../http/page.ts';
import { signedInAs } from '../../http/signed-in.ts';
import { nameIn } from '../../oidc/client-look.ts';
import type { Program } from '../../oidc/presence.ts';
import type { Language } from '../../phrases.ts';
import type { Services } from '../../services.ts';
import type { ProgramLine } from '../../views-account.ts';

const PATH = '/account/programs';

export function programsRoutes(router: Router, services: Services): void {
  const { clientStore, findResource, presence, showPage } = services;
  const { page, form } = accountDoors(services);

  async function lineOf(program: Program, language: Language): Promise<ProgramLine> {
    const { clientId, name, isFirstParty, isNative, scopes, resources, grants } = program;
    const found = await Promise.all(resources.map((identifier) => findResource(identifier)));
    const client = await clientStore.find(clientId);
    return {
      clientId,
      name: nameIn(language, { ...client?.metadata, name }),
      isThirdParty: !isFirstParty,
      scopes: scopes.map((scope) => ({ name: scope })),
      resourceNames: found.map((resource, index) => resource?.name ?? resources[index] ?? ''),
      ...(isNative && { machines: grants }),
      ...(program.allowedAt && { allowedAt: program.allowedAt }),
      ...(program.lastUsedAt && { lastUsedAt: program.lastUsedAt }),
    };
  }

  router.get(PATH, ...page, async (ctx: Context) => {
    const { account, csrf } = signedInAs(ctx);
    const language = languageOf(ctx);
    const programs = await presence.listPrograms(account.id);
    showPage(ctx, 'account/programs', {
      csrf,
      action: `${PATH}/disconnect`,
      programs: await Promise.all(programs.map((program) => lineOf(program, language))),
      ...noticeOf(ctx),
    });
  });

  router.post(`${PATH}/disconnect`, ...form, async (ctx: Context) => {
    await presence.disconnect(signedInAs(ctx).account.id, formOf(ctx).get('client') ?? '');
    showDone(ctx, PATH, 'disconnected');
  });
}
