// RFC 8628 §3.1: a sign-in by device code begins with nobody signed in, and a public client proves nothing: how many one address
// begins is counted, as it is for polling sessions. A client that proves who it is may begin as many as it likes.
import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { addressKey, type Throttle } from '../base/throttle.ts';
import { ROUTES } from '../oidc/configuration.ts';
import { refuseOtherSites } from './same-origin.ts';

export const DEVICE_CODES = { perAddress: 60, windowSeconds: 10 * 60 };

export function limitDeviceCodes(perAddress: Throttle, issuer: string): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== ROUTES.device_authorization || ctx.method !== 'POST') return next();
    // No page can show what a terminal shows; but it could use up what the address of its visitors may begin.
    refuseOtherSites(ctx, issuer, 'Pages of other sites begin no sign-in of a device.');
    await perAddress.attempt(addressKey(ctx.ip), async () => {
      await next();
      // Counted because it was made, not because it was wrong.
      return { isRight: ctx.status !== 200 || hasProved(ctx) };
    });
    return undefined;
  };
}

function hasProved(ctx: Context): boolean {
  return (ctx as Partial<KoaContextWithOIDC>).oidc?.client?.clientAuthMethod !== 'none';
}
