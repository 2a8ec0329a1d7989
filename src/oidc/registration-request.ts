// What a program writes about itself when it registers (RFC 7591 §2), as the input of oidc/clients.ts. It is a stranger's word:
// what we do not know is left out, what a stranger may not have is taken away (§3.2.1 lets us), and what cannot be
// mended is refused. Every client from here is a third party.
import { isLoopback } from '../base/addresses.ts';
import { invalidMetadata } from '../base/errors.ts';
import type { KeySet } from './client-keys.ts';
import { DEVICE_CODE_GRANT, type ClientInput } from './client.ts';
import { SIGNING_ALGORITHMS } from './keys.ts';
import { isDressedUp, skeletonOf } from './look-alikes.ts';
import { DEFAULT_CLIENT_SCOPE, OWN_SCOPES, scopesOf } from './scopes.ts';

/** No token without a person: client_credentials is not for strangers. */
const GRANTS: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token', DEVICE_CODE_GRANT]);
const AUTHENTICATION: ReadonlySet<string> = new Set([
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]);
/** What a browser runs or opens by itself, instead of handing it to an application. */
const NO_APPLICATION =
  /^(javascript|vbscript|data|blob|file|filesystem|about|view-source|intent|ftp|wss?|mailto|tel|sms|chrome|ms-[a-z-]+):/i;
const MAX_URIS = 20;
const MAX_URI_LENGTH = 1_000;
const MAX_NAME_LENGTH = 100;
/** What is not there to see; some of it counts as letters. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800]/gu;

type Metadata = Record<string, unknown>;

/** What there is already. */
export interface Known {
  /** Those that some resource has, of the scopes that were asked for. */
  scopes: ReadonlySet<string>;
  /** Of clients that did not register themselves. */
  names: readonly string[];
}

/** Throws 400 in the words of §3.2.2. */
export function readRegistration(metadata: unknown, known: Known): ClientInput {
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) {
    throw wrong('Send the metadata of the client as a JSON object (RFC 7591 §3.1).');
  }
  const fields = metadata as Metadata;
  const redirectUris = readUris(fields, 'redirect_uris');
  const method = readText(fields, 'token_endpoint_auth_method') ?? 'client_secret_basic';
  if (!AUTHENTICATION.has(method)) {
    throw wrong(`token_endpoint_auth_method is one of ${[...AUTHENTICATION].join(', ')}.`);
  }
  const signs = method === 'private_key_jwt';
  if (signs && fields['jwks'] === undefined && fields['jwks_uri'] === undefined) {
    throw wrong('A client that signs (private_key_jwt) needs jwks or jwks_uri.');
  }
  const algorithm = SIGNING_ALGORITHMS.find((name) => name === fields['id_token_signed_response_alg']);
  return {
    name: readName(fields, redirectUris, known.names),
    isPublic: method === 'none',
    isFirstParty: false,
    isNative: readKind(fields, redirectUris) === 'native',
    redirectUris,
    postLogoutRedirectUris: readUris(fields, 'post_logout_redirect_uris'),
    backchannelLogoutUri: readText(fields, 'backchannel_logout_uri'),
    // Unless it says so, it does not know sessions by name (Back-Channel Logout §2.2).
    backchannelLogoutSessionRequired: fields['backchannel_logout_session_required'] === true,
    grantTypes: readGrants(fields),
    scope: readScope(fields, known.scopes),
    policyUri: readPage(fields, 'policy_uri', redirectUris),
    tosUri: readPage(fields, 'tos_uri', redirectUris),
    requireDpop: fields['dpop_bound_access_tokens'] === true || undefined,
    signingAlgorithm: algorithm,
    ...(signs && { jwks: fields['jwks'] as KeySet | undefined, jwksUri: readText(fields, 'jwks_uri') }),
  };
}

/** The scopes that a registration asks for. */
export function scopesAskedFor(metadata: unknown): string[] {
  const scope = (metadata as Metadata | null)?.['scope'];
  return typeof scope === 'string' ? [...scopesOf(scope)] : [];
}

function readText(fields: Metadata, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw wrong(`${name} must be a text.`);
  return value;
}

