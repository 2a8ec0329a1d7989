// Sign-in through GitHub or GitHub Enterprise. passport-github2 knows the protocol; every request to GitHub is ours
// (base/fetch.ts), because the library's own end the process on an answer that is not JSON and wait for ever on
// silence. The person is GitHub's numeric id; an address counts only as the verified primary one.
import { callbackify } from 'node:util';
import { Strategy, type StrategyOptions } from 'passport-github2';
import { upstreamFailed, type AppError } from '../base/errors.ts';
import { fetchJson, type JsonAnswer } from '../base/fetch.ts';
import type { Connector, Memory, Profile } from './connector.ts';
import { runStrategy, type StrategyOutcome } from './passport.ts';
import { recordOf, textOf, webAddressOf } from './profile-fields.ts';

export interface GithubOptions {
  clientId: string;
  clientSecret: string;
  /** https://github.com, or that of GitHub Enterprise. */
  url: string;
  apiUrl: string;
  /** Ours, as registered there. */
  callbackUrl: string;
  /** Organizations whose membership matters. */
  organizations?: readonly string[];
  /** For each request to GitHub. */
  timeoutMs?: number;
}

/** What the strategy gets instead of a request. `store` below reads and writes it. */
interface Passage {
  query: Record<string, string>;
  state?: string;
  verifier?: string;
}

type Done<T> = (error: unknown, ...result: T[]) => void;

const USER_AGENT = 'portaria';
const HIDDEN_ADDRESS = /@users\.noreply\./i;

export class GithubConnector implements Connector {
  readonly id = 'github';
  readonly label = 'GitHub';
  readonly #strategy: GithubStrategy;

  constructor(options: GithubOptions) {
    this.#strategy = new GithubStrategy(options);
  }

  async start(state: string): Promise<{ redirectTo: string; memory: Memory }> {
    const passage: Passage = { query: {}, state };
    const outcome = await runStrategy(this.#strategy, passage);
    if (outcome.kind !== 'redirect' || !passage.verifier) throw this.#unexpected(outcome);
    return { redirectTo: outcome.url, memory: { verifier: passage.verifier } };
  }

  async finish(code: string, memory: Memory): Promise<Profile> {
    const passage: Passage = { query: { code }, verifier: memory['verifier'] ?? '' };
    const outcome = await runStrategy(this.#strategy, passage).catch((error: unknown) => {
      throw upstreamFailed(this.label, error);
    });
    if (outcome.kind !== 'success') throw this.#unexpected(outcome);
    return outcome.user as Profile;
  }

  #unexpected({ kind }: StrategyOutcome): AppError {
    return upstreamFailed(this.label, new Error(`the strategy ended in "${kind}"`));
  }
}

/** Fields of a strategy must not be #private: it runs as a copy (passport.ts). */
class GithubStrategy extends Strategy {
  readonly _api: GithubApi;

  constructor(options: GithubOptions) {
    const settings = {
      clientID: options.clientId,
      clientSecret: options.clientSecret,
      callbackURL: options.callbackUrl,
      authorizationURL: `${options.url}/login/oauth/authorize`,
      tokenURL: `${options.url}/login/oauth/access_token`,
      scope: options.organizations?.length ? ['user:email', 'read:org'] : ['user:email'],
      // GitHub's own documentation separates by spaces; the library's comma is an old form.
      scopeSeparator: ' ',
      pkce: true,
      store: passageStore,
    };
    // Its types lack `pkce` and `store`.
    super(settings as unknown as StrategyOptions, handOver);
    this._api = new GithubApi(options);
    const oauth2 = this._oauth2 as unknown as TokenEndpoint;
    oauth2.getOAuthAccessToken = callbackify((code: string, params: Record<string, string>) =>
      this._api.exchange(code, params),
    );
  }

  override userProfile(accessToken: string, done: (error: Error | null, profile: unknown) => void): void {
    callbackify(() => this._api.profile(accessToken))(done);
  }
}

function handOver(_access: string, _refresh: string, profile: unknown, done: Done<Express.User>): void {
  done(null, profile as Express.User);
}

