// RFC 6749 §6, RFC 9700 §4.14.2. Wraps the engine's refresh grant. The adapter's compare-and-set lets one of many
// simultaneous refreshes win; a refresh token that comes back after its successor was issued ends the whole grant,
// and this wrapper writes down which and from where. A window for honest retries belongs here as well.
import { errors } from 'oidc-provider';
import type { Audit } from '../../audit/audit.ts';
import type { GrantHandler } from './grant-handler.ts';

export function wrapRefreshToken(handler: GrantHandler, audit: Audit): GrantHandler {
  return async (ctx) => {
    try {
      await handler(ctx);
    } catch (error) {
      if (isReuse(error)) {
        const { accountId, clientId } = ctx.oidc.entities.RefreshToken ?? {};
        await audit.record(
          'grant.revoked',
          { accountId, clientId: clientId ?? ctx.oidc.client?.clientId },
          { reason: 'a refresh token was used again after its successor had been issued' },
        );
      }
      throw error;
    }
  };
}

function isReuse(error: unknown): boolean {
  return error instanceof errors.InvalidGrant && /already used/.test(error.error_detail ?? '');
}
