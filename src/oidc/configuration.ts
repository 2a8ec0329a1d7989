// What the engine is told: one object, in the order of its manual. Every default that a server of ours must not
// have is changed here, with the reason beside it.
import { errors, type Configuration, type JWK } from 'oidc-provider';
import type { Config } from '../config.ts';
import { takeOutOfReach } from './admin-scope.ts';
import { CLAIMS_BY_SCOPE } from './claims.ts';
import type { FetchKeys } from './client-keys.ts';
import { ACR_VALUES } from './authentication-context.ts';
import { loadGrant, restoreSessionGrant } from './consent.ts';
import { createInteractionPolicy, type NeedsSecondFactor } from './interaction-policy.ts';
import { SIGNING_ALGORITHMS } from './keys.ts';
import { accessTokenSeconds, grantSeconds, refreshTokenSeconds } from './lifetimes.ts';
import type { EnginePages } from './pages.ts';
import { createMayIntrospect, isSessionBound, mayRevoke } from './policies.ts';
import { createResourceIndicators, type Indicators } from './resource-indicators.ts';
import { OFFLINE_PARAMETER, SCOPES } from './scopes.ts';
import { EngineSigningKey } from './signing.ts';

export interface ConfigurationInputs {
  config: Config;
  adapter: NonNullable<Configuration['adapter']>;
  findAccount: NonNullable<Configuration['findAccount']>;
  cookieKeys: string[];
  jwks: JWK[];
  pages: EnginePages;
  fetchKeys: FetchKeys;
  /** 32 bytes, the same on every node. */
  dpopNonceSecret: Buffer;
  findResource: Indicators['findResource'];
  needsSecondFactor: NeedsSecondFactor;
}

/** Named by our metadata of a client, on top of RFC 7591. */
export const CLIENT_PROPERTIES = [
  'first_party',
  'require_pkce',
  'introspect',
  'password_login',
  'access_token_ttl_seconds',
  'token_format',
  'refresh_token_ttl_seconds',
  'refresh_token_max_age_seconds',
  'refresh_reuse_window_seconds',
  'resource_scope',
  'look',
];

/** The engine's own paths. */
export const ROUTES = {
  authorization: '/oauth/authorize',
  code_verification: '/device',
  device_authorization: '/oauth/device_authorization',
  end_session: '/oauth/logout',
  introspection: '/oauth/introspect',
  jwks: '/.well-known/jwks.json',
  pushed_authorization_request: '/oauth/par',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  token: '/oauth/token',
  userinfo: '/oauth/userinfo',
};

const MINUTE = 60;
/** An assertion is made for one request. */
const ASSERTION_MAX_SECONDS = 60 * MINUTE;
const INTERACTION_SECONDS = 60 * MINUTE;
const VISITOR_SECONDS = 60 * MINUTE;

