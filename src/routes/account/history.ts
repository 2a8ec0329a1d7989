// /account/history: what happened with a person's own account, in plain words, page by page.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { AuditRow } from '../../audit/audit-store.ts';
import { TOLD_EVENTS } from '../../audit/history.ts';
import { notFound } from '../../base/errors.ts';
import { accountDoors } from '../../http/account-pages.ts';
import { tell, type Names } from '../../http/happening.ts';
import { languageOf, phrasesFor } from '../../http/page.ts';
import { signedInAs } from '../../http/signed-in.ts';
import { setWayOn } from '../../http/way-on.ts';
import { nameIn } from '../../oidc/client-look.ts';
import type { Language } from '../../phrases.ts';
import type { Services } from '../../services.ts';

const PATH = '/account/history';
const PAGE = 30;
/** The id of a row, as it stands in the address of the page behind it. */
const ROW_ID = /^[1-9]\d{0,17}$/;

export function historyRoutes(router: Router, services: Services): void {
  const { auditStore, showPage } = services;

  router.get(PATH, ...accountDoors(services).page, async (ctx: Context) => {
    const before = placeIn(ctx);
    const { account } = signedInAs(ctx);
    const rows = await auditStore.listHistory(account.id, { events: TOLD_EVENTS, before, limit: PAGE + 1 });
    const page = rows.slice(0, PAGE);
    const names = await namesIn(page, services, languageOf(ctx));
    const t = phrasesFor(ctx);
    showPage(ctx, 'account/history', {
      happenings: page.flatMap((row) => tell(row, t, names) ?? []),
      ...(rows.length > PAGE && { olderHref: `${PATH}?before=${page.at(-1)?.id}` }),
      ...(before !== undefined && { newestHref: PATH }),
    });
  });
}

/** Throws 404 for what is no place in the history. */
function placeIn(ctx: Context): string | undefined {
  const { before } = ctx.query;
  if (before === undefined) return undefined;
  setWayOn(ctx, PATH);
  if (typeof before !== 'string' || !ROW_ID.test(before)) throw notFound('There is no such page.');
  return before;
}

async function namesIn(
  rows: readonly AuditRow[],
  { clientStore, connectors }: Services,
  language: Language,
): Promise<Names> {
  const ids = [...new Set(rows.flatMap(({ clientId }) => clientId ?? []))];
  const clients = new Map(
    await Promise.all(ids.map(async (id) => [id, await clientStore.find(id)] as const)),
  );
  const labels = new Map(connectors.list().map(({ id, label }) => [id, label]));
  const client = (id: string) => {
    const found = clients.get(id);
    return found && nameIn(language, { ...found.metadata, name: found.name });
  };
  return { client, connector: (id) => labels.get(id) };
}
