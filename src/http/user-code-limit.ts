// RFC 8628 §5.1: a user code is short, so wrong ones are counted: few for one browser session, more for one address.
import type { Middleware } from 'koa';
import { forbidden } from '../base/errors.ts';
import { addressKey, type Throttle } from '../base/throttle.ts';

/** Wrong ones in a quarter of an hour. */
export const WRONG_USER_CODES = { windowSeconds: 15 * 60, perSession: 5, perAddress: 30 };

export interface UserCodeThrottles {
  perSession: Throttle;
  perAddress: Throttle;
}

export function limitUserCodes(
  { perSession, perAddress }: UserCodeThrottles,
  sessionCookie: string,
): Middleware {
  return async (ctx, next) => {
    const isForm = ctx.path === '/device' && ctx.method === 'POST';
    if (!isForm && !ctx.path.startsWith('/device/')) return next();
    // The page gave the session with the form. Without one the engine would fail, and there is nothing to go on with.
    const session = ctx.cookies.get(sessionCookie, { signed: true });
    if (!session)
      throw forbidden('form_expired', 'The form is too old. Open /device again and enter the code there.');
    if (!isForm) return next();
    const attempt = async () => {
      await next();
      // Set by the page that says so (oidc/pages.ts).
      return { isRight: ctx.state['wrongUserCode'] !== true };
    };
    await perAddress.attempt(addressKey(ctx.ip), () => perSession.attempt(session, attempt));
    return undefined;
  };
}
