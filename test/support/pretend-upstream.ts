// Everybody who vouches for people but GitHub, on loopback: an OpenID provider, Kakao, Naver and a plain OAuth 2.0 service,
// each at its own paths. Strict about clients, redirects, PKCE and codes, with a switch for each way to fail or to lie.
import { createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { challengeOf, json, tell, textOf, type Lie } from './pretend-answers.ts';

export type { Lie };

/** What is wrong with the ID token. */
export type TokenLie =
  | 'none at all'
  | 'unsigned'
  | 'signed with the secret'
  | 'signed with the public key as a secret'
  | 'signed by another key'
  | 'for another audience'
  | 'for several audiences'
  | 'of another issuer'
  | 'without a nonce'
  | 'with another nonce'
  | 'expired'
  | 'without a subject';

export interface PretendUpstream {
  /** The issuer, and the address of all the others. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Claims of whoever presses the button, in the ID token and at /userinfo. */
  claims: Record<string, unknown>;
  /** Those of them that the ID token leaves out. */
  notInIdToken: readonly string[];
  /** Path (`/v2/user/me`, `/v1/nid/me`, `/user`, `/userinfo`) → what it says of the person. */
  readonly people: Map<string, unknown>;
  /** They press Cancel. */
  declines: boolean;
  tokenLie: TokenLie | undefined;
  /** Path → what it does instead. */
  readonly lies: Map<string, Lie>;
  /** Added to every redirect back, as RFC 9207 wants; null: leaves `iss` out. */
  iss: string | null;
  /** Changes to what it says of itself. */
  readonly metadata: Record<string, unknown>;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  /** What must stand in no log. */
  readonly secrets: Set<string>;
  /** The signing key is another one from now on. */
  rotate(): void;
  close(): Promise<void>;
}

interface Code {
  challenge: string | null;
  redirectUri: string;
  nonce: string | null;
  state: string;
}

export const bento = {
  sub: 'bento-of-the-upstream',
  name: 'Bento Example',
  preferred_username: 'bento',
  email: 'bento@example.com',
  email_verified: true,
  picture: 'https://pictures.example.com/bento.png',
  locale: 'pt-BR',
};

export async function startPretendUpstream(port = 0): Promise<PretendUpstream> {
  const codes = new Map<string, Code>();
  const tokens = new Set<string>();
  let key = newKey();
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const upstream: PretendUpstream = {
    url,
    clientId: 'pretend client',
    clientSecret: 'pretend-secret: 50%+',
    claims: bento,
    notInIdToken: [],
    people: new Map(),
    declines: false,
    tokenLie: undefined,
    lies: new Map(),
    iss: url,
    metadata: {},
    requests: [],
    secrets: new Set(),
    rotate: () => void (key = newKey()),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    upstream.requests.push(pathname);
    const lie = upstream.lies.get(pathname);
    if (lie) return tell(lie, response);
    if (pathname === '/.well-known/openid-configuration') return json(response, 200, metadata());
    if (pathname === '/jwks') return json(response, 200, { keys: [key.jwk] });
    if (pathname.endsWith('/authorize')) return authorize(searchParams, response);
    if (pathname.endsWith('/token')) return exchange(pathname, request, response);
    if (!tokens.has(request.headers.authorization?.replace('Bearer ', '') ?? ''))
      return json(response, 401, { error: 'invalid_token' });
    const person = upstream.people.get(pathname) ?? (pathname === '/userinfo' ? upstream.claims : undefined);
    return person === undefined ? json(response, 404, {}) : json(response, 200, person);
  }

  function metadata(): Record<string, unknown> {
    return {
      issuer: url,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      userinfo_endpoint: `${url}/userinfo`,
      jwks_uri: `${url}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
      ...upstream.metadata,
    };
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri') ?? '';
    if (query.get('client_id') !== upstream.clientId || query.get('response_type') !== 'code')
      return json(response, 400, { error: 'invalid_request' });
    const target = new URL(redirectUri);
    const state = query.get('state') ?? '';
    target.searchParams.set('state', state);
    if (upstream.iss !== null) target.searchParams.set('iss', upstream.iss);
    upstream.secrets.add(state);
    if (upstream.declines) {
      target.searchParams.set('error', 'access_denied');
    } else {
      const code = secret();
      const [challenge, nonce] = [query.get('code_challenge'), query.get('nonce')];
      codes.set(code, { challenge, redirectUri, nonce, state });
      if (nonce) upstream.secrets.add(nonce);
      target.searchParams.set('code', code);
    }
    response.writeHead(302, { location: target.href }).end();
  }

  async function exchange(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request));
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = form.get('code_verifier');
    if (verifier) upstream.secrets.add(verifier);
    if (!isClient(request, form)) return json(response, 401, { error: 'invalid_client' });
    const isOurs =
      code !== undefined &&
      code.redirectUri === form.get('redirect_uri') &&
      (code.challenge === null || challengeOf(verifier ?? '') === code.challenge) &&
      // Naver's manual: the state is part of the request.
      (path !== '/oauth2.0/token' || form.get('state') === code.state);
    // Naver refuses with 200.
    if (!isOurs) return json(response, path === '/oauth2.0/token' ? 200 : 400, { error: 'invalid_grant' });
    const token = secret();
    tokens.add(token);
    const isOpenid = code.nonce !== null && upstream.tokenLie !== 'none at all';
    const idToken = isOpenid ? idTokenFor(code.nonce ?? '') : undefined;
    if (idToken) upstream.secrets.add(idToken);
    json(response, 200, {
      access_token: token,
      token_type: 'bearer',
      // Naver writes a text.
      expires_in: '3600',
      ...(idToken && { id_token: idToken }),
    });
  }

  /** RFC 6749 §2.3.1: in the header form-encoded, or in the body. */
  function isClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
    const given = Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    const decode = (text = '') => new URLSearchParams(`v=${text}`).get('v');
    const [id, password] = headers.authorization
      ? given.split(':').map(decode)
      : [form.get('client_id'), form.get('client_secret')];
    return id === upstream.clientId && password === upstream.clientSecret;
  }

  function idTokenFor(nonce: string): string {
    const lie = upstream.tokenLie;
    const now = Math.floor(Date.now() / 1000);
    const claims: Record<string, unknown> = {
      iss: lie === 'of another issuer' ? 'https://elsewhere.example.com' : url,
      aud: upstream.clientId,
      iat: now,
      exp: now + 300,
      nonce,
      ...upstream.claims,
    };
    if (lie === 'for another audience') claims['aud'] = 'another client';
    if (lie === 'for several audiences') claims['aud'] = [upstream.clientId, 'another client'];
    if (lie === 'without a nonce') delete claims['nonce'];
    if (lie === 'with another nonce') claims['nonce'] = 'another-nonce';
    if (lie === 'expired') Object.assign(claims, { iat: now - 7200, exp: now - 3600 });
    if (lie === 'without a subject') delete claims['sub'];
    for (const name of upstream.notInIdToken) delete claims[name];
    if (lie === 'unsigned') return `${part({ alg: 'none' })}.${part(claims)}.`;
    if (lie === 'signed with the secret') return hs256(claims, upstream.clientSecret);
    if (lie === 'signed with the public key as a secret')
      return hs256(claims, key.publicKey.export({ type: 'spki', format: 'pem' }));
    const signer = lie === 'signed by another key' ? newKey().privateKey : key.privateKey;
    const text = `${part({ alg: 'ES256', kid: key.jwk.kid })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  function secret(): string {
    const made = randomBytes(16).toString('hex');
    upstream.secrets.add(made);
    return made;
  }

  upstream.secrets.add(upstream.clientSecret);
  return upstream;
}

function newKey(): { publicKey: KeyObject; privateKey: KeyObject; jwk: { kid: string } } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(8).toString('hex');
  return {
    ...pair,
    jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' } as never,
  };
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hs256(claims: unknown, secret: string | Buffer): string {
  const text = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
