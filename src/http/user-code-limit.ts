// RFC 8628 §5.1: a user code is short, so wrong ones are counted: few for one browser session, more for one address.
import type { Middleware } from 'koa';
import { addressKey, type Throttle } from '../base/throttle.ts';
import { formOf } from './input.ts';

export interface UserCodeThrottles {
  perSession: Throttle;
  perAddress: Throttle;
}

export function limitUserCodes({ perSession, perAddress }: UserCodeThrottles): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/device' || ctx.method !== 'POST' || !formOf(ctx).has('user_code')) return next();
    const attempt = async () => {
      await next();
      // Set by the page that says so (oidc/pages.ts).
      return { isRight: ctx.state['wrongUserCode'] !== true };
    };
    const session = ctx.cookies.get('portaria_session') ?? ctx.cookies.get('__Host-portaria_session') ?? ctx.ip;
    await perAddress.attempt(addressKey(ctx.ip), () => perSession.attempt(session, attempt));
    return undefined;
  };
}
