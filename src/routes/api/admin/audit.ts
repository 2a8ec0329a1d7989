// /api/admin/v1/audit: what happened, who did it and from where.
import { z } from 'zod';
import { isAccountId } from '../../../accounts/account.ts';
import type { AuditRow } from '../../../audit/audit-store.ts';
import { listOf, pageFields, pageFrom } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';

const text = z.string().nullable();
const happening = z
  .strictObject({
    id: z.string(),
    occurred_at: z.iso.datetime(),
    event: z.string(),
    account_id: text.describe('Whom it happened to.'),
    actor_id: text.describe('The administrator who did it over the API.'),
    client_id: text,
    address: text,
    agent: text,
    request_id: text,
    details: z.looseObject({}),
  })
  .meta({ id: 'Happening' });
export type HappeningDocument = z.infer<typeof happening>;

export const auditOperations = {
  listAudit: operation({
    method: 'get',
    path: '/audit',
    summary: 'What happened, the newest first.',
    permission: 'audit.read',
    input: z.strictObject({
      ...pageFields,
      after: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
      since: z.iso.datetime({ offset: true }).optional(),
      account: z.string().optional().describe('Only what concerns one, by its id, address or username.'),
      actor: z
        .string()
        .optional()
        .describe('Only what an administrator did over the API, named the same way.'),
    }),
    answer: listOf(happening),
    async run({ administration, auditStore }, { after: before, limit, since, account, actor }) {
      const rows = await auditStore.list({
        since: since === undefined ? undefined : new Date(since),
        accountId: await findId(account, administration),
        actorId: await findId(actor, administration),
        before,
        limit: limit + 1,
      });
      return pageFrom(rows, limit, { keyOf: ({ id }) => id, toItem: toDocument });
    },
  }),
};

/** An id as it is: what a deleted account did can still be asked for. */
async function findId(
  account: string | undefined,
  administration: { get(who: string): Promise<{ id: string }> },
): Promise<string | undefined> {
  if (account === undefined) return undefined;
  const id = account.toLowerCase();
  return isAccountId(id) ? id : (await administration.get(account)).id;
}

function toDocument(row: AuditRow): HappeningDocument {
  return {
    id: row.id,
    occurred_at: row.occurredAt.toISOString(),
    event: row.event,
    account_id: row.accountId ?? null,
    actor_id: row.actorId ?? null,
    client_id: row.clientId ?? null,
    address: row.address ?? null,
    agent: row.agent ?? null,
    request_id: row.requestId ?? null,
    details: { ...row.details },
  };
}
