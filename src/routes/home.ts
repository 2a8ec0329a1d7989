// GET / (the front desk itself: who you are here), GET /sign-in and POST /sign-out (the ways in and out of our own pages).
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { markOf } from '../http/client-look.ts';
import { languageOf } from '../http/page.ts';
import { sameOriginOnly } from '../http/same-origin.ts';
import { RECENT_SECONDS, returnPathOf } from '../http/signed-in.ts';
import { seeOther } from '../http/way-on.ts';
import { lookOf, nameIn } from '../oidc/client-look.ts';
import { ACR_VALUES } from '../oidc/authentication-context.ts';
import { CONSOLE_CLIENT_ID, type Client } from '../oidc/client.ts';
import type { Language } from '../phrases.ts';
import type { Services } from '../services.ts';
import type { ServiceTile } from '../views.ts';

export function homeRoutes(router: Router, services: Services): void {
  const { clientStore, config, showPage, signedInPeople } = services;

  router.get('/', async (ctx: Context) => {
    // The end of a sign-in of our own leaves the engine's parameters in the address, and in them where it was begun for.
    if (ctx.query['iss'] !== undefined) {
      seeOther(ctx, ctx.query['error'] === undefined ? returnPathOf(ctx.query['state']) : '/');
      return;
    }
    const person = await signedInPeople.find(ctx);
    if (!person) {
      showPage(ctx, 'home', { signInHref: '/sign-in' });
      return;
    }
    const { account, csrf } = person;
    ctx.state['uiLocales'] ??= account.locale;
    const language = languageOf(ctx);
    showPage(ctx, 'home', {
      person: { name: account.name, oauthId: account.id, roles: account.roles },
      signOut: { action: '/sign-out', csrf },
      services: (await clientStore.listStartable(account.id)).map((client) =>
        tileOf(client, config.issuer, language),
      ),
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
    const { ui_locales: language, return_to: returnTo, again, other, surely } = ctx.query;
    if (typeof language === 'string') request.set('ui_locales', language);
    if (returnTo !== undefined) request.set('state', returnPathOf(returnTo));
    // OpenID Connect Core §3.1.2.1: whoever signed in longer ago does it again. One second less, so that nobody who comes back
    // is sent off once more.
    if (again !== undefined) request.set('max_age', String(RECENT_SECONDS - 1));
    if (other !== undefined) request.set('prompt', 'login');
    if (surely !== undefined) request.set('acr_values', ACR_VALUES.join(' '));
    ctx.redirect(`/oauth/authorize?${request}`);
  });

  // Changes nothing: the engine's own page asks, and has the form that signs out.
  router.post('/sign-out', sameOriginOnly(config.issuer), (ctx) => {
    seeOther(ctx, `/oauth/logout?client_id=${CONSOLE_CLIENT_ID}`);
  });
}

/** OpenID Connect Core §4: the service is told who sends the person, signs them in without a question, and they are in. */
function tileOf(client: Client, issuer: string, language: Language): ServiceTile {
  const { metadata } = client;
  const url = new URL(metadata.initiate_login_uri ?? issuer);
  url.searchParams.set('iss', issuer);
  const look = lookOf(client) ?? { name: client.name, isOurs: true };
  const name = nameIn(language, look);
  return { name, mark: markOf({ ...look, name }), href: url.href, detail: url.host };
}
