// /api/admin/v1: every operation of the administration, by the name under which the description and the command line know it,
// and the description itself, which anybody may read.
import type { Router } from '@koa/router';
import packageJson from '../../../package.json' with { type: 'json' };
import { serveOperations } from '../../http/admin-api.ts';
import { ADMIN_API } from '../../http/operation.ts';
import { describeApi } from '../../http/openapi.ts';
import { ADMIN_SCOPE } from '../../oidc/scopes.ts';
import type { Services } from '../../services.ts';
import { auditOperations } from './admin/audit.ts';
import { clientOperations, serviceTokenOperations } from './admin/clients.ts';
import { invitationOperations } from './admin/invitations.ts';
import { keyOperations } from './admin/keys.ts';
import { outboxOperations } from './admin/outbox.ts';
import { registrationTokenOperations } from './admin/registration-tokens.ts';
import { resourceOperations } from './admin/resources.ts';
import { roleOperations } from './admin/roles.ts';
import { sessionOperations, userOperations } from './admin/users.ts';

export const operations = {
  ...clientOperations,
  ...serviceTokenOperations,
  ...userOperations,
  ...sessionOperations,
  ...invitationOperations,
  ...roleOperations,
  ...keyOperations,
  ...auditOperations,
  ...resourceOperations,
  ...outboxOperations,
  ...registrationTokenOperations,
};

export type Operations = typeof operations;

export function adminRoutes(router: Router, services: Services): void {
  let description: object | undefined;
  router.get(`${ADMIN_API}/openapi.json`, (ctx) => {
    description ??= describeApi({
      title: 'Portaria administration',
      version: packageJson.version,
      description:
        'Sign in with the scope `admin` (device code, client `cli`); the permissions of your roles decide each call.',
      issuer: services.config.issuer,
      root: ADMIN_API,
      operations,
      scope: ADMIN_SCOPE,
    });
    ctx.body = description;
  });
  serveOperations(router, services, Object.values(operations));
}