export function createConfiguration(inputs: ConfigurationInputs): Configuration {
  const { config, pages } = inputs;
  const { ttl } = config;
  const isHttps = config.issuer.startsWith('https:');
  const mayIntrospect = createMayIntrospect(inputs.findResource);

  return {
    acrValues: ACR_VALUES,
    adapter: inputs.adapter,
    assertJwtClientAuthClaimsAndHeader: async (_ctx, claims) => refuseLongAssertion(claims.exp),
    // How somebody signed in is told to whoever asks (interaction-policy.ts).
    claims: { ...CLAIMS_BY_SCOPE, amr: null },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: [], response_types: [] },
    // Programs in the field read the profile from the ID token; the standard only says they need not find it there.
    conformIdTokenClaims: false,
    cookies: {
      keys: inputs.cookieKeys,
      names: {
        session: isHttps ? '__Host-portaria_session' : 'portaria_session',
        interaction: isHttps ? '__Secure-portaria_interaction' : 'portaria_interaction',
        resume: isHttps ? '__Secure-portaria_resume' : 'portaria_resume',
      },
      long: { signed: true, httpOnly: true, sameSite: 'lax', secure: isHttps, path: '/' },
      short: { signed: true, httpOnly: true, sameSite: 'lax', secure: isHttps },
    },
    discovery: {
      ...(config.registration !== 'off' && {
        registration_endpoint: `${config.issuer}${ROUTES.registration}`,
      }),
      service_documentation: undefined,
      ui_locales_supported: ['pt-BR', 'en', 'ko'],
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA', 'PS256', 'RS256'],
      idTokenSigningAlgValues: [...SIGNING_ALGORITHMS],
      userinfoSigningAlgValues: [...SIGNING_ALGORITHMS],
    },
    expiresWithSession: isSessionBound,
    extraClientMetadata: { properties: CLIENT_PROPERTIES },
    extraParams: [OFFLINE_PARAMETER],
    features: {
      // Its metadata and `sid`; what is sent is in backchannel-logout.ts.
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo: (ctx) => ({ ip: ctx.ip, ua: ctx.get('user-agent'), at: Math.floor(Date.now() / 1000) }),
        userCodeInputSource: pages.deviceInput,
        userCodeConfirmSource: pages.deviceConfirm,
        successSource: (ctx) => {
          restoreSessionGrant(ctx);
          return pages.deviceDone(ctx);
        },
      },
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      // RFC 9449 §8: nobody needs a nonce, but a program whose clock is wrong is helped by one.
      dPoP: { enabled: true, nonceSecret: inputs.dpopNonceSecret },
      introspection: {
        enabled: true,
        // The engine does not look at the person behind a token.
        allowedPolicy: async (ctx, client, token) => {
          if (!('accountId' in token)) return mayIntrospect(ctx, client, token);
          const account = await inputs.findAccount(ctx, token.accountId ?? '', token);
          if (!account) return false;
          takeOutOfReach(token, account);
          return mayIntrospect(ctx, client, token);
        },
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: createResourceIndicators({
        issuer: config.issuer,
        findResource: inputs.findResource,
      }),
      revocation: { enabled: true, allowedPolicy: mayRevoke },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.logout,
        postLogoutSuccessSource: pages.logoutDone,
      },
      userinfo: { enabled: true },
    },
    fetch: inputs.fetchKeys,
    findAccount: inputs.findAccount,
    interactions: {
      policy: createInteractionPolicy(inputs.needsSecondFactor),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    // Every client with the grant gets refresh tokens; the engine's default wants offline_access and a prompt.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: inputs.jwks.map((jwk) => new EngineSigningKey(jwk)) },
    loadExistingGrant: (ctx) => loadGrant(ctx, ttl),
    pkce: {
      // RFC 9700 §2.1.1: everybody, but for confidential clients that cannot.
      required: (_ctx, client) => client.clientAuthMethod === 'none' || client['require_pkce'] !== false,
    },
    renderError: pages.error,
    // `none` signs a person in to our own pages without issuing anything.
    responseTypes: ['code', 'none'],
    // RFC 9700 §4.14.2; the engine's default spares confidential clients.
    rotateRefreshToken: true,
    routes: ROUTES,
    scopes: [...SCOPES],
    subjectTypes: ['public'],
    ttl: {
      AccessToken: (_ctx, token, client) => accessTokenSeconds(ttl, client, token),
      AuthorizationCode: ttl.codeSeconds,
      ClientCredentials: (_ctx, token, client) => accessTokenSeconds(ttl, client, token),
      DeviceCode: ttl.deviceSeconds,
      Grant: grantSeconds(ttl, undefined),
      IdToken: ttl.accessTokenSeconds,
      Interaction: INTERACTION_SECONDS,
      PushedAuthorizationRequest: MINUTE,
      RefreshToken: (_ctx, token, client) => refreshTokenSeconds(ttl, client, token.iiat),
      // A visitor who never signs in leaves a row behind; it goes within the hour.
      Session: (_ctx, session) => (session.accountId ? ttl.sessionSeconds : VISITOR_SECONDS),
    },
  };
}

/** RFC 7523 §3 (4): one that is good for long is worth stealing, and its id would have to be remembered as long. */
function refuseLongAssertion(exp: unknown): void {
  if (Number(exp) - Date.now() / 1000 > ASSERTION_MAX_SECONDS) {
    throw new errors.InvalidClientAuth('exp of the client_assertion JWT is more than an hour ahead');
  }
}
