// The server as this library sees it: OAuth 2.0 for a public client (RFC 8252), every answer checked by oauth4webapi. What is
// kept of the answers is in sessions.ts, what a person sees meanwhile in sign-in.ts.
import * as oauth from 'oauth4webapi';

/** An address that does not answer is no reason to leave somebody before a window that does nothing. */
const ANSWER_WITHIN_MS = 7_000;

/** What every sign-in asks for beside what the extension wants: who it is, what to call them, and to stay signed in. */
const OWN_SCOPES = ['openid', 'profile', 'offline_access'];

export interface Tokens {
  accessToken: string;
  /** When the access token ends, in milliseconds. */
  expiresAt: number;
  refreshToken?: string;
}

export interface Account {
  /** The universal identifier of the person (`sub`). */
  id: string;
  label: string;
}

export interface SignedIn {
  tokens: Tokens;
  account: Account;
}

export interface AuthorizationRequest {
  /** What the browser opens. */
  address: string;
  state: string;
  /** Checks what came back, `state` and `iss` (RFC 9207) included, and changes the code for tokens. */
  redeem(callback: URLSearchParams, signal: AbortSignal): Promise<SignedIn>;
}

export type Device = oauth.DeviceAuthorizationResponse;

export class Server {
  readonly issuer: string;
  readonly #issuer: URL;
  readonly #client: oauth.Client;
  #metadata: oauth.AuthorizationServer | undefined;

  /** Throws when the issuer is neither https nor on loopback. */
  constructor(issuer: string, clientId: string) {
    this.#issuer = new URL(issuer);
    this.issuer = this.#issuer.href;
    this.#client = { client_id: clientId };
    if (!isWebAddress(this.#issuer)) {
      throw new Error(`The issuer ${issuer} is not https. Only on loopback addresses may it be http.`);
    }
  }

  get clientId(): string {
    return this.#client.client_id;
  }

  async requestAuthorization(
    redirectUri: string,
    scopes: readonly string[],
    loginHint?: string,
  ): Promise<AuthorizationRequest> {
    const server = await this.#discover();
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const address = pageAt(server.authorization_endpoint!);
    address.search = new URLSearchParams({
      client_id: this.clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: withOwn(scopes),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(loginHint !== undefined && { login_hint: loginHint }),
    }).toString();
    return {
      address: address.href,
      state,
      redeem: async (callback, signal) => {
        const code = oauth.validateAuthResponse(server, this.#client, callback, state);
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          this.#client,
          oauth.None(),
          code,
          redirectUri,
          verifier,
          this.#options(signal),
        );
        const answer = await oauth.processAuthorizationCodeResponse(server, this.#client, response, {
          requireIdToken: true,
        });
        return this.#signedIn(answer, signal);
      },
    };
  }

  async startDevice(scopes: readonly string[], signal?: AbortSignal): Promise<Device> {
    const server = await this.#discover(signal);
    const response = await oauth.deviceAuthorizationRequest(
      server,
      this.#client,
      oauth.None(),
      { scope: withOwn(scopes) },
      this.#options(signal),
    );
    const device = await oauth.processDeviceAuthorizationResponse(server, this.#client, response);
    pageAt(device.verification_uri);
    if (device.verification_uri_complete !== undefined) pageAt(device.verification_uri_complete);
    return device;
  }

  /** Asks once (RFC 8628 §3.4). Throws `authorization_pending` like every other refusal: see `refusalOf`. */
  async pollDevice(device: Device, signal: AbortSignal): Promise<SignedIn> {
    const server = await this.#discover(signal);
    const response = await oauth.deviceCodeGrantRequest(
      server,
      this.#client,
      oauth.None(),
      device.device_code,
      this.#options(signal),
    );
    return this.#signedIn(await oauth.processDeviceCodeResponse(server, this.#client, response), signal);
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    const server = await this.#discover();
    const response = await oauth.refreshTokenGrantRequest(
      server,
      this.#client,
      oauth.None(),
      refreshToken,
      this.#options(),
    );
    const answer = await oauth.processRefreshTokenResponse(server, this.#client, response);
    // RFC 6749 §6: without a new one the old one goes on.
    return { refreshToken, ...tokensOf(answer) };
  }

  /** RFC 7009: with a refresh token ends all that came from the sign-in. */
  async revoke(token: string): Promise<void> {
    const server = await this.#discover();
    const response = await oauth.revocationRequest(
      server,
      this.#client,
      oauth.None(),
      token,
      this.#options(),
    );
    await oauth.processRevocationResponse(response);
  }

  async #signedIn(answer: oauth.TokenEndpointResponse, signal: AbortSignal): Promise<SignedIn> {
    const server = await this.#discover(signal);
    const subject = oauth.getValidatedIdTokenClaims(answer)?.sub;
    if (subject === undefined) throw new Error('The server did not say who has signed in.');
    const response = await oauth.userInfoRequest(
      server,
      this.#client,
      answer.access_token,
      this.#options(signal),
    );
    const person = await oauth.processUserInfoResponse(server, this.#client, subject, response);
    const label = person.email ?? person.preferred_username ?? person.name ?? subject;
    return { tokens: tokensOf(answer), account: { id: subject, label } };
  }

  async #discover(signal?: AbortSignal): Promise<oauth.AuthorizationServer> {
    if (this.#metadata) return this.#metadata;
    const response = await oauth.discoveryRequest(this.#issuer, {
      algorithm: 'oidc',
      ...this.#options(signal),
    });
    this.#metadata = await oauth.processDiscoveryResponse(this.#issuer, response);
    return this.#metadata;
  }

  #options(signal?: AbortSignal): { signal: AbortSignal; [oauth.allowInsecureRequests]: boolean } {
    const limit = AbortSignal.timeout(ANSWER_WITHIN_MS);
    return {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      [oauth.allowInsecureRequests]: this.#issuer.protocol === 'http:',
    };
  }
}

/** Over TLS, or of this very machine. */
function isWebAddress({ protocol, hostname }: URL): boolean {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

/** What a server names is opened on the person's machine: other schemes start programs there. */
function pageAt(address: string): URL {
  const url = URL.parse(address);
  if (url && isWebAddress(url)) return url;
  throw new Error('The address at which people should sign in is no page of the web. Nothing was opened.');
}

export interface Refusal {
  error: string;
  description?: string;
}

/** What the server said, when it said no; nothing when it could not answer (429, 5xx, no answer). */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof oauth.ResponseBodyError && error.status < 500 && error.status !== 429) {
    return { error: error.error, description: error.error_description };
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    return { error: error.error, description: error.error_description };
  }
  return undefined;
}

/** For how long the server asks to be left alone (RFC 9110 §10.2.3), in milliseconds. */
export function retryAfterOf(error: unknown): number | undefined {
  const cause = error instanceof oauth.ResponseBodyError ? error.response : (error as Error).cause;
  const seconds = cause instanceof Response ? Number(cause.headers.get('retry-after') ?? Number.NaN) : NaN;
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

function tokensOf(answer: oauth.TokenEndpointResponse): Tokens {
  return {
    accessToken: answer.access_token,
    // RFC 6749 §5.1: a server may leave it out; ours does not.
    expiresAt: Date.now() + (answer.expires_in ?? 3_600) * 1_000,
    ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
  };
}

function withOwn(scopes: readonly string[]): string {
  return [...new Set([...OWN_SCOPES, ...scopes])].join(' ');
}
