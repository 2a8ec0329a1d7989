import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { digest, randomToken } from '../../src/base/crypto.ts';
import { Sealer } from '../../src/base/seal.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { GithubConnector } from '../../src/connectors/github.ts';
import { PendingLogins } from '../../src/connectors/pending-logins.ts';
import { PendingLoginStore } from '../../src/connectors/pending-login-store.ts';
import { ConnectorRegistry } from '../../src/connectors/registry.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ana, startPretendGithub, type Lie, type PretendGithub } from '../support/pretend-github.ts';

const CALLBACK = 'https://login.example.com/connect/github/callback';
const secrets = [randomToken()];

let test: TestDatabase;
let github: PretendGithub;
let connector: GithubConnector;
let pendingLogins: PendingLogins;
/** The same in another process. */
let elsewhere: PendingLogins;

beforeAll(async () => {
  [test, github] = await Promise.all([createTestDatabase(), startPretendGithub()]);
  connector = new GithubConnector(optionsFor(github));
  pendingLogins = new PendingLogins(new PendingLoginStore(test.database), new Sealer(secrets, 'test'));
  elsewhere = new PendingLogins(new PendingLoginStore(test.another()), new Sealer(secrets, 'test'));
});
afterAll(() => Promise.all([test.close(), github.close()]));
afterEach(() => {
  jest.restoreAllMocks();
  github.person = ana;
  github.declines = false;
  github.lies.clear();
  github.requests.length = 0;
});

describe('somebody who is sent to GitHub', () => {
  it('brings a state, a PKCE challenge (RFC 7636 S256) and our callback along', async () => {
    const url = new URL(await pendingLogins.start(connector, 'interaction-1'));
    expect(url.origin + url.pathname).toBe(`${github.url}/login/oauth/authorize`);
    const { state, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'pretend-client',
      redirect_uri: CALLBACK,
      scope: 'user:email',
      code_challenge_method: 'S256',
    });
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(challenge).toMatch(/^[\w-]{43}$/);
  });

  it('leaves neither state nor verifier in clear in the database', async () => {
    await test.database.query('delete from pending_logins');
    const memories: string[] = [];
    const watched: Connector = {
      id: 'github',
      label: 'GitHub',
      finish: (code, memory) => connector.finish(code, memory),
      async start(state) {
        const started = await connector.start(state);
        memories.push(state, started.memory['verifier'] ?? '');
        const challenge = new URL(started.redirectTo).searchParams.get('code_challenge');
        const verifier = started.memory['verifier'] ?? '';
        expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge);
        return started;
      },
    };
    await pendingLogins.start(watched, 'interaction-1');
    const rows = JSON.stringify(
      await test.database.query("select encode(state_digest, 'escape') as state, * from pending_logins"),
    );
    for (const secret of [...memories, 'interaction-1']) expect(rows).not.toContain(secret);
  });

  it('comes back as the person that GitHub knows by number', async () => {
    expect(await signIn()).toEqual({
      outcome: 'vouched',
      profile: {
        subject: '1001',
        username: 'ana',
        name: 'Ana Example',
        email: 'Ana@example.com',
        emailVerified: true,
        picture: 'https://avatars.example.com/u/1001',
        organizations: [],
      },
    });
  });

  it('is sent to the interaction that the state belongs to, as often as the page is loaded', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-7'));
    expect(await elsewhere.peek('github', callback)).toEqual({ holder: 'interaction-7' });
    expect(await pendingLogins.peek('github', callback)).toEqual({ holder: 'interaction-7' });
  });

  it('may change their mind', async () => {
    github.declines = true;
    expect(await signIn()).toEqual({ outcome: 'declined' });
    expect(github.requests).toEqual(['/login/oauth/authorize']);
  });
});

