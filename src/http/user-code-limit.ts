// RFC 8628 §5.1: a user code is short, so wrong ones are counted: few for one browser session, more for one address.
import type { Middleware } from 'koa';
import { forbidden } from '../base/errors.ts';
import { addressKey, type Throttle } from '../base/throttle.ts';
import { formOf } from './input.ts';

export interface UserCodeThrottles {
  perSession: Throttle;
  perAddress: Throttle;
}

export function limitUserCodes(
  { perSession, perAddress }: UserCodeThrottles,
  sessionCookie: string,
): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/device' || ctx.method !== 'POST') return next();
    // The page gave the session with the form. Without one the engine would fail, and there is no form to be right.
    const session = ctx.cookies.get(sessionCookie, { signed: true });
    if (!session)
      throw forbidden('form_expired', 'The form is too old. Open /device again and enter the code there.');
    if (!formOf(ctx).has('user_code')) return next();
    const attempt = async () => {
      await next();
      // Set by the page that says so (oidc/pages.ts).
      return { isRight: ctx.state['wrongUserCode'] !== true };
    };
    await perAddress.attempt(addressKey(ctx.ip), () => perSession.attempt(session, attempt));
    return undefined;
  };
}
