// /api/admin/v1/resources: the services that an access token can be bound to (RFC 8707). The rules are in oidc/resources.ts.
import { z } from 'zod';
import { invalidRequest } from '../../../base/errors.ts';
import { listOf, pageFields, pageFrom } from '../../../http/listing.ts';
import { operation } from '../../../http/operation.ts';
import { TOKEN_FORMATS } from '../../../oidc/access-token-format.ts';
import { SIGNING_ALGORITHMS } from '../../../oidc/keys.ts';
import type { Resource, ResourceInput } from '../../../oidc/resource.ts';

const PATH = '/resources';
const ONE = '/resources/:identifier';
const which = { identifier: z.string().describe('An absolute URI, compared exactly.') };

const resource = z
  .strictObject({
    identifier: z.string(),
    name: z.string(),
    client_id: z.string().nullable(),
    scope: z.string(),
    token_format: z.enum(TOKEN_FORMATS),
    signing_alg: z.enum(SIGNING_ALGORITHMS),
    access_token_ttl_seconds: z.int().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Resource' });
export type ResourceDocument = z.infer<typeof resource>;

const fields = z.strictObject({
  name: z.string().optional(),
  client_id: z.string().nullable().optional().describe('The service itself, as a client.'),
  scope: z.string().optional(),
  token_format: z.enum(TOKEN_FORMATS).optional(),
  signing_alg: z.enum(SIGNING_ALGORITHMS).optional(),
  access_token_ttl_seconds: z.int().min(1).optional(),
});
export type ResourceFields = z.infer<typeof fields>;

export const resourceOperations = {
  listResources: operation({
    method: 'get',
    path: PATH,
    summary: 'All resources in the order of their identifiers.',
    permission: 'clients.read',
    input: z.strictObject(pageFields),
    answer: listOf(resource),
    async run({ resources }, { after, limit }) {
      const rows = await resources.list({ after, limit: limit + 1 });
      return pageFrom(rows, limit, { keyOf: ({ identifier }) => identifier, toItem: toDocument });
    },
  }),

  createResource: operation({
    method: 'post',
    path: PATH,
    summary: 'Registers a resource.',
    permission: 'admin',
    input: fields.extend(which),
    answer: resource,
    status: 201,
    run: async ({ resources }, { identifier, ...rest }) =>
      toDocument(await resources.create(identifier, toInput(rest))),
  }),

  showResource: operation({
    method: 'get',
    path: ONE,
    summary: 'A resource.',
    permission: 'clients.read',
    input: z.strictObject(which),
    answer: resource,
    run: async ({ resources }, { identifier }) => toDocument(await resources.get(identifier)),
  }),

  updateResource: operation({
    method: 'patch',
    path: ONE,
    summary: 'Changes what is named and nothing else. Its tokens end when it loses a scope.',
    permission: 'admin',
    input: fields.extend(which),
    answer: resource,
    async run({ resources }, { identifier, ...rest }) {
      if (Object.keys(rest).length === 0) throw invalidRequest('Name what to change.');
      return toDocument(await resources.update(identifier, toInput(rest)));
    },
  }),

  deleteResource: operation({
    method: 'delete',
    path: ONE,
    summary: 'Deletes a resource; the tokens for it end.',
    permission: 'admin',
    input: z.strictObject(which),
    answer: z.strictObject({ identifier: z.string(), deleted: z.literal(true) }),
    async run({ resources }, { identifier }) {
      await resources.delete(identifier);
      return { identifier, deleted: true as const };
    },
  }),
};

function toInput(its: ResourceFields): ResourceInput {
  return {
    name: its.name,
    clientId: its.client_id === null ? '' : its.client_id,
    scope: its.scope,
    tokenFormat: its.token_format,
    signingAlgorithm: its.signing_alg,
    accessTokenTtlSeconds: its.access_token_ttl_seconds,
  };
}

function toDocument(its: Resource): ResourceDocument {
  return {
    identifier: its.identifier,
    name: its.name,
    client_id: its.clientId ?? null,
    scope: its.scope,
    token_format: its.tokenFormat,
    signing_alg: its.signingAlgorithm,
    access_token_ttl_seconds: its.accessTokenTtlSeconds ?? null,
    created_at: its.createdAt.toISOString(),
    updated_at: its.updatedAt.toISOString(),
  };
}
