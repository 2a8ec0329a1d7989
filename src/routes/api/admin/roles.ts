// /api/admin/v1/roles: what the roles of people give them and ask of them. Who has which is with the people (users.ts).
import { z } from 'zod';
import type { Role } from '../../../accounts/role-store.ts';
import { listOf } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';

const role = z
  .strictObject({
    id: z.string(),
    permissions: z.array(z.string()),
    second_factor_required: z.boolean(),
    people: z.int().describe('Who have it.'),
  })
  .meta({ id: 'Role' });
export type RoleDocument = z.infer<typeof role>;

export const roleOperations = {
  listRoles: operation({
    method: 'get',
    path: '/roles',
    summary: 'All roles, with how many people have them.',
    permission: 'accounts.read',
    input: z.strictObject({}),
    answer: listOf(role),
    run: async ({ roles }) => ({ items: (await roles.list()).map(toDocument), next: null }),
  }),

  updateRole: operation({
    method: 'patch',
    path: '/roles/:role',
    summary: 'Changes what a role asks of those who have it.',
    permission: 'admin',
    input: z.strictObject({ role: z.string(), second_factor_required: z.boolean() }),
    answer: role,
    run: async ({ roles }, { role: id, second_factor_required: isRequired }) =>
      toDocument(await roles.requireSecondFactor(id, isRequired)),
  }),
};

function toDocument({ id, permissions, secondFactorRequired, people }: Role): RoleDocument {
  return { id, permissions, second_factor_required: secondFactorRequired, people };
}