/** The part of node-oauth that talks to the token endpoint. */
interface TokenEndpoint {
  getOAuthAccessToken(
    code: string,
    params: Record<string, string>,
    done: (error: Error | null, token: string) => void,
  ): void;
}

/** The state came from pending-logins.ts. passport-oauth2 tells the forms of a store apart by Function.length: 5 and 4. */
const passageStore = {
  store(passage: Passage, verifier: string, _state: unknown, _meta: unknown, done: Done<string>): void {
    passage.verifier = verifier;
    done(null, passage.state ?? '');
  },
  verify(passage: Passage, _state: unknown, _meta: unknown, done: Done<string>): void {
    done(null, passage.verifier ?? '');
  },
};

/** Every question that we ask GitHub. Throws on whatever is not the expected answer. */
class GithubApi {
  readonly #options: GithubOptions;

  constructor(options: GithubOptions) {
    this.#options = options;
  }

  async exchange(code: string, params: Record<string, string>): Promise<string> {
    const { url, clientId, clientSecret, timeoutMs } = this.#options;
    const { status, body } = await fetchJson(`${url}/login/oauth/access_token`, {
      method: 'POST',
      headers: { 'user-agent': USER_AGENT },
      form: new URLSearchParams({ ...params, client_id: clientId, client_secret: clientSecret, code }),
      ...(timeoutMs && { timeoutMs }),
    });
    // GitHub answers 200 with `error` when it refuses a code.
    const { access_token: token, error } = recordOf(body);
    if (typeof token === 'string' && token !== '') return token;
    throw new Error(
      `the token endpoint answered ${status} ${typeof error === 'string' ? error : 'without a token'}`,
    );
  }

  async profile(token: string): Promise<Profile> {
    const user = recordOf(expectOk(await this.#get('/user', token), '/user'));
    const { id, login } = user;
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0)
      throw new Error('/user has no numeric id');
    if (typeof login !== 'string' || login === '') throw new Error('/user has no login');
    const [email, organizations] = await Promise.all([this.#email(token), this.#organizations(token)]);
    return {
      subject: String(id),
      username: login,
      name: textOf(user['name']) ?? login,
      email,
      emailVerified: email !== undefined,
      picture: webAddressOf(user['avatar_url']),
      organizations,
    };
  }

  /** The verified primary address. Hidden ones are nobody's mailbox. */
  async #email(token: string): Promise<string | undefined> {
    const answer = await this.#get('/user/emails?per_page=100', token);
    // A GitHub App without that permission, as opposed to a limit that was reached.
    const isForbidden = answer.status === 403 && answer.headers.get('x-ratelimit-remaining') !== '0';
    if (isForbidden || answer.status === 404) return undefined;
    const addresses = expectOk(answer, '/user/emails');
    if (!Array.isArray(addresses)) throw new Error('/user/emails is no list');
    const primary = addresses
      .map(recordOf)
      .find((address) => address['primary'] === true && address['verified'] === true);
    const email = textOf(primary?.['email']);
    return email && !HIDDEN_ADDRESS.test(email) ? email : undefined;
  }

  async #organizations(token: string): Promise<string[]> {
    const wanted = this.#options.organizations ?? [];
    const isMember = await Promise.all(wanted.map((organization) => this.#isMember(organization, token)));
    return wanted.filter((_, position) => isMember[position]);
  }

  async #isMember(organization: string, token: string): Promise<boolean> {
    const path = `/user/memberships/orgs/${encodeURIComponent(organization)}`;
    const answer = await this.#get(path, token);
    if (answer.status === 403 || answer.status === 404) return false;
    return recordOf(expectOk(answer, path))['state'] === 'active';
  }

  #get(path: string, token: string): Promise<JsonAnswer> {
    const { apiUrl, timeoutMs } = this.#options;
    return fetchJson(`${apiUrl}${path}`, {
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'user-agent': USER_AGENT,
      },
      ...(timeoutMs && { timeoutMs }),
    });
  }
}

function expectOk({ status, body }: JsonAnswer, path: string): unknown {
  if (status !== 200) throw new Error(`${path} answered ${status}`);
  return body;
}
