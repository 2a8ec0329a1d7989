// /api/admin/v1/outbox: what services have to be told and have not heard yet, and mails that have not left. What is sealed of them
// stays so.
import { z } from 'zod';
import { notFound } from '../../../base/errors.ts';
import { listOf, pageFields, pageFrom } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';
import type { WaitingMessage } from '../../../outbox/outbox-store.ts';

const ID = /^\d{1,18}$/;
const time = z.iso.datetime();

const message = z
  .strictObject({
    id: z.string(),
    kind: z.string(),
    destination: z.string(),
    body: z.looseObject({}),
    created_at: time,
    attempts: z.int(),
    next_attempt_at: time.nullable(),
    last_fault: z.string().nullable(),
    given_up_at: time.nullable(),
  })
  .meta({ id: 'Message' });
export type MessageDocument = z.infer<typeof message>;

export const outboxOperations = {
  listMessages: operation({
    method: 'get',
    path: '/outbox',
    summary: 'The messages that wait for their next attempt, the oldest first.',
    permission: 'admin',
    input: z.strictObject({
      ...pageFields,
      after: z.string().regex(ID).optional(),
      given_up: z.enum(['true', 'false']).default('false').describe('Those that nobody tries any more.'),
    }),
    answer: listOf(message),
    async run({ outbox }, { after, limit, given_up: isGivenUp }) {
      const rows = await outbox.list({ isGivenUp: isGivenUp === 'true', after, limit: limit + 1 });
      return pageFrom(rows, limit, { keyOf: ({ id }) => id, toItem: toDocument });
    },
  }),

  retryMessage: operation({
    method: 'post',
    path: '/outbox/:id/retry',
    summary: 'Tries a message from the beginning, within seconds.',
    permission: 'admin',
    input: z.strictObject({ id: z.string() }),
    answer: z.strictObject({ id: z.string() }),
    async run({ outbox }, { id }) {
      if (!ID.test(id) || !(await outbox.restart(id)))
        throw notFound(`There is no message "${id}". List them with: npx portaria outbox list --given-up`);
      return { id };
    },
  }),
};

function toDocument(its: WaitingMessage): MessageDocument {
  return {
    id: its.id,
    kind: its.kind,
    destination: its.destination,
    body: { ...its.body },
    created_at: its.createdAt.toISOString(),
    attempts: its.attempts,
    next_attempt_at: its.dueAt?.toISOString() ?? null,
    last_fault: its.lastFault ?? null,
    given_up_at: its.givenUpAt?.toISOString() ?? null,
  };
}
