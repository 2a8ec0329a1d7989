// /api/auth/get-session: what became of a sign-in that a terminal began. GET tells who the person is; POST with the code_verifier
// also gives tokens. Each outcome is told once. Those that still wait are answered ahead of Koa (polling/poll-listener.ts).
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { gone, invalidGrant, invalidRequest, notFound, slowDown } from '../../../base/errors.ts';
import { fieldsOf } from '../../../http/input.ts';
import { PENDING } from '../../../polling/poll-listener.ts';
import type { PollOutcome } from '../../../polling/polling-sessions.ts';
import type { Services } from '../../../services.ts';

const PATH = '/api/auth/get-session';

export function getSessionRoutes(router: Router, { pollingSessions }: Services): void {
  router.get(PATH, async (ctx: Context) => {
    // The router takes HEAD for GET; but whoever does not read the answer must not use it up.
    if (ctx.method === 'HEAD') throw invalidRequest('Ask with GET or POST.');
    const { session } = ctx.query;
    ctx.body = answerTo(await pollingSessions.poll(typeof session === 'string' ? session : ''));
  });
  router.post(PATH, async (ctx: Context) => {
    const fields = fieldsOf(ctx);
    ctx.body = answerTo(await pollingSessions.poll(fields.get('session') ?? '', fields.get('code_verifier')));
  });
}

function answerTo(outcome: PollOutcome): object {
  switch (outcome.status) {
    case 'pending':
      return PENDING;
    case 'denied':
      return { status: 'denied', message: 'The person refused.' };
    case 'unproved':
      return {
        status: 'completed',
        message: 'Send session and code_verifier to this address with POST: only then you get the outcome.',
      };
    case 'completed':
      return outcome;
    case 'wrong':
      throw invalidGrant(
        'code_verifier does not belong to the code_challenge of this session (RFC 7636 §4.6).',
      );
    case 'early':
      throw slowDown(outcome.retryAfterSeconds);
    case 'over':
      throw gone('expired_token', 'This session has expired, or its outcome was read already. Start again.');
    default:
      throw notFound('There is no such session. Start again with POST /api/auth/create-session.');
  }
}
