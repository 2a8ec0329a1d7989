// What programs send in to register or change a client, as the input of clients.ts, which judges it: here is only what
// each field is called and of what kind it is. Whatever is not named here cannot be set by anybody.
import { z } from 'zod';
import { languages, type Language } from '../phrases.ts';
import { TOKEN_FORMATS } from './access-token-format.ts';
import type { KeySet } from './client-keys.ts';
import type { ClientInput } from './client.ts';
import { SIGNING_ALGORITHMS } from './keys.ts';
import { LONGEST_REUSE_WINDOW_SECONDS } from './lifetimes.ts';

const URIS_MAX = 100;
/** Ten years, as durations are read everywhere (base/duration.ts). */
const LONGEST_SECONDS = 10 * 365 * 86_400;

const uris = z.array(z.string()).max(URIS_MAX).optional();
/** Null: none any more. */
const text = z.string().nullable().optional();
const flag = z.boolean().optional();
const seconds = z.int().min(1).max(LONGEST_SECONDS).optional();
const names = {
  'client_name#en': text,
  'client_name#pt-BR': text,
  'client_name#ko': text,
} satisfies Record<`client_name#${Language}`, typeof text>;

export const clientFields = z.strictObject({
  client_name: z.string().optional(),
  ...names,
  client_secret: z.string().optional().describe('Its secret, instead of a generated one.'),
  public: flag.describe('It cannot keep a secret. Decided for good when it is made.'),
  redirect_uris: uris,
  post_logout_redirect_uris: uris,
  backchannel_logout_uri: text,
  backchannel_logout_session_required: flag,
  initiate_login_uri: text,
  logo_data: z.base64().nullable().optional().describe('Its picture: PNG, WebP or JPEG.'),
  brand_color: text,
  policy_uri: text,
  tos_uri: text,
  grant_types: z.array(z.string()).max(10).optional(),
  scope: z.string().optional().describe('Separated by spaces.'),
  application_type: z.enum(['web', 'native']).optional(),
  first_party: flag,
  require_pkce: flag,
  introspect: flag,
  password_login: flag,
  jwks: z.looseObject({ keys: z.array(z.looseObject({})).optional() }).optional(),
  jwks_uri: z.string().optional(),
  dpop_bound_access_tokens: flag,
  token_format: z.enum(TOKEN_FORMATS).optional(),
  id_token_signed_response_alg: z.enum(SIGNING_ALGORITHMS).optional(),
  access_token_ttl_seconds: seconds,
  refresh_token_ttl_seconds: seconds,
  refresh_token_max_age_seconds: seconds,
  refresh_reuse_window_seconds: z.int().min(0).max(LONGEST_REUSE_WINDOW_SECONDS).optional(),
});

export type ClientFields = z.infer<typeof clientFields>;

export function toInput(fields: ClientFields): ClientInput {
  return {
    name: fields.client_name,
    names: namesIn(fields),
    secret: fields.client_secret,
    isPublic: fields.public,
    jwks: fields.jwks as KeySet | undefined,
    jwksUri: fields.jwks_uri,
    requireDpop: fields.dpop_bound_access_tokens,
    redirectUris: fields.redirect_uris,
    postLogoutRedirectUris: fields.post_logout_redirect_uris,
    backchannelLogoutUri: orNone(fields.backchannel_logout_uri),
    backchannelLogoutSessionRequired: fields.backchannel_logout_session_required,
    initiateLoginUri: orNone(fields.initiate_login_uri),
    policyUri: orNone(fields.policy_uri),
    tosUri: orNone(fields.tos_uri),
    brandColor: orNone(fields.brand_color),
    logo: typeof fields.logo_data === 'string' ? Buffer.from(fields.logo_data, 'base64') : fields.logo_data,
    grantTypes: fields.grant_types,
    scope: fields.scope,
    isNative: fields.application_type && fields.application_type === 'native',
    isFirstParty: fields.first_party,
    requirePkce: fields.require_pkce,
    passwordLogin: fields.password_login,
    introspect: fields.introspect,
    accessTokenTtlSeconds: fields.access_token_ttl_seconds,
    tokenFormat: fields.token_format,
    signingAlgorithm: fields.id_token_signed_response_alg,
    refreshTokenTtlSeconds: fields.refresh_token_ttl_seconds,
    refreshTokenMaxAgeSeconds: fields.refresh_token_max_age_seconds,
    refreshReuseWindowSeconds: fields.refresh_reuse_window_seconds,
  };
}

function orNone(value: string | null | undefined): string | undefined {
  return value === null ? '' : value;
}

function namesIn(fields: ClientFields): Record<string, string> | undefined {
  const named = languages.flatMap((language) => {
    const words = orNone(fields[`client_name#${language}`]);
    return words === undefined ? [] : [[language, words] as const];
  });
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}
