// A GitHub on loopback: the pages and answers that sign-in needs, strict where GitHub is strict, with a switch for
// each way in which an upstream can fail or lie.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { challengeOf, json, tell, textOf, type Lie } from './pretend-answers.ts';

export type { Lie };

export interface PretendPerson {
  id: unknown;
  login: unknown;
  name?: unknown;
  avatar_url?: unknown;
  emails: { email: string; primary: boolean; verified: boolean }[];
  /** Organization → state of the membership. */
  organizations?: Record<string, 'active' | 'pending'>;
}

export interface PretendGithub {
  readonly url: string;
  readonly apiUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who presses the button. */
  person: PretendPerson;
  /** They press Cancel. */
  declines: boolean;
  /** Path (`/user`, `/user/emails`, `/login/oauth/access_token`) → what it does instead. */
  readonly lies: Map<string, Lie>;
  /** Paths that were asked for, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

interface Code {
  challenge: string;
  redirectUri: string;
  person: PretendPerson;
}

export const ana: PretendPerson = {
  id: 1001,
  login: 'ana',
  name: 'Ana Example',
  avatar_url: 'https://avatars.example.com/u/1001',
  emails: [
    { email: 'old@example.org', primary: false, verified: true },
    { email: 'Ana@example.com', primary: true, verified: true },
  ],
};

export async function startPretendGithub(): Promise<PretendGithub> {
  const codes = new Map<string, Code>();
  const tokens = new Map<string, PretendPerson>();
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const github: PretendGithub = {
    url,
    apiUrl: `${url}/api/v3`,
    clientId: 'pretend-client',
    clientSecret: 'pretend-secret',
    person: ana,
    declines: false,
    lies: new Map(),
    requests: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const path = pathname.replace('/api/v3', '');
    github.requests.push(path);
    const lie = github.lies.get(path);
    if (lie) return tell(lie, response);
    if (path === '/login/oauth/authorize') return authorize(searchParams, response);
    if (path === '/login/oauth/access_token')
      return exchange(new URLSearchParams(await textOf(request)), response);
    const person = tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
    if (!person) return json(response, 401, { message: 'Bad credentials' });
    // GitHub refuses programs that do not say who they are.
    if (!request.headers['user-agent']) return json(response, 403, { message: 'User-Agent required' });
    return resource(path, person, response);
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get('redirect_uri') ?? '';
    const challenge = query.get('code_challenge') ?? '';
    if (
      query.get('client_id') !== github.clientId ||
      query.get('code_challenge_method') !== 'S256' ||
      !challenge
    ) {
      return json(response, 404, { message: 'Not Found' });
    }
    const target = new URL(redirectUri);
    target.searchParams.set('state', query.get('state') ?? '');
    if (github.declines) {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_description', 'The user has denied your application access.');
    } else {
      const code = randomBytes(10).toString('hex');
      codes.set(code, { challenge, redirectUri, person: github.person });
      target.searchParams.set('code', code);
    }
    response.writeHead(302, { location: target.href }).end();
  }

  function exchange(form: URLSearchParams, response: ServerResponse): void {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const isClient =
      form.get('client_id') === github.clientId && form.get('client_secret') === github.clientSecret;
    if (!isClient) return json(response, 200, { error: 'incorrect_client_credentials' });
    if (code && form.get('redirect_uri') !== code.redirectUri) {
      return json(response, 200, { error: 'redirect_uri_mismatch' });
    }
    if (!code || challengeOf(form.get('code_verifier') ?? '') !== code.challenge) {
      return json(response, 200, { error: 'bad_verification_code' });
    }
    const token = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(token, code.person);
    return json(response, 200, { access_token: token, token_type: 'bearer', scope: 'user:email' });
  }

  return github;
}

function resource(path: string, person: PretendPerson, response: ServerResponse): void {
  const { emails, organizations = {}, ...user } = person;
  if (path === '/user') return json(response, 200, user);
  if (path === '/user/emails') return json(response, 200, emails);
  const state = organizations[path.replace('/user/memberships/orgs/', '')];
  return state ? json(response, 200, { state }) : json(response, 404, { message: 'Not Found' });
}
