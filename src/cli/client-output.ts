// How a client looks on the command line: a row of the list, a page of its own. Never its secret.
import type { ClientDocument } from '../oidc/client-document.ts';
import { DEVICE_CODE_GRANT } from '../oidc/client.ts';
import { fields, formatTime, yesOrNo } from './output.ts';

export const columns = {
  ID: (client: ClientDocument) => client.client_id,
  NAME: (client: ClientDocument) => client.client_name,
  KIND: kindOf,
  GRANTS: (client: ClientDocument) => grantsOf(client).join(' ') || undefined,
  SCOPE: (client: ClientDocument) => client.scope,
  CREATED: (client: ClientDocument) => formatTime(client.created_at),
};

export function describe(client: ClientDocument): string {
  return fields({
    Id: client.client_id,
    Name: client.client_name,
    ...namesOf(client),
    Kind: kindOf(client),
    'Redirect URIs': client.redirect_uris,
    'After sign-out': client.post_logout_redirect_uris,
    'Told of sign-outs': toldOf(client),
    'People begin at': client.initiate_login_uri ?? undefined,
    Logo: client.logo ?? undefined,
    Colour: client.brand_color ?? undefined,
    'On privacy': client.policy_uri ?? undefined,
    'Terms of use': client.tos_uri ?? undefined,
    Grants: grantsOf(client).join(' '),
    Scope: client.scope || 'none',
    PKCE: client.require_pkce ? 'required' : 'not required',
    Consent: consentOf(client),
    ...keysOf(client),
    'Password login': yesOrNo(client.password_login),
    Introspects: client.introspect ? 'every token without an audience' : 'its own tokens',
    'Access tokens': accessTokensOf(client),
    'Signed with': client.id_token_signed_response_alg,
    'Refresh tokens': describeRefresh(client),
    Created: formatTime(client.created_at),
    Changed: formatTime(client.updated_at),
  });
}

/** What its record says; undefined where the settings decide. */
function describeRefresh(client: ClientDocument): string | undefined {
  const parts = [
    ['', client.refresh_token_ttl_seconds],
    ['chains ', client.refresh_token_max_age_seconds],
    ['sent again within ', client.refresh_reuse_window_seconds],
  ].flatMap(([label, seconds]) => (seconds === null ? [] : [`${label}${seconds} s`]));
  return parts.join(', ') || undefined;
}

function kindOf(client: ClientDocument): string {
  return [
    client.token_endpoint_auth_method === 'none' ? 'public' : 'confidential',
    client.application_type,
    ...(client.built_in ? ['built-in'] : client.first_party ? ['first-party'] : []),
    ...(client.self_registered ? ['self-registered'] : []),
  ].join(' ');
}

/** In other languages, by what stands behind the name of the field. */
function namesOf(client: ClientDocument): Record<string, string> {
  return Object.fromEntries(
    Object.entries(client).flatMap(([field, name]) => {
      const [, language] = /^client_name#(.+)$/.exec(field) ?? [];
      return language === undefined ? [] : [[`Name (${language})`, String(name)]];
    }),
  );
}

function toldOf({
  backchannel_logout_uri: uri,
  backchannel_logout_session_required: isNamed,
}: ClientDocument): string | undefined {
  return uri === null ? undefined : `${uri}${isNamed ? '' : ' (not which session)'}`;
}

function keysOf({ jwks, jwks_uri: address }: ClientDocument): Record<string, string> {
  const keys: unknown = jwks?.['keys'];
  if (Array.isArray(keys))
    return { 'Signs with': keys.length === 1 ? 'a registered key' : 'registered keys' };
  return address ? { 'Signs with': `the keys at ${address}` } : {};
}

function accessTokensOf(client: ClientDocument): string {
  const { token_format: format, access_token_ttl_seconds: ttl } = client;
  const bound = client.dpop_bound_access_tokens ? ', bound to a key (DPoP)' : '';
  const otherwise = client.password_login && format === 'opaque' ? ', JWT after a JSON login' : '';
  return `${format}${otherwise}${bound}${ttl === null ? '' : `, ${ttl} s`}`;
}

function grantsOf(client: ClientDocument): string[] {
  return client.grant_types.map((grant) => (grant === DEVICE_CODE_GRANT ? 'device_code' : grant));
}

function consentOf(client: ClientDocument): string {
  if (!client.first_party) return 'asked for at every sign-in (third party)';
  return client.application_type === 'web' ? 'not asked for' : 'asked for at every sign-in';
}
