// Every operation of the administration, by the name under which its description and the command line know it. Heavy: whoever may
// do without imports it when somebody asks.
import { auditOperations } from './routes/api/admin/audit.ts';
import { clientOperations, serviceTokenOperations } from './routes/api/admin/clients.ts';
import { invitationOperations } from './routes/api/admin/invitations.ts';
import { keyOperations } from './routes/api/admin/keys.ts';
import { outboxOperations } from './routes/api/admin/outbox.ts';
import { registrationTokenOperations } from './routes/api/admin/registration-tokens.ts';
import { resourceOperations } from './routes/api/admin/resources.ts';
import { roleOperations } from './routes/api/admin/roles.ts';
import { sessionOperations, userOperations } from './routes/api/admin/users.ts';

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
