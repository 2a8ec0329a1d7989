// What a registered client is (RFC 6749 §2, RFC 7591 for the names). What it may not be is in client-rules.ts; making,
// changing and ending clients is in clients.ts.
import type { TokenFormat } from './access-token-format.ts';
import type { KeySet } from './client-keys.ts';
import type { SigningAlgorithm } from './keys.ts';

export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE_GRANT,
] as const;

/** Our own pages sign in as this client. */
export const CONSOLE_CLIENT_ID = 'console';
/** What people make for themselves on our pages is issued to this client (tokens/personal-tokens.ts); it can ask for nothing. */
export const PERSONAL_TOKEN_CLIENT_ID = 'personal-token';

/** What the engine is told, in the words of RFC 7591 §2, and our own additions. */
export interface ClientMetadata {
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  /** Where it is told of sessions that have ended (OpenID Connect Back-Channel Logout 1.0 §2.2). */
  backchannel_logout_uri?: string;
  /** It knows sessions by their `sid`: its ID tokens and logout tokens carry it. */
  backchannel_logout_session_required?: boolean;
  grant_types: string[];
  response_types: string[];
  scope: string;
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';
  /** Where a person begins at the service (OpenID Connect Core §4); with it the front desk has a tile for it. */
  initiate_login_uri?: string;
  /** What it is called in other languages than that of its name (RFC 7591 §2.2): by BCP 47. */
  names?: Record<string, string>;
  /** What it does with people's data, and what they agree to with it: linked where they decide. */
  policy_uri?: string;
  tos_uri?: string;
  /** Ours alone: `#rrggbb`, in lower case. */
  brand_color?: string;
  /** The public keys of a client that signs (RFC 7523), or where they are. */
  jwks?: KeySet;
  jwks_uri?: string;
  /** Gets no token that is not bound to a key of its own (RFC 9449 §5.2). */
  dpop_bound_access_tokens?: boolean;
  application_type: 'web' | 'native';
  /** Only a confidential client may be excused from PKCE (RFC 7636). */
  require_pkce: boolean;
  /** May introspect every token that has no audience, not only its own. */
  introspect: boolean;
  /** May sign people in with a password that it collects itself. */
  password_login: boolean;
  access_token_ttl_seconds?: number;
  /** Of access tokens that are for no resource in particular; opaque unless named. */
  token_format?: TokenFormat;
  /** Signs its ID tokens, and its access tokens when they are JWTs; ES256 unless named. */
  id_token_signed_response_alg?: SigningAlgorithm;
  /** How long a refresh token may lie unused, and how long a chain of refreshes goes on. */
  refresh_token_ttl_seconds?: number;
  refresh_token_max_age_seconds?: number;
  /** How long a refresh may be sent again; 0: not at all. */
  refresh_reuse_window_seconds?: number;
}

export interface Client {
  id: string;
  name: string;
  /** In clear, in memory only; undefined for a public client, and for one that signs. */
  secret: string | undefined;
  isFirstParty: boolean;
  isBuiltIn: boolean;
  /** By dynamic registration (RFC 7591): what it says about itself is a stranger's word. */
  isSelfRegistered: boolean;
  /** Of its picture (client-logo-store.ts). */
  logoDigest?: string | undefined;
  metadata: ClientMetadata;
  createdAt: Date;
  updatedAt: Date;
}

export interface ClientInput {
  name?: string | undefined;
  /** By language; an empty one is none any more, and what is not named stays. */
  names?: Record<string, string> | undefined;
  secret?: string | undefined;
  isPublic?: boolean | undefined;
  /** Instead of a secret: a client that signs with a key of its own. */
  jwks?: KeySet | undefined;
  jwksUri?: string | undefined;
  requireDpop?: boolean | undefined;
  redirectUris?: string[] | undefined;
  postLogoutRedirectUris?: string[] | undefined;
  /** Empty: none any more. */
  backchannelLogoutUri?: string | undefined;
  backchannelLogoutSessionRequired?: boolean | undefined;
  /** Empty: none any more. */
  initiateLoginUri?: string | undefined;
  /** Empty: none any more; the same for the next two. */
  policyUri?: string | undefined;
  tosUri?: string | undefined;
  brandColor?: string | undefined;
  /** A picture file; null: none any more. */
  logo?: Uint8Array | null | undefined;
  grantTypes?: string[] | undefined;
  scope?: string | undefined;
  isNative?: boolean | undefined;
  isFirstParty?: boolean | undefined;
  requirePkce?: boolean | undefined;
  passwordLogin?: boolean | undefined;
  introspect?: boolean | undefined;
  accessTokenTtlSeconds?: number | undefined;
  tokenFormat?: TokenFormat | undefined;
  signingAlgorithm?: SigningAlgorithm | undefined;
  refreshTokenTtlSeconds?: number | undefined;
  refreshTokenMaxAgeSeconds?: number | undefined;
  refreshReuseWindowSeconds?: number | undefined;
}

/** It cannot keep a secret, and has none (RFC 6749 §2.1). */
export function isPublic(client: Client): boolean {
  return client.metadata.token_endpoint_auth_method === 'none';
}
