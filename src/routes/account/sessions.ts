// /account/sessions: the browsers where a person is signed in, and how they end one, the others, or everything there is.
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { accountDoors, noticeOf, showDone } from '../../http/account-pages.ts';
import { deviceName } from '../../http/agent.ts';
import { formOf } from '../../http/input.ts';
import { phrasesFor } from '../../http/page.ts';
import { signedInAs } from '../../http/signed-in.ts';
import { seeOther } from '../../http/way-on.ts';
import type { BrowserSession } from '../../oidc/engine-store.ts';
import type { Services } from '../../services.ts';
import type { SessionLine } from '../../views-account.ts';

const PATH = '/account/sessions';

export function sessionsRoutes(router: Router, services: Services): void {
  const { administration, presence, showPage } = services;
  const { page, form } = accountDoors(services);

  function lineOf(ctx: Context, session: BrowserSession): SessionLine {
    const { uid, address, signedInAt, lastSeenAt, agent } = session;
    return {
      uid,
      isThis: uid === signedInAs(ctx).sessionUid,
      device: deviceName(agent, phrasesFor(ctx)),
      ...(address && { address }),
      ...(signedInAt && { signedInAt }),
      ...(lastSeenAt && { lastSeenAt }),
    };
  }

  router.get(PATH, ...page, async (ctx: Context) => {
    const { account, csrf } = signedInAs(ctx);
    // A session whose id has just changed may stand there twice for a moment.
    const byUid = new Map((await presence.listSessions(account.id)).map((session) => [session.uid, session]));
    const sessions = [...byUid.values()].map((session) => lineOf(ctx, session));
    showPage(ctx, 'account/sessions', {
      csrf,
      action: `${PATH}/end`,
      othersAction: `${PATH}/end-others`,
      everywhereAction: `${PATH}/end-everything`,
      // This one first.
      sessions: sessions.toSorted((a, b) => Number(b.isThis) - Number(a.isThis)),
      ...noticeOf(ctx),
    });
  });

  router.post(`${PATH}/end`, ...form, async (ctx: Context) => {
    const { account } = signedInAs(ctx);
    await presence.endSession(account.id, formOf(ctx).get('session') ?? '');
    showDone(ctx, PATH, 'ended');
  });

  router.post(`${PATH}/end-others`, ...form, async (ctx: Context) => {
    const { account, sessionUid } = signedInAs(ctx);
    await presence.endOtherSessions(account.id, sessionUid);
    showDone(ctx, PATH, 'others-ended');
  });

  // This browser too: the front desk says who is there.
  router.post(`${PATH}/end-everything`, ...form, async (ctx: Context) => {
    await administration.signOut(signedInAs(ctx).account.id);
    seeOther(ctx, '/');
  });
}
