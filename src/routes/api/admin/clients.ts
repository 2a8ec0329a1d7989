// /api/admin/v1/clients: registered clients and their service tokens. The rules are in oidc/clients.ts and
// tokens/service-tokens.ts.
import { z } from 'zod';
import { invalidRequest } from '../../../base/errors.ts';
import { listOf, pageFields, pageFrom } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';
import {
  clientDocument,
  newClientDocument,
  toDocument,
  toNewDocument,
} from '../../../oidc/client-document.ts';
import { clientFields, toInput } from '../../../oidc/client-fields.ts';
import type { ServiceToken } from '../../../tokens/service-token-store.ts';

const PATH = '/clients';
const ONE = '/clients/:client_id';
const which = { client_id: z.string() };

export const clientOperations = {
  listClients: operation({
    method: 'get',
    path: PATH,
    summary: 'All clients in the order of their ids, without their secrets.',
    permission: 'clients.read',
    input: z.strictObject(pageFields),
    answer: listOf(clientDocument),
    async run({ clients }, { after, limit }) {
      const rows = await clients.list({ limit: limit + 1, ...(after !== undefined && { after }) });
      return pageFrom(rows, limit, { keyOf: ({ id }) => id, toItem: toDocument });
    },
  }),

  createClient: operation({
    method: 'post',
    path: PATH,
    summary: 'Registers a client. Its secret is in this answer and in no other.',
    permission: 'admin',
    input: clientFields.extend(which),
    answer: newClientDocument,
    status: 201,
    run: async ({ clients }, { client_id: id, ...fields }) =>
      toNewDocument(await clients.create(id, toInput(fields))),
  }),

  showClient: operation({
    method: 'get',
    path: ONE,
    summary: 'A client, without its secret.',
    permission: 'clients.read',
    input: z.strictObject(which),
    answer: clientDocument,
    run: async ({ clients }, { client_id: id }) => toDocument(await clients.get(id)),
  }),

  updateClient: operation({
    method: 'patch',
    path: ONE,
    summary: 'Changes what is named and nothing else. A list that is given replaces the old one.',
    permission: 'admin',
    input: clientFields.extend(which),
    answer: clientDocument,
    async run({ clients }, { client_id: id, ...fields }) {
      if (Object.keys(fields).length === 0) throw invalidRequest('Name what to change.');
      return toDocument(await clients.update(id, toInput(fields)));
    },
  }),

  rotateClientSecret: operation({
    method: 'post',
    path: `${ONE}/rotate-secret`,
    summary:
      'Gives a client a new secret, in this answer and in no other. The old one stops within a second.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: newClientDocument,
    run: async ({ clients }, { client_id: id }) => toNewDocument(await clients.rotateSecret(id)),
  }),

  deleteClient: operation({
    method: 'delete',
    path: ONE,
    summary: 'Deletes a client with its tokens and grants.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: z.strictObject({ client_id: z.string(), deleted: z.literal(true) }),
    async run({ clients }, { client_id: id }) {
      await clients.delete(id);
      return { client_id: id, deleted: true as const };
    },
  }),
};

const serviceToken = z
  .strictObject({
    fingerprint: z.string(),
    name: z.string(),
    scope: z.string(),
    last_four: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ServiceToken' });
const newServiceToken = z
  .strictObject({
    token: z.string(),
    client_id: z.string(),
    fingerprint: z.string(),
    name: z.string(),
    scope: z.string(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ServiceTokenWithSecret' });
export type ServiceTokenDocument = z.infer<typeof serviceToken>;
export type NewServiceTokenDocument = z.infer<typeof newServiceToken>;

const PLACE = /^[0-9a-f]{64}$/;

export const serviceTokenOperations = {
  listServiceTokens: operation({
    method: 'get',
    path: `${ONE}/tokens`,
    summary: 'The living service tokens of a client, without the tokens themselves.',
    permission: 'clients.read',
    input: z.strictObject({ ...which, ...pageFields, after: z.string().regex(PLACE).optional() }),
    answer: listOf(serviceToken),
    async run({ serviceTokens }, { client_id: id, after, limit }) {
      const from = after === undefined ? undefined : Buffer.from(after, 'hex');
      const { tokens, next } = await serviceTokens.list(id, { after: from, limit });
      return { items: tokens.map(toTokenDocument), next: next?.toString('hex') ?? null };
    },
  }),

  createServiceToken: operation({
    method: 'post',
    path: `${ONE}/tokens`,
    summary: 'Makes a long-lived token for a service. It is in this answer and in no other.',
    permission: 'admin',
    input: z.strictObject({
      ...which,
      name: z.string().optional(),
      scope: z.string().optional(),
      expires_in_seconds: z.int().optional(),
    }),
    answer: newServiceToken,
    status: 201,
    async run({ serviceTokens }, { client_id: id, name, scope, expires_in_seconds: expiresInSeconds }) {
      const { clientId, expiresAt, ...rest } = await serviceTokens.create(id, {
        name,
        scope,
        expiresInSeconds,
      });
      const { token, ...told } = rest;
      return { token, client_id: clientId, ...told, expires_at: expiresAt.toISOString() };
    },
  }),

  revokeServiceToken: operation({
    method: 'delete',
    path: `${ONE}/tokens/:fingerprint`,
    summary: 'Ends a service token. It stops at once.',
    permission: 'admin',
    input: z.strictObject({ ...which, fingerprint: z.string() }),
    answer: z.strictObject({ client_id: z.string(), fingerprint: z.string(), revoked: z.literal(true) }),
    async run({ serviceTokens }, { client_id: id, fingerprint }) {
      await serviceTokens.revoke(id, fingerprint);
      return { client_id: id, fingerprint, revoked: true as const };
    },
  }),
};

function toTokenDocument(token: ServiceToken): ServiceTokenDocument {
  return {
    fingerprint: token.fingerprint,
    name: token.name,
    scope: token.scope,
    last_four: token.lastFour,
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt.toISOString(),
  };
}