describe('a callback that is not what it seems', () => {
  it('is refused when the state was used already', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-1'));
    await pendingLogins.finish(connector, 'interaction-1', callback);
    await expect(elsewhere.finish(connector, 'interaction-1', callback)).rejects.toMatchObject(expired);
    await expect(elsewhere.peek('github', callback)).rejects.toMatchObject(expired);
  });

  it('is taken once of ten at the same moment over two processes', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-1'));
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, turn) =>
        (turn % 2 ? pendingLogins : elsewhere).finish(connector, 'interaction-1', callback),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is refused in the sign-in of somebody else, and is used up by that', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-of-a-stranger'));
    await expect(pendingLogins.finish(connector, 'interaction-1', callback)).rejects.toMatchObject(expired);
    const again = pendingLogins.finish(connector, 'interaction-of-a-stranger', callback);
    await expect(again).rejects.toMatchObject(expired);
    expect(github.requests).not.toContain('/login/oauth/access_token');
  });

  it('is refused at another connector, and its own can still have it', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-1'));
    const other: Connector = {
      id: 'other',
      label: 'Other',
      start: (state) => connector.start(state),
      finish: (code, memory) => connector.finish(code, memory),
    };
    await expect(pendingLogins.peek('other', callback)).rejects.toMatchObject(expired);
    await expect(pendingLogins.finish(other, 'interaction-1', callback)).rejects.toMatchObject(expired);
    await expect(pendingLogins.finish(connector, 'interaction-1', callback)).resolves.toMatchObject({
      outcome: 'vouched',
    });
  });

  it('is refused when a row was moved to another state', async () => {
    await test.database.query('delete from pending_logins');
    await pendingLogins.start(connector, 'interaction-of-a-stranger');
    const state = 'state-that-the-attacker-knows';
    await test.database.query('update pending_logins set state_digest = $1', [digest(state)]);
    await expect(pendingLogins.peek('github', { state })).rejects.toThrow();
  });

  it('is refused after ten minutes', async () => {
    const callback = await visit(await pendingLogins.start(connector, 'interaction-1'));
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 10 * 60 * 1000 + 1);
    await expect(pendingLogins.peek('github', callback)).rejects.toMatchObject(expired);
    await expect(pendingLogins.finish(connector, 'interaction-1', callback)).rejects.toMatchObject(expired);
    await pendingLogins.deleteExpired();
    expect(await test.database.query('select 1 from pending_logins')).toEqual([]);
  });

  it.each([
    ['no state', {}],
    ['an empty state', { state: '' }],
    ['two states', { state: ['a', 'b'] }],
    ['an unknown state', { state: randomToken() }],
    ['an endless state', { state: 'a'.repeat(10_000) }],
    ['a state with a NUL', { state: 'a\0b' }],
  ])('is refused with %s, before its error is believed', async (_, callback) => {
    for (const rest of [{ code: 'x' }, { error: 'access_denied' }, { error: 'server_error' }]) {
      const finished = pendingLogins.finish(connector, 'interaction-1', { ...callback, ...rest });
      await expect(finished).rejects.toMatchObject(expired);
    }
    await expect(pendingLogins.peek('github', callback)).rejects.toMatchObject(expired);
  });

  it.each([
    ['no code', {}, 400],
    ['two codes', { code: ['a', 'b'] }, 400],
    ['a code that GitHub does not know', { code: 'made-up' }, 502],
    ['an error of GitHub', { error: 'temporarily_unavailable' }, 502],
    ['two errors', { error: ['access_denied', 'x'] }, 502],
  ])('fails with %s', async (_, rest, status) => {
    const { state } = await visit(await pendingLogins.start(connector, 'interaction-1'));
    const finished = pendingLogins.finish(connector, 'interaction-1', { state, ...rest });
    await expect(finished).rejects.toMatchObject({ status });
  });

  it('fails with the code of another sign-in: its PKCE verifier is missing (RFC 7636 §4.6)', async () => {
    const stolen = await visit(await pendingLogins.start(connector, 'interaction-of-a-stranger'));
    const own = await visit(await pendingLogins.start(connector, 'interaction-1'));
    const injected = { state: own.state, code: stolen.code };
    const finished = pendingLogins.finish(connector, 'interaction-1', injected);
    await expect(finished).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
  });
});

describe('the address', () => {
  it.each([
    ['nothing is verified', [{ email: 'ana@example.com', primary: true, verified: false }]],
    [
      'only another one is verified',
      [
        { email: 'ana@example.com', primary: true, verified: false },
        { email: 'old@example.org', primary: false, verified: true },
      ],
    ],
    ['it is hidden', [{ email: '1001+ana@users.noreply.github.com', primary: true, verified: true }]],
    [
      '"verified" is only a word',
      [{ email: 'ana@example.com', primary: true, verified: 'yes' as unknown as boolean }],
    ],
    ['there is none', []],
  ])('is not there when %s', async (_, emails) => {
    github.person = { ...ana, emails };
    expect(await signIn()).toMatchObject({
      profile: { subject: '1001', email: undefined, emailVerified: false },
    });
  });

  it('is not there for a GitHub App, which may not ask', async () => {
    github.lies.set('/user/emails', 'forbidden');
    expect(await signIn()).toMatchObject({
      profile: { subject: '1001', email: undefined, emailVerified: false },
    });
  });
});