function readTexts(fields: Metadata, name: string): string[] | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw wrong(`${name} must be a list of texts.`);
  }
  return [...new Set(value)];
}

function readUris(fields: Metadata, name: string): string[] {
  const uris = readTexts(fields, name) ?? [];
  const refuse = (sentence: string) => invalidMetadata('invalid_redirect_uri', `${name}: ${sentence}`);
  if (uris.length > MAX_URIS) throw refuse(`there may be ${MAX_URIS} of them.`);
  for (const uri of uris) {
    const url = uri.length <= MAX_URI_LENGTH && /^[\x21-\x7e]+$/.test(uri) ? URL.parse(uri) : undefined;
    if (!url || NO_APPLICATION.test(url.protocol) || url.username !== '' || url.password !== '') {
      throw refuse('an address leads to an application, over https, to loopback, or by a scheme of its own.');
    }
  }
  return uris;
}

/**
 * People read it on the page of consent: one line, nothing that turns it around, no letter dressed up as another, and nothing
 * that could be taken for a client which somebody has registered, or for us. Otherwise the program is called by its host.
 */
function readName(fields: Metadata, [redirectUri = '']: string[], givenNames: readonly string[]): string {
  const said = (readText(fields, 'client_name') ?? '').normalize('NFC');
  const clean = said.replaceAll(UNSEEN, ' ').replaceAll(/\s+/g, ' ').trim();
  const given = new Set(givenNames.map(skeletonOf));
  const called = [clean, hostOf(redirectUri)].find(
    (name) => name !== '' && !isDressedUp(name) && !given.has(skeletonOf(name)),
  );
  return Array.from(called ?? 'Unnamed application')
    .slice(0, MAX_NAME_LENGTH)
    .join('')
    .slice(0, MAX_NAME_LENGTH);
}

/** Behind a scheme of its own anybody can write anything; on the web a host is somebody's. */
function hostOf(redirectUri: string): string {
  const url = URL.parse(redirectUri);
  return url && /^https?:$/.test(url.protocol) ? url.hostname : '';
}

/** RFC 7591 §5: a page of the place where the program itself is; one of anybody else's is left out. */
function readPage(fields: Metadata, name: string, redirectUris: string[]): string | undefined {
  const page = URL.parse(readText(fields, name) ?? '');
  const isItsOwn = redirectUris.some((uri) => page !== null && URL.parse(uri)?.origin === page.origin);
  return page?.protocol === 'https:' && page.username === '' && page.password === '' && isItsOwn
    ? page.href
    : undefined;
}

/** RFC 8252 §7: whoever returns to loopback or by a scheme of its own is on a person's device, whether it says so or not. */
function readKind(fields: Metadata, redirectUris: string[]): string {
  const isOnDevice = redirectUris.some((uri) => {
    const url = URL.parse(uri);
    return url?.protocol !== 'https:' && (url?.protocol !== 'http:' || isLoopback(url.hostname));
  });
  return readText(fields, 'application_type') ?? (isOnDevice ? 'native' : 'web');
}

function readGrants(fields: Metadata): string[] {
  const wanted = readTexts(fields, 'grant_types') ?? ['authorization_code'];
  const grants = wanted.filter((grant) => GRANTS.has(grant));
  if (!grants.some((grant) => grant !== 'refresh_token')) {
    throw wrong(`grant_types must name authorization_code or ${DEVICE_CODE_GRANT}.`);
  }
  return grants;
}

/** What may be given to strangers, of what was asked for; all of that when nothing fits. */
function readScope(fields: Metadata, known: ReadonlySet<string>): string {
  const own = scopesOf(DEFAULT_CLIENT_SCOPE);
  // A resource may understand scopes of ours; that does not make them a stranger's.
  const scopes = scopesAskedFor(fields).filter(
    (name) => own.has(name) || (known.has(name) && !OWN_SCOPES.has(name)),
  );
  return scopes.length > 0 ? scopes.join(' ') : DEFAULT_CLIENT_SCOPE;
}

function wrong(sentence: string): Error {
  return invalidMetadata('invalid_client_metadata', sentence);
}
