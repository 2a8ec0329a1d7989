// POST /api/auth/create-session: a terminal that cannot receive anything begins a sign-in (polling/). Without a body it is the
// built-in command line's, and learns who the person is; tokens are for whoever sends a code_challenge (RFC 7636).
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { fieldsOf } from '../../../http/input.ts';
import { refuseOtherSites } from '../../../http/same-origin.ts';
import { POLLING } from '../../../polling/polling-sessions.ts';
import type { Services } from '../../../services.ts';
import { terminalPath } from '../../terminal.ts';

export function createSessionRoutes(router: Router, { config, pollingSessions }: Services): void {
  router.post('/api/auth/create-session', async (ctx: Context) => {
    // No page can read the answer; but it could use up what the address of its visitors may begin.
    refuseOtherSites(ctx, config.issuer, 'Pages of other sites begin no sign-in of a terminal.');
    const fields = fieldsOf(ctx);
    const made = await pollingSessions.create(
      {
        clientId: fields.get('client_id'),
        scope: fields.get('scope'),
        codeChallenge: fields.get('code_challenge'),
        codeChallengeMethod: fields.get('code_challenge_method'),
        deviceName: fields.get('device_name'),
      },
      ctx.ip,
    );
    ctx.body = {
      sessionId: made.sessionId,
      loginUrl: `${config.issuer}${terminalPath(made.handle)}`,
      userCode: made.userCode,
      expiresIn: made.expiresInSeconds,
      interval: POLLING.interval,
    };
  });
}