describe('a profile', () => {
  it('has the login for a name when there is no other, and no picture that is no web address', async () => {
    github.person = { ...ana, name: null, avatar_url: 'javascript:alert(1)' };
    expect(await signIn()).toMatchObject({ profile: { name: 'ana', picture: undefined } });
  });

  it('has no character that no column can hold', async () => {
    github.person = { ...ana, name: 'A\0na\u0007 Example\n' };
    expect(await signIn()).toMatchObject({ profile: { name: 'Ana Example' } });
  });

  it('tells of active memberships only, and only of organizations that matter', async () => {
    const narrow = new GithubConnector({
      ...optionsFor(github),
      organizations: ['example', 'waiting', 'strangers'],
    });
    github.person = { ...ana, organizations: { example: 'active', waiting: 'pending', other: 'active' } };
    const start = await pendingLogins.start(narrow, 'interaction-1');
    expect(new URL(start).searchParams.get('scope')).toBe('user:email read:org');
    const arrival = await pendingLogins.finish(narrow, 'interaction-1', await visit(start));
    expect(arrival).toMatchObject({ profile: { organizations: ['example'] } });
    expect(github.requests).not.toContain('/user/memberships/orgs/other');
  });

  it.each([
    ['no number', { id: '1001' }],
    ['none at all', { id: undefined }],
    ['no whole number', { id: 1.5 }],
    ['zero', { id: 0 }],
    ['no login', { login: '' }],
  ])('is not believed when its id is %s', async (_, lie) => {
    github.person = { ...ana, ...lie };
    await expect(signIn()).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
  });
});

describe('a GitHub that is broken', () => {
  const paths = ['/login/oauth/access_token', '/user', '/user/emails'];
  const lies: Lie[] = ['500', 'not JSON', 'null', 'endless', 'redirect', 'cut off', 'silence', 'limited'];

  it.each(paths.flatMap((path) => lies.map((lie): [string, Lie] => [path, lie])))(
    'ends in a refusal, not in a crash: %s says %s',
    async (path, lie) => {
      github.lies.set(path, lie);
      await expect(signIn()).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
    },
  );

  it('ends in a refusal when nobody listens', async () => {
    const closed = await startPretendGithub();
    const options = optionsFor(closed);
    await closed.close();
    const finished = new GithubConnector(options).finish('code', { verifier: 'verifier' });
    await expect(finished).rejects.toMatchObject({ status: 502 });
  });

  it('ends in a refusal when the client secret is wrong, and the secret is in no error', async () => {
    const wrong = new GithubConnector({ ...optionsFor(github), clientSecret: 'wrong-secret' });
    const callback = await visit(await pendingLogins.start(wrong, 'interaction-1'));
    const error: unknown = await pendingLogins
      .finish(wrong, 'interaction-1', callback)
      .catch((fault: unknown) => fault);
    expect(error).toMatchObject({ status: 502 });
    expect(everythingIn(error)).toContain('incorrect_client_credentials');
    for (const secret of ['wrong-secret', String(callback.code)])
      expect(everythingIn(error)).not.toContain(secret);
  });
});

describe('the connectors', () => {
  it('are found by their id', () => {
    const registry = new ConnectorRegistry([connector]);
    expect(registry.list()).toEqual([{ id: 'github', label: 'GitHub' }]);
    expect(registry.get('github')).toBe(connector);
    expect(() => registry.get('gitlab')).toThrow('no such way to sign in');
  });

  it('have one id each', () => {
    expect(() => new ConnectorRegistry([connector, connector])).toThrow('same id');
  });
});

const expired = { status: 410, code: 'session_not_found' };

function optionsFor(upstream: PretendGithub) {
  const { url, apiUrl, clientId, clientSecret } = upstream;
  return { url, apiUrl, clientId, clientSecret, callbackUrl: CALLBACK, timeoutMs: 150 };
}

/** What a browser does: follows us to GitHub and comes back with what GitHub says. */
async function visit(redirectTo: string): Promise<{ state?: string; code?: string }> {
  const answer = await fetch(redirectTo, { redirect: 'manual' });
  return Object.fromEntries(new URL(answer.headers.get('location') ?? '').searchParams);
}

async function signIn() {
  const callback = await visit(await pendingLogins.start(connector, 'interaction-1'));
  return pendingLogins.finish(connector, 'interaction-1', callback);
}

/** An error and all its causes, as a log would show them. */
function everythingIn(error: unknown): string {
  const { message, stack, cause, oauthError } = error as Error & { oauthError?: unknown };
  const inner = [cause, oauthError].filter(Boolean).map(everythingIn);
  return [message, stack, JSON.stringify(error), ...inner].join('\n');
}
