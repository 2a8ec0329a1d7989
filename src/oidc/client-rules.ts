// What a registered client may not be (RFC 6749 §2, RFC 9700 §2): each refusal with its reason, whoever asks for the
// client. Making, changing and ending clients is in clients.ts.
import { isLoopback } from '../base/addresses.ts';
import { invalidRequest } from '../base/errors.ts';
import { languages } from '../phrases.ts';
import { assertPublicKeys } from './client-keys.ts';
import { mayHaveLook } from './client-look.ts';
import { GRANT_TYPES, isPublic, type Client, type ClientInput } from './client.ts';
import { OWN_SCOPES, SCOPES, scopesOf } from './scopes.ts';

const SECRET_MIN_LENGTH = 8;

/** Throws 400 that names the field at fault. */
export function refuseContradictions(client: Client): void {
  const { name, secret, metadata } = client;
  if ([name, ...Object.values(metadata.names ?? {})].some((any) => any.trim() === '' || any.length > 100))
    throw invalidRequest('A name has 1 to 100 characters.', { field: 'name' });
  const strange = Object.keys(metadata.names ?? {}).find(
    (language) => !(languages as readonly string[]).includes(language),
  );
  if (strange !== undefined) {
    throw invalidRequest(`The pages are in ${languages.join(', ')}; not in "${strange}".`, {
      field: 'name-in',
    });
  }
  if (secret !== undefined && (secret.length < SECRET_MIN_LENGTH || secret.length > 512)) {
    throw invalidRequest(`A secret has ${SECRET_MIN_LENGTH} to 512 characters.`, { field: 'secret' });
  }
  const unknownGrant = metadata.grant_types.find(
    (grant) => !(GRANT_TYPES as readonly string[]).includes(grant),
  );
  if (unknownGrant !== undefined) {
    const known = 'authorization_code, refresh_token, client_credentials, device_code';
    throw invalidRequest(`The grant "${unknownGrant}" is not known. Known: ${known}.`, { field: 'grant' });
  }
  const needsRedirect = metadata.grant_types.includes('authorization_code');
  if (needsRedirect && metadata.redirect_uris.length === 0) {
    throw invalidRequest(
      'A client with the grant authorization_code needs a redirect URI; name other grants to do without.',
      { field: 'redirect-uri' },
    );
  }
  const clear = metadata.redirect_uris.find((uri) => isClearText(uri));
  if (clear !== undefined) {
    throw invalidRequest(
      `The redirect URI ${clear} is not encrypted. Use https; http is for loopback addresses only (RFC 9700 §2.1).`,
      { field: 'redirect-uri' },
    );
  }
  refuseWrongLogoutAddress(metadata.backchannel_logout_uri);
  refuseWrongPage(metadata.initiate_login_uri, 'where people begin', 'initiate-login-uri');
  refuseWrongPage(metadata.policy_uri, 'of its privacy policy', 'policy-uri');
  refuseWrongPage(metadata.tos_uri, 'of its terms of use', 'tos-uri');
  if (metadata.brand_color !== undefined && !/^#[0-9a-f]{6}$/.test(metadata.brand_color)) {
    throw invalidRequest('A colour is # and six hexadecimal digits, such as #1d4691.', {
      field: 'brand-color',
    });
  }
  refuseWrongKeys(client);
  if (metadata.password_login && metadata.dpop_bound_access_tokens) {
    throw invalidRequest(
      'Tokens of a JSON login are bound to no key: name --password-login or --dpop, not both.',
      {
        field: 'password-login',
      },
    );
  }
  if (!isPublic(client)) return;
  if (secret !== undefined) throw invalidRequest('A public client has no secret.', { field: 'secret' });
  if (metadata.grant_types.includes('client_credentials')) {
    throw invalidRequest('A public client cannot have client_credentials (RFC 6749 §4.4).', {
      field: 'grant',
    });
  }
  if (!metadata.require_pkce) {
    throw invalidRequest('A public client cannot do without PKCE (RFC 9700 §2.1.1).', { field: 'no-pkce' });
  }
}

/** Throws 400 for a look that nobody would ever see. */
export function refuseUnseenLook(client: Client, { brandColor, logo }: ClientInput): void {
  if (mayHaveLook(client) || (!brandColor && !logo)) return;
  throw invalidRequest(
    'A program that registered itself has no picture and no colour: it could look like somebody else. Make it yours (--first-party), or register it yourself.',
    { field: logo ? 'logo' : 'brand-color' },
  );
}

/**
 * Throws 400 for a scope that is newly registered and neither ours nor of any resource (`findResourceScopes` finds those that
 * are). What the client was registered for before may be gone with a resource.
 */
export async function refuseUnknownScopes(
  before: Client,
  client: Client,
  findResourceScopes: (names: readonly string[]) => Promise<string[]>,
): Promise<void> {
  const old = scopesOf(before.metadata.scope);
  const foreign = [...scopesOf(client.metadata.scope)].filter(
    (scope) => !OWN_SCOPES.has(scope) && !old.has(scope),
  );
  if (foreign.length === 0) return;
  const known = await findResourceScopes(foreign);
  const unknown = foreign.find((scope) => !known.includes(scope));
  if (unknown === undefined) return;
  throw invalidRequest(
    `The scope "${unknown}" is not known. Known: ${SCOPES.join(' ')}, and those of the resources (npx portaria resources list).`,
    { field: 'scope' },
  );
}

const URI_MAX_LENGTH = 2_000;

/** An address that is opened from here: https, or loopback for whoever builds the service, and no password in it. */
function findSafeAddress(address: string): URL | undefined {
  const url = address.length <= URI_MAX_LENGTH ? URL.parse(address) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  return url && isWeb && !isClearText(address) && url.username === '' && url.password === ''
    ? url
    : undefined;
}

/** http to another machine: a code would travel in clear. */
function isClearText(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && !isLoopback(url.hostname);
}

/** Of a page that people open. */
function refuseWrongPage(uri: string | undefined, which: string, field: string): void {
  if (uri === undefined || findSafeAddress(uri)) return;
  throw invalidRequest(`The address ${which} is an https address; http is for loopback addresses only.`, {
    field,
  });
}

/** OpenID Connect Back-Channel Logout 1.0 §2.2. Whether it may be reached is seen when somebody signs out. */
function refuseWrongLogoutAddress(address: string | undefined): void {
  if (address === undefined) return;
  if (/^[\x21-\x7e]+$/.test(address) && findSafeAddress(address)?.hash === '') return;
  throw invalidRequest(
    'The address for back-channel logout is an https address (http for loopback only), without a fragment and without a password in it.',
    { field: 'backchannel-logout-uri' },
  );
}

/** RFC 7523 §2.2: a client that signs has public keys here, or says where they are, and no secret. */
function refuseWrongKeys(client: Client): void {
  const { jwks, jwks_uri: address } = client.metadata;
  if (jwks === undefined && address === undefined) return;
  const refuse = (message: string, field: string) => invalidRequest(message, { field });
  if (isPublic(client)) throw refuse('A public client has no keys: make a confidential one.', 'jwks');
  if (client.secret !== undefined) throw refuse('A client has a secret or keys, not both.', 'secret');
  if (jwks !== undefined && address !== undefined) {
    throw refuse('Name the keys or the address where they are, not both (RFC 7591 §2).', 'jwks-uri');
  }
  if (jwks !== undefined) assertPublicKeys(jwks);
  if (
    address !== undefined &&
    (address.length > URI_MAX_LENGTH || URL.parse(address)?.protocol !== 'https:')
  ) {
    throw refuse('The address of the keys is an https address.', 'jwks-uri');
  }
}
