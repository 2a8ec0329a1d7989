// How a client looks on the command line: a row of the list, a page of its own, a document for programs. Never its secret.
import { logoPath } from '../oidc/client-logo.ts';
import { DEVICE_CODE_GRANT, isPublic, type Client, type ClientMetadata } from '../oidc/client.ts';
import { fields, formatTime, yesOrNo } from './output.ts';

export const columns = {
  ID: (client: Client) => client.id,
  NAME: (client: Client) => client.name,
  KIND: kindOf,
  GRANTS: (client: Client) => grantsOf(client).join(' ') || undefined,
  SCOPE: (client: Client) => client.metadata.scope,
  CREATED: (client: Client) => formatTime(client.createdAt),
};

export function describe(client: Client): string {
  const { metadata } = client;
  return fields({
    Id: client.id,
    Name: client.name,
    ...namesOf(metadata, (language) => `Name (${language})`),
    Kind: kindOf(client),
    'Redirect URIs': metadata.redirect_uris,
    'After sign-out': metadata.post_logout_redirect_uris,
    'Told of sign-outs': toldOf(metadata),
    'People begin at': metadata.initiate_login_uri,
    Logo: logoOf(client),
    Colour: metadata.brand_color,
    'On privacy': metadata.policy_uri,
    'Terms of use': metadata.tos_uri,
    Grants: grantsOf(client).join(' '),
    Scope: metadata.scope || 'none',
    PKCE: metadata.require_pkce ? 'required' : 'not required',
    Consent: consentOf(client),
    ...keysOf(metadata),
    'Password login': yesOrNo(metadata.password_login),
    Introspects: metadata.introspect ? 'every token without an audience' : 'its own tokens',
    'Access tokens': accessTokensOf(metadata),
    'Signed with': metadata.id_token_signed_response_alg ?? 'ES256',
    'Refresh tokens': describeRefresh(client),
    Created: formatTime(client.createdAt),
    Changed: formatTime(client.updatedAt),
  });
}

/** What its record says; undefined where the settings decide. */
function describeRefresh({ metadata }: Client): string | undefined {
  const parts = [
    ['', metadata.refresh_token_ttl_seconds],
    ['chains ', metadata.refresh_token_max_age_seconds],
    ['sent again within ', metadata.refresh_reuse_window_seconds],
  ].flatMap(([label, seconds]) => (seconds === undefined ? [] : [`${label}${seconds} s`]));
  return parts.join(', ') || undefined;
}

function kindOf(client: Client): string {
  const { metadata, isBuiltIn, isFirstParty, isSelfRegistered } = client;
  return [
    isPublic(client) ? 'public' : 'confidential',
    metadata.application_type,
    ...(isBuiltIn ? ['built-in'] : isFirstParty ? ['first-party'] : []),
    ...(isSelfRegistered ? ['self-registered'] : []),
  ].join(' ');
}

function namesOf({ names = {} }: ClientMetadata, titleOf: (language: string) => string): object {
  return Object.fromEntries(Object.entries(names).map(([language, name]) => [titleOf(language), name]));
}

/** Where it is, behind the issuer. */
function logoOf({ logoDigest }: Client): string | undefined {
  return logoDigest && logoPath(logoDigest);
}

function toldOf({
  backchannel_logout_uri: uri,
  backchannel_logout_session_required: isNamed,
}: ClientMetadata): string | undefined {
  return uri && `${uri}${isNamed ? '' : ' (not which session)'}`;
}

function keysOf({ jwks, jwks_uri: address }: ClientMetadata): Record<string, string> {
  if (jwks) return { 'Signs with': jwks.keys.length === 1 ? 'a registered key' : 'registered keys' };
  return address ? { 'Signs with': `the keys at ${address}` } : {};
}

function accessTokensOf(metadata: ClientMetadata): string {
  const { token_format: format = 'opaque', access_token_ttl_seconds: ttl } = metadata;
  const bound = metadata.dpop_bound_access_tokens ? ', bound to a key (DPoP)' : '';
  return `${format}${bound}${ttl === undefined ? '' : `, ${ttl} s`}`;
}

function grantsOf({ metadata }: Client): string[] {
  return metadata.grant_types.map((grant) => (grant === DEVICE_CODE_GRANT ? 'device_code' : grant));
}

function consentOf({ isFirstParty, metadata }: Client): string {
  if (!isFirstParty) return 'asked for at every sign-in (third party)';
  return metadata.application_type === 'web' ? 'not asked for' : 'asked for at every sign-in';
}

/** In the words of RFC 7591 §2; never the secret. */
export function toDocument(client: Client): object {
  const { id, name, metadata, isFirstParty, isBuiltIn, isSelfRegistered, createdAt, updatedAt } = client;
  return {
    client_id: id,
    client_name: name,
    ...namesOf(metadata, (language) => `client_name#${language}`),
    redirect_uris: metadata.redirect_uris,
    post_logout_redirect_uris: metadata.post_logout_redirect_uris,
    backchannel_logout_uri: metadata.backchannel_logout_uri ?? null,
    backchannel_logout_session_required: metadata.backchannel_logout_session_required ?? false,
    initiate_login_uri: metadata.initiate_login_uri ?? null,
    logo: logoOf(client) ?? null,
    brand_color: metadata.brand_color ?? null,
    policy_uri: metadata.policy_uri ?? null,
    tos_uri: metadata.tos_uri ?? null,
    grant_types: metadata.grant_types,
    response_types: metadata.response_types,
    scope: metadata.scope,
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    jwks: metadata.jwks ?? null,
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
    created_at: createdAt,
    updated_at: updatedAt,
  };
}
