// RFC 8628 §3.4 and §3.5. Wraps the engine's device grant: whoever polls faster than the interval hears slow_down, and has
// to wait longer from then on. That is noted at once, outside the unit of work of the answer.
import { errors } from 'oidc-provider';
import type { GrantHandler } from './grant-handler.ts';

/** Says whether a poll is in time, and notes it. */
export type NotePoll = (deviceCode: string) => Promise<boolean>;

export function wrapDeviceCode(handler: GrantHandler, notePoll: NotePoll): GrantHandler {
  return async (ctx) => {
    const deviceCode = ctx.oidc.params?.device_code;
    if (typeof deviceCode === 'string' && !(await notePoll(deviceCode))) {
      throw new errors.SlowDown('ask less often: wait five seconds longer between two requests');
    }
    await handler(ctx);
  };
}
