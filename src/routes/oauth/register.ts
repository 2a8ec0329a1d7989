// POST /oauth/register (RFC 7591), where the settings allow it; otherwise there is nothing at this address. The engine could
// answer it too, but would take a stranger's word for what our own metadata says.
import type { Router } from '@koa/router';
import type { Middleware } from 'koa';
import { jsonOf } from '../../http/input.ts';
import { describeRegistered } from '../../oidc/registration.ts';
import type { Services } from '../../services.ts';
import { bearerOf } from '../../tokens/bearer.ts';

const PATH = '/oauth/register';

export function registerRoutes(router: Router, { registration }: Services): void {
  if (!registration.isOn) return;

  const register: Middleware = async (ctx) => {
    const bearer = bearerOf(ctx.req);
    const client = await registration.register(jsonOf(ctx), { bearer, address: ctx.ip });
    ctx.status = 201;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = describeRegistered(client);
  };

  router.options(PATH, allowBrowsers);
  router.post(PATH, allowBrowsers, register);
}

/** From any page: nobody is signed in here, and whoever may register may do so from a terminal as well. */
const allowBrowsers: Middleware = (ctx, next) => {
  const origin = ctx.get('origin');
  ctx.vary('Origin');
  if (origin !== '') {
    ctx.set('Access-Control-Allow-Origin', origin);
    ctx.set('Access-Control-Expose-Headers', 'WWW-Authenticate, Retry-After');
  }
  if (ctx.method !== 'OPTIONS') return next();
  ctx.set('Access-Control-Allow-Methods', 'POST');
  ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, MCP-Protocol-Version');
  ctx.set('Access-Control-Max-Age', '3600');
  ctx.status = 204;
  return undefined;
};
