// How a registered client is written for programs, in the words of RFC 7591 §2 and our own: what the administration answers with.
// Never its secret. What programs send in is client-fields.ts's.
import { z } from 'zod';
import type { Language } from '../phrases.ts';
import { logoPath } from './client-logo.ts';
import type { Client } from './client.ts';

const text = z.string().nullable();
const seconds = z.int().nullable();
const name = z.string().optional();
/** Of the client in other languages. */
const names = {
  'client_name#en': name,
  'client_name#pt-BR': name,
  'client_name#ko': name,
} satisfies Record<`client_name#${Language}`, typeof name>;

export const clientDocument = z
  .strictObject({
    client_id: z.string(),
    client_name: z.string(),
    ...names,
    redirect_uris: z.array(z.string()),
    post_logout_redirect_uris: z.array(z.string()),
    backchannel_logout_uri: text,
    backchannel_logout_session_required: z.boolean(),
    initiate_login_uri: text,
    logo: text.describe('Where its picture is, behind the issuer.'),
    brand_color: text,
    policy_uri: text,
    tos_uri: text,
    grant_types: z.array(z.string()),
    response_types: z.array(z.string()),
    scope: z.string(),
    token_endpoint_auth_method: z.string(),
    jwks: z.looseObject({}).nullable(),
    jwks_uri: text,
    dpop_bound_access_tokens: z.boolean(),
    application_type: z.enum(['web', 'native']),
    require_pkce: z.boolean(),
    introspect: z.boolean(),
    password_login: z.boolean(),
    access_token_ttl_seconds: seconds,
    token_format: z.string(),
    id_token_signed_response_alg: z.string(),
    refresh_token_ttl_seconds: seconds,
    refresh_token_max_age_seconds: seconds,
    refresh_reuse_window_seconds: seconds,
    first_party: z.boolean(),
    built_in: z.boolean(),
    self_registered: z.boolean(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Client' });

/** The answer that tells a secret, this once. A client that has none is told of without. */
export const newClientDocument = z
  .strictObject({ ...clientDocument.shape, client_secret: z.string().optional() })
  .meta({ id: 'ClientWithSecret' });

export type ClientDocument = z.infer<typeof clientDocument>;
export type NewClientDocument = z.infer<typeof newClientDocument>;

export function toDocument(client: Client): ClientDocument {
  const { id, name: itsName, metadata, isFirstParty, isBuiltIn, isSelfRegistered } = client;
  return {
    client_id: id,
    client_name: itsName,
    ...Object.fromEntries(
      Object.entries(metadata.names ?? {}).map(([language, words]) => [`client_name#${language}`, words]),
    ),
    redirect_uris: metadata.redirect_uris,
    post_logout_redirect_uris: metadata.post_logout_redirect_uris,
    backchannel_logout_uri: metadata.backchannel_logout_uri ?? null,
    backchannel_logout_session_required: metadata.backchannel_logout_session_required ?? false,
    initiate_login_uri: metadata.initiate_login_uri ?? null,
    logo: client.logoDigest === undefined ? null : logoPath(client.logoDigest),
    brand_color: metadata.brand_color ?? null,
    policy_uri: metadata.policy_uri ?? null,
    tos_uri: metadata.tos_uri ?? null,
    grant_types: metadata.grant_types,
    response_types: metadata.response_types,
    scope: metadata.scope,
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    jwks: metadata.jwks === undefined ? null : { ...metadata.jwks },
    jwks_uri: metadata.jwks_uri ?? null,
    dpop_bound_access_tokens: metadata.dpop_bound_access_tokens ?? false,
    application_type: metadata.application_type,
    require_pkce: metadata.require_pkce,
    introspect: metadata.introspect,
    password_login: metadata.password_login,
    access_token_ttl_seconds: metadata.access_token_ttl_seconds ?? null,
    token_format: metadata.token_format ?? 'opaque',
    id_token_signed_response_alg: metadata.id_token_signed_response_alg ?? 'ES256',
    refresh_token_ttl_seconds: metadata.refresh_token_ttl_seconds ?? null,
    refresh_token_max_age_seconds: metadata.refresh_token_max_age_seconds ?? null,
    refresh_reuse_window_seconds: metadata.refresh_reuse_window_seconds ?? null,
    first_party: isFirstParty,
    built_in: isBuiltIn,
    self_registered: isSelfRegistered,
    created_at: client.createdAt.toISOString(),
    updated_at: client.updatedAt.toISOString(),
  };
}

export function toNewDocument(client: Client): NewClientDocument {
  const { secret } = client;
  return { ...toDocument(client), ...(secret !== undefined && { client_secret: secret }) };
}
