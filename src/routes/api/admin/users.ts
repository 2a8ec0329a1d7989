// /api/admin/v1/users: the people who have an account. The rules are in accounts/administration.ts.
import { z } from 'zod';
import {
  accountDocument,
  toDocument,
  toWholeDocument,
  wholeAccountDocument,
} from '../../../accounts/account-document.ts';
import { invalidRequest } from '../../../base/errors.ts';
import { listOf, pageFields } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';
import type { BrowserSession } from '../../../oidc/engine-store.ts';

const PATH = '/users';
const ONE = '/users/:user';
const which = { user: z.string().describe('The id, e-mail address or username of the account.') };
const changes = {
  name: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  tier: z.string().optional(),
  roles: z.array(z.string()).max(100).optional(),
};

export const userOperations = {
  listUsers: operation({
    method: 'get',
    path: PATH,
    summary: 'All accounts, the newest first.',
    permission: 'accounts.read',
    input: z.strictObject(pageFields),
    answer: listOf(accountDocument),
    async run({ administration }, { after, limit }) {
      const { accounts, next } = await administration.list({ before: after, limit });
      return { items: accounts.map(toDocument), next: next ?? null };
    },
  }),

  createUser: operation({
    method: 'post',
    path: PATH,
    summary: 'Makes an account.',
    permission: 'admin',
    input: z.strictObject({ ...changes, email: z.string(), email_verified: z.boolean().optional() }),
    answer: accountDocument,
    status: 201,
    run: async ({ administration }, { email_verified: emailVerified, ...form }) =>
      toDocument(await administration.create({ ...form, emailVerified })),
  }),

  showUser: operation({
    method: 'get',
    path: ONE,
    summary: 'An account, and what it has to sign in with.',
    permission: 'accounts.read',
    input: z.strictObject(which),
    answer: wholeAccountDocument,
    async run({ administration, personalTokens, secondFactors }, { user }) {
      const account = await administration.get(user);
      const { length } = await personalTokens.list(account.id);
      return toWholeDocument(account, await secondFactors.describe(account.id), length);
    },
  }),

  updateUser: operation({
    method: 'patch',
    path: ONE,
    summary:
      'Changes what is named and nothing else. Roles replace the old ones; a password ends all sessions and tokens.',
    permission: 'admin',
    input: z.strictObject({ ...which, ...changes, email_verified: z.literal(true).optional() }),
    answer: accountDocument,
    async run({ administration }, { user, email_verified: emailVerified, ...rest }) {
      const named = { ...rest, ...(emailVerified && { emailVerified }) };
      if (Object.keys(named).length === 0) throw invalidRequest('Name what to change.');
      return toDocument(await administration.update(user, named));
    },
  }),

  blockUser: operation({
    method: 'post',
    path: `${ONE}/block`,
    summary: 'Locks a person out: all sessions and tokens end at once.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: accountDocument,
    run: async ({ administration }, { user }) => toDocument(await administration.block(user)),
  }),

  unblockUser: operation({
    method: 'post',
    path: `${ONE}/unblock`,
    summary: 'Lets a blocked person in again. Sessions and tokens do not come back.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: accountDocument,
    run: async ({ administration }, { user }) => toDocument(await administration.unblock(user)),
  }),

  deleteUser: operation({
    method: 'delete',
    path: ONE,
    summary: 'Deletes an account for good, with all its sessions and tokens.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: z.strictObject({ id: z.uuid(), deleted: z.literal(true) }),
    async run({ administration }, { user }) {
      const { id } = await administration.get(user);
      await administration.delete(id);
      return { id, deleted: true as const };
    },
  }),

  resetSecondFactors: operation({
    method: 'post',
    path: `${ONE}/reset-second-factors`,
    summary:
      'Takes app, recovery codes and passkeys of somebody away who has lost them, and signs them out everywhere.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: z.strictObject({ id: z.uuid(), reset: z.boolean().describe('Whether there was anything.') }),
    async run({ administration, secondFactors }, { user }) {
      const account = await administration.get(user);
      return { id: account.id, reset: await secondFactors.reset(account) };
    },
  }),

  signOutUser: operation({
    method: 'post',
    path: `${ONE}/sign-out`,
    summary: 'Signs a person out everywhere: browsers, programs and services.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: z.strictObject({ id: z.uuid(), signed_out: z.literal(true) }),
    async run({ administration }, { user }) {
      const { id } = await administration.get(user);
      await administration.signOut(id);
      return { id, signed_out: true as const };
    },
  }),
};

const session = z
  .strictObject({
    uid: z.string(),
    signed_in_at: z.iso.datetime().nullable(),
    last_seen_at: z.iso.datetime().nullable(),
    address: z.string().nullable(),
    agent: z.string().nullable(),
    expires_at: z.iso.datetime(),
    client_ids: z.array(z.string()),
  })
  .meta({ id: 'Session' });
export type SessionDocument = z.infer<typeof session>;

export const sessionOperations = {
  listSessions: operation({
    method: 'get',
    path: `${ONE}/sessions`,
    summary: 'The browsers in which a person is signed in, the latest first.',
    permission: 'accounts.read',
    input: z.strictObject(which),
    answer: listOf(session),
    async run({ administration }, { user }) {
      const sessions = await administration.listSessions(user);
      return { items: sessions.map(toSessionDocument), next: null };
    },
  }),
};

function toSessionDocument(its: BrowserSession): SessionDocument {
  return {
    uid: its.uid,
    signed_in_at: its.signedInAt?.toISOString() ?? null,
    last_seen_at: its.lastSeenAt?.toISOString() ?? null,
    address: its.address ?? null,
    agent: its.agent ?? null,
    expires_at: its.expiresAt.toISOString(),
    client_ids: its.clientIds,
  };
}
