// Sign-in through a plain OAuth 2.0 upstream: one page, one token endpoint, one address that says whose token it is. What
// an upstream does in its own way is told as options (kakao.ts, naver.ts) or as settings (`profileByFields`). Without an
// ID token nothing is signed: the answers are believed because we asked for them over TLS ourselves.
import { createHash } from 'node:crypto';
import { randomToken } from '../base/crypto.ts';
import { upstreamFailed } from '../base/errors.ts';
import { fetchJson, type JsonAnswer } from '../base/fetch.ts';
import type { Answer, Connector, Memory, Profile } from './connector.ts';
import { fieldAt, localeOf, recordOf, subjectOf, textOf, webAddressOf } from './profile-fields.ts';

export interface OAuth2Credentials {
  clientId: string;
  clientSecret: string;
  /** Ours, as registered there. */
  callbackUrl: string;
  /** For each request to the upstream. */
  timeoutMs?: number;
}

export interface OAuth2Options extends OAuth2Credentials {
  id: string;
  label: string;
  authorizationUrl: string;
  tokenUrl: string;
  userUrl: string;
  /** Undefined: the upstream asks for what is set there. */
  scope?: string | undefined;
  /** RFC 7636, S256. */
  pkce: boolean;
  /** How the secret goes to the token endpoint (RFC 6749 §2.3.1). */
  tokenAuth: 'post' | 'basic';
  /** Whether the token endpoint wants the state once more. */
  repeatsState?: boolean;
  /** The `iss` of its redirects (RFC 9207), which then has to be there. */
  issuer?: string | undefined;
  /** Throws when the answer names nobody. */
  profileOf: (user: unknown) => Profile;
}

/** Paths in the answer about the person, such as `id` or `user.profile.name`. */
export interface ProfileFields {
  subject: string;
  name?: string | undefined;
  username?: string | undefined;
  email?: string | undefined;
  /** Without it no address is verified. */
  emailVerified?: string | undefined;
  picture?: string | undefined;
  locale?: string | undefined;
}

const USER_AGENT = 'portaria';

export class OAuth2Connector implements Connector {
  readonly id: string;
  readonly label: string;
  readonly #options: OAuth2Options;

  constructor(options: OAuth2Options) {
    this.id = options.id;
    this.label = options.label;
    this.#options = options;
  }

  async start(state: string): Promise<{ redirectTo: string; memory: Memory }> {
    const { authorizationUrl, callbackUrl, clientId, pkce, repeatsState, scope } = this.#options;
    const verifier = pkce ? randomToken() : undefined;
    const url = new URL(authorizationUrl);
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callbackUrl,
      state,
      ...(scope && { scope }),
      ...(verifier && { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return {
      redirectTo: url.href,
      memory: { ...(verifier && { verifier }), ...(repeatsState && { state }) },
    };
  }

  async finish(code: string, memory: Memory, { iss }: Answer = {}): Promise<Profile> {
    const { issuer, profileOf, userUrl } = this.#options;
    try {
      // RFC 9207 §2.4. Who has no issuer has a callback of its own, which tells it from the others as well (RFC 9700 §4.4.2).
      if (issuer !== undefined && iss !== issuer)
        throw new Error('the redirect names another issuer, or none');
      const token = await this.#exchange(code, memory);
      const answer = await this.#ask(userUrl, { headers: { authorization: `Bearer ${token}` } });
      if (answer.status !== 200) throw new Error(`${hostOf(userUrl)} answered ${answer.status} to who it is`);
      return profileOf(answer.body);
    } catch (error) {
      throw upstreamFailed(this.label, error);
    }
  }

  async #exchange(code: string, { verifier, state }: Memory): Promise<string> {
    const { callbackUrl, clientId, clientSecret, tokenAuth, tokenUrl } = this.#options;
    const isBasic = tokenAuth === 'basic';
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callbackUrl,
      ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
      ...(verifier && { code_verifier: verifier }),
      ...(state && { state }),
    });
    const headers: Record<string, string> = isBasic ? { authorization: basicOf(clientId, clientSecret) } : {};
    const { status, body } = await this.#ask(tokenUrl, { method: 'POST', form, headers });
    // Some answer 200 with an `error` when they refuse a code.
    const { access_token: token, error } = recordOf(body);
    if (status === 200 && error === undefined && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))
      return token;
    const word = textOf(error)?.slice(0, 100) ?? 'without a usable token';
    throw new Error(`${hostOf(tokenUrl)} answered ${status} ${word} to a code`);
  }

  #ask(
    url: string,
    request: { method?: 'POST'; form?: URLSearchParams; headers: Record<string, string> },
  ): Promise<JsonAnswer> {
    const { timeoutMs } = this.#options;
    const headers = { 'user-agent': USER_AGENT, ...request.headers };
    return fetchJson(url, { ...request, headers, ...(timeoutMs && { timeoutMs }) });
  }
}

/** For an upstream that settings describe. `fallback`: the name of who has none. */
export function profileByFields(fields: ProfileFields, fallback: string): (user: unknown) => Profile {
  return (user) => {
    const at = (path: string | undefined) => (path === undefined ? undefined : fieldAt(user, path));
    const email = textOf(at(fields.email));
    const username = textOf(at(fields.username));
    return {
      subject: subjectOf(at(fields.subject)),
      username,
      name: textOf(at(fields.name)) ?? username ?? email ?? fallback,
      email,
      emailVerified: email !== undefined && at(fields.emailVerified) === true,
      picture: webAddressOf(at(fields.picture)),
      locale: localeOf(at(fields.locale)),
    };
  };
}

/** RFC 7636 §4.2. */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
function basicOf(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ '': text }).toString().slice(1),
  );
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}

function hostOf(url: string): string {
  return new URL(url).host;
}
