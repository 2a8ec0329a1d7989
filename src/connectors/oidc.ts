// Sign-in through any OpenID provider. openid-client knows the protocol; every request is ours (base/fetch.ts). Nothing is
// asked before somebody presses the button, so a provider that is down stops no start; what it says of itself is kept
// for an hour, and longer while it cannot be asked. The person is the subject of a signed ID token with our nonce.
import type * as Openid from 'openid-client';
import { upstreamFailed, type AppError } from '../base/errors.ts';
import { FetchFault, fetchWhole } from '../base/fetch.ts';
import type { Answer, Connector, Memory, Profile } from './connector.ts';
import { localeOf, recordOf, subjectOf, textOf, webAddressOf } from './profile-fields.ts';

export interface OidcOptions {
  id: string;
  label: string;
  /** To the letter, a slash at its end included: it is compared. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Ours, as registered there. */
  callbackUrl: string;
  /** For each request to the provider. */
  timeoutMs?: number;
}

type Claims = Record<string, unknown>;

const SCOPE = 'openid profile email';
const DISCOVERY_FRESH_MS = 60 * 60 * 1000;
/** Until a provider that could not be asked again is asked once more: until then nobody waits for it. */
const DISCOVERY_RETRY_MS = 60 * 1000;
/** Between our clock and theirs. */
const CLOCK_TOLERANCE_SECONDS = 30;

// Six megabytes: loaded with the first sign-in that needs it.
const loadLibrary = () => import('openid-client');

export class OidcConnector implements Connector {
  readonly id: string;
  readonly label: string;
  readonly #options: OidcOptions;
  #known: { configuration: Openid.Configuration; readAt: number } | undefined;
  #reading: Promise<Openid.Configuration> | undefined;

  constructor(options: OidcOptions) {
    this.id = options.id;
    this.label = options.label;
    this.#options = options;
  }

  async start(state: string): Promise<{ redirectTo: string; memory: Memory }> {
    const openid = await loadLibrary();
    const configuration = await this.#configuration();
    const memory = { verifier: openid.randomPKCECodeVerifier(), nonce: openid.randomNonce() };
    try {
      const url = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: this.#options.callbackUrl,
        scope: SCOPE,
        state,
        nonce: memory.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(memory.verifier),
        code_challenge_method: 'S256',
      });
      return { redirectTo: url.href, memory };
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async finish(code: string, memory: Memory, { iss }: Answer = {}): Promise<Profile> {
    const openid = await loadLibrary();
    const configuration = await this.#configuration();
    const callback = new URL(this.#options.callbackUrl);
    callback.searchParams.set('code', code);
    // RFC 9207 §2.4: compared whenever it is there, missed when the provider says that it sends it.
    if (iss !== undefined) callback.searchParams.set('iss', iss);
    try {
      const tokens = await openid.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: memory['verifier'] ?? '',
        expectedNonce: memory['nonce'] ?? '',
        idTokenExpected: true,
      });
      const claims = tokens.claims() as Claims;
      return this.#profileOf(claims, await this.#furtherClaims(configuration, tokens.access_token, claims));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Many providers keep the ID token small (OpenID Connect Core §5.4). The library compares the subjects (§5.3.2). */
  async #furtherClaims(configuration: Openid.Configuration, token: string, claims: Claims): Promise<Claims> {
    const isComplete = textOf(claims['email']) && textOf(claims['name']);
    if (isComplete || !configuration.serverMetadata().userinfo_endpoint) return {};
    const openid = await loadLibrary();
    return recordOf(await openid.fetchUserInfo(configuration, token, String(claims['sub'])));
  }

  #profileOf(claims: Claims, further: Claims): Profile {
    // An address and the word that it is verified come from the same place, or it would be verified by another's word.
    const { email, email_verified: verified } = textOf(claims['email']) ? claims : further;
    const of = <T>(read: (value: unknown) => T | undefined, name: string) =>
      read(claims[name]) ?? read(further[name]);
    const username = of(textOf, 'preferred_username');
    return {
      subject: subjectOf(claims['sub']),
      username,
      name: of(textOf, 'name') ?? username ?? textOf(email) ?? this.label,
      email: textOf(email),
      emailVerified: verified === true && textOf(email) !== undefined,
      picture: of(webAddressOf, 'picture'),
      locale: of(localeOf, 'locale'),
    };
  }

  /** What the provider says of itself. Throws `upstream_failed` when it was never heard and does not answer. */
  async #configuration(): Promise<Openid.Configuration> {
    const known = this.#known;
    if (known && Date.now() - known.readAt < DISCOVERY_FRESH_MS) return known.configuration;
    // One request for all who wait.
    this.#reading ??= this.#discover().finally(() => {
      this.#reading = undefined;
    });
    try {
      const configuration = await this.#reading;
      this.#known = { configuration, readAt: Date.now() };
      return configuration;
    } catch (error) {
      if (!known) throw this.#failed(error);
      this.#known = { ...known, readAt: Date.now() - DISCOVERY_FRESH_MS + DISCOVERY_RETRY_MS };
      return known.configuration;
    }
  }

  async #discover(): Promise<Openid.Configuration> {
    const openid = await loadLibrary();
    const { issuer, clientId, clientSecret, timeoutMs } = this.#options;
    const issuerUrl = new URL(issuer);
    const extensions = [openid.enableNonRepudiationChecks];
    // config-connectors.ts decides whose address may do without TLS.
    if (issuerUrl.protocol === 'http:') extensions.push(openid.allowInsecureRequests);
    const metadata = { client_secret: clientSecret, [openid.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
    return openid.discovery(issuerUrl, clientId, metadata, authenticate(openid, clientSecret), {
      execute: extensions,
      [openid.customFetch]: (url, { method, headers, body }) =>
        fetchWhole(url, {
          method,
          headers,
          ...(body != null && { body: body as NonNullable<RequestInit['body']> }),
          ...(timeoutMs && { timeoutMs }),
        }),
    });
  }

  #failed(error: unknown): AppError {
    return upstreamFailed(this.label, new Error(reasonOf(error)));
  }
}

/** OpenID Connect Discovery §3: who names no way to authenticate takes `client_secret_basic`. */
function authenticate(openid: typeof Openid, clientSecret: string): Openid.ClientAuth {
  const [basic, post] = [openid.ClientSecretBasic(clientSecret), openid.ClientSecretPost(clientSecret)];
  return (server, client, body, headers) => {
    const ways = server.token_endpoint_auth_methods_supported;
    const takesBasic = ways === undefined || ways.includes('client_secret_basic');
    return (takesBasic ? basic : post)(server, client, body, headers);
  };
}

/** For the log: what was wrong, never what was sent. The library's causes hold whole answers, and parts of tokens. */
function reasonOf(error: unknown): string {
  const { message, code, error: word, cause } = error as Error & { code?: unknown; error?: unknown };
  if (error instanceof FetchFault) return message;
  if (cause instanceof FetchFault) return cause.message;
  const inner = cause instanceof Error && code !== 'OAUTH_PARSE_ERROR' ? `: ${cause.message}` : '';
  const details = [textOf(code), textOf(word)].filter((detail) => detail !== undefined).join(' ');
  return `${message}${inner}${details && ` (${details.slice(0, 100)})`}`;
}
