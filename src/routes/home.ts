// GET / (the front desk itself: who you are here), GET /sign-in and POST /sign-out (the ways in and out of our own pages).
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { sameOriginOnly } from '../http/same-origin.ts';
import { CONSOLE_CLIENT_ID } from '../oidc/client.ts';
import type { Services } from '../services.ts';

export function homeRoutes(router: Router, services: Services): void {
  const { accountStore, config, showPage } = services;

  router.get('/', async (ctx: Context) => {
    // The end of a sign-in of our own leaves the engine's parameters in the address.
    if (ctx.query['iss'] !== undefined) {
      ctx.status = 303;
      ctx.redirect('/');
      return;
    }
    const session = await services.provider.Session.get(ctx);
    const account = session.accountId ? await accountStore.find(session.accountId) : undefined;
    if (!account || account.blockedAt) {
      showPage(ctx, 'home', { signInHref: '/sign-in', services: [] });
      return;
    }
    showPage(ctx, 'home', {
      person: { name: account.name, oauthId: account.id, roles: account.roles },
      signOut: { action: '/sign-out', csrf: '' },
      services: [],
    });
  });

  // Our own pages sign in as everybody does: as a client, but one that is issued nothing.
  router.get('/sign-in', (ctx) => {
    const request = new URLSearchParams({
      client_id: CONSOLE_CLIENT_ID,
      response_type: 'none',
      redirect_uri: `${config.issuer}/`,
      scope: 'openid',
    });
    const language = ctx.query['ui_locales'];
    if (typeof language === 'string') request.set('ui_locales', language);
    ctx.redirect(`/oauth/authorize?${request}`);
  });

  // Changes nothing: the engine's own page asks, and has the form that signs out.
  router.post('/sign-out', sameOriginOnly(config.issuer), (ctx) => {
    ctx.status = 303;
    ctx.redirect(`/oauth/logout?client_id=${CONSOLE_CLIENT_ID}`);
  });
}
