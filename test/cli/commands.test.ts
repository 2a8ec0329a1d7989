// The command line beside a running server, on the embedded database that both share.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../support/ports.ts';
import {
  json,
  newFolder,
  portaria,
  serve,
  words,
  type Outcome,
  type Server,
  type Settings,
} from '../support/processes.ts';

const folder = newFolder();
let settings: Settings;
let server: Server;

beforeAll(async () => {
  const port = await freePort();
  settings = { DATA_DIR: folder.path, PORT: String(port) };
  server = await serve(port, settings);
});

afterAll(async () => {
  await server.stop();
  folder.remove();
});

function expectSentence({ code, stdout, stderr }: Outcome, sentence: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
}

function requestToken(id: string, secret: string): Promise<Response> {
  return fetch(`${server.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}

interface ClientDocument {
  client_id: string;
  client_secret: string;
  redirect_uris: string[];
  [name: string]: unknown;
}

describe('portaria clients', () => {
  let created: ClientDocument;

  it('creates a client that works at once, and prints its secret', async () => {
    created = await json<ClientDocument>(
      [
        ...words('clients create --id shop --first-party --no-pkce --introspect --password-login'),
        ...words('--redirect-uri https://shop.example.com/a --redirect-uri https://shop.example.com/b'),
        ...words('--post-logout-redirect-uri https://shop.example.com/ --access-token-ttl 15m'),
        ...words('--grant authorization_code --grant client_credentials --grant device_code'),
        ...words('--refresh-token-ttl 7d --refresh-token-max-age 30d --refresh-reuse-window 0'),
        ...words('--token-format opaque --name Shop --scope'),
        'openid read',
      ],
      settings,
    );
    expect(created).toMatchObject({
      client_id: 'shop',
      client_name: 'Shop',
      redirect_uris: ['https://shop.example.com/a', 'https://shop.example.com/b'],
      post_logout_redirect_uris: ['https://shop.example.com/'],
      grant_types: [
        'authorization_code',
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:device_code',
      ],
      scope: 'openid read',
      application_type: 'web',
      require_pkce: false,
      introspect: true,
      password_login: true,
      access_token_ttl_seconds: 900,
      refresh_token_ttl_seconds: 7 * 86_400,
      refresh_token_max_age_seconds: 30 * 86_400,
      refresh_reuse_window_seconds: 0,
      first_party: true,
      built_in: false,
    });
    expect((await requestToken('shop', created.client_secret)).status).toBe(200);
  });

  it('lists and shows clients without their secrets', async () => {
    const all = await json<ClientDocument[]>('clients list', settings);
    expect(all.map((client) => client.client_id)).toEqual(['cli', 'console', 'personal-token', 'shop']);
    const ways = ['clients list --json', 'clients show shop --json', 'clients list', 'clients show shop'];
    for (const { stdout } of await Promise.all(ways.map((command) => portaria(command, settings)))) {
      expect(stdout).toContain('shop');
      expect(stdout).not.toContain(created.client_secret);
      expect(stdout).not.toContain('client_secret"');
    }
    expect((await portaria('clients show shop', settings)).stdout).toMatch(
      /Access tokens +opaque, JWT after/,
    );
  });

  it('changes only what an update names', async () => {
    const { client_secret: _, updated_at: __, ...before } = created;
    const named = await json<ClientDocument>('clients update shop --name Store', settings);
    expect(named).toMatchObject({ ...before, client_name: 'Store' });
    const switched = await json('clients update shop --pkce --no-introspect', settings);
    expect(switched).toMatchObject({
      ...before,
      client_name: 'Store',
      require_pkce: true,
      introspect: false,
    });
    expectSentence(await portaria('clients update shop', settings), /^Name what to change/);
    expectSentence(await portaria('clients update shop --public', settings), /when it is made/);
  });

  it('takes a secret from standard input', async () => {
    await json('clients update shop --secret -', settings, 'typed-elsewhere\n');
    expect((await requestToken('shop', 'typed-elsewhere')).status).toBe(200);
  });

  it('rotates a secret: the new one works at once, the old one stops within a second', async () => {
    const { client_secret: fresh } = await json<ClientDocument>('clients rotate-secret shop', settings);
    expect((await requestToken('shop', fresh)).status).toBe(200);
    const startedAt = Date.now();
    while ((await requestToken('shop', 'typed-elsewhere')).status !== 401) {
      expect(Date.now() - startedAt).toBeLessThan(1_000);
    }
  });

  it('deletes without a question where there is no terminal', async () => {
    expect(await json('clients delete shop', settings)).toEqual({ client_id: 'shop', deleted: true });
    expectSentence(await portaria('clients show shop', settings), /^There is no client "shop"/);
  });

  it('says what is wrong in a sentence', async () => {
    const wrong = (options: string) => portaria(`clients create --id wrong ${options}`, settings);
    expectSentence(await wrong('--token-format saml'), /Allowed choices are opaque, jwt/);
    expectSentence(await wrong('--access-token-ttl soon'), /takes a duration/);
    expectSentence(await wrong('--refresh-reuse-window 11m'), /takes a duration up to 10m/);
    expectSentence(await wrong('--redirect-uri nowhere'), /redirect_uris must only contain/);
    const taken = await portaria('clients create --id cli --grant client_credentials --json', settings);
    expectSentence(taken, /is taken/);
    expect(JSON.parse(taken.stderr)).toEqual({
      error: 'conflict',
      error_description: expect.stringContaining('"cli"'),
    });
  });
});

describe('portaria users', () => {
  const email = 'ana@example.com';
  let id: string;

  it('creates an account with a password from standard input', async () => {
    const create = `users create --email ${email} --username ana --role support --tier gold`;
    const ana = await json(`${create} --verified --password -`, settings, 'a password from elsewhere\n');
    expect(ana).toMatchObject({ email, username: 'ana', email_verified: true, tier: 'gold' });
    expect(ana).toMatchObject({ roles: ['support'], blocked_at: null });
    id = String(ana['id']);
    expectSentence(await portaria(`${create} --password -`, settings, 'short'), /at least 12 characters/);
    expectSentence(await portaria(create, settings), /already an account/);
  });

  it('finds an account by id and by address', async () => {
    expect(await json(`users show ${id}`, settings)).toMatchObject({ email });
    expect((await portaria(`users show ${email}`, settings)).stdout).toContain(id);
    expect(await json<object[]>('users list', settings)).toEqual([expect.objectContaining({ id })]);
    expect((await portaria('users list', settings)).stdout).toMatch(/^ID +EMAIL +USERNAME/);
  });

  it('gives a role to an account, and leaves the rest as it is', async () => {
    const {
      updated_at: _,
      second_factors: factors,
      personal_tokens: tokens,
      ...before
    } = await json('users show ana', settings);
    expect(factors).toEqual({ app_since: null, recovery_codes: 0, passkeys: 0 });
    expect(tokens).toBe(0);
    const without = await json(`users update ${id} --no-role`, settings);
    expect(without).toMatchObject({ email, username: 'ana', email_verified: true, roles: [] });
    expect(await json(`users update ${email} --role support`, settings)).toMatchObject(before);
  });

  it('changes a password from standard input, and everything else that is named', async () => {
    const update = 'users update ana --password -';
    expectSentence(await portaria(update, settings, 'short\n'), /at least 12 characters/);
    const { code, stdout } = await portaria(update, settings, 'a new one from elsewhere\n');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/sessions and tokens have ended/),
    });
    expect(stdout).not.toContain('elsewhere');
    const all = ['--name', 'Ana Example', ...words('--tier silver --username anna --verified --password -')];
    const changed = await json([...words(`users update ${id}`), ...all], settings, 'one more from elsewhere');
    expect(changed).toMatchObject({ id, email, name: 'Ana Example', username: 'anna', tier: 'silver' });
    expectSentence(await portaria('users update anna', settings), /^Name what to change/);
    expectSentence(
      await portaria('users update ana --tier gold', settings),
      /no such account: "ana". List them with: /,
    );
    const { stdout: list } = await portaria(`audit list --account anna`, settings);
    expect(list).toContain('  fields=name,username,tier,emailVerified…  ');
  });

  it('says how to mend an account that nobody can sign in to', async () => {
    const create = 'users create --email rui@example.com';
    const { stdout } = await portaria(create, settings);
    const [, rest = ''] = /as it is; this mends it: npx portaria (users update .*)\n/.exec(stdout) ?? [];
    expect(rest).toMatch(/ --verified --password -$/);
    const mended = await json(rest, settings, 'a password from elsewhere');
    expect(mended).toMatchObject({ email: 'rui@example.com', email_verified: true });
    const hints = [
      ['--email eva@example.com --username eva', / users update \S+ --password -\n/],
      ['--email eve@example.com --password -', / users update \S+ --verified\n/],
      ['--email ada@example.com --username ada --password -', /^The account was created.\n\n/],
    ] as const;
    for (const [options, hint] of hints) {
      const created = await portaria(`users create ${options}`, settings, 'a password from elsewhere');
      expect(created.stdout).toMatch(hint);
    }
    for (const name of ['rui', 'eva', 'eve', 'ada']) {
      expect(await portaria(`users delete ${name}@example.com`, settings)).toMatchObject({ code: 0 });
    }
  });

  it('blocks, unblocks, signs out and deletes', async () => {
    expect(await json(`users block ${email}`, settings)).toMatchObject({ blocked_at: expect.anything() });
    expect(await json(`users unblock ${id}`, settings)).toMatchObject({ blocked_at: null });
    expect(await json(`users sessions ${email}`, settings)).toEqual([]);
    expect(await json(`users sign-out ${email}`, settings)).toEqual({ id, signed_out: true });
    expect(await json(`users delete ${email} --yes`, settings)).toEqual({ id, deleted: true });
    const gone = await portaria(`users show ${email} --json`, settings);
    expect({ code: gone.code, error: JSON.parse(gone.stderr).error }).toEqual({
      code: 1,
      error: 'not_found',
    });
  });

  it('leaves in the audit which command did it, even after the account is gone', async () => {
    const rows = await json<{ event: string; agent: string }[]>(
      `audit list --account ${id} --since 1h`,
      settings,
    );
    expect(rows.map(({ event, agent }) => `${event} by ${agent}`)).toEqual([
      'account.deleted by portaria users delete',
      'account.signed_out by portaria users sign-out',
      'account.unblocked by portaria users unblock',
      'account.blocked by portaria users block',
      ...Array.from({ length: 4 }, () => 'account.updated by portaria users update'),
      'account.created by portaria users create',
    ]);
    expect(await json('audit list --since 2999-01-01', settings)).toEqual([]);
    expectSentence(await portaria('audit list --since noon', settings), /duration such as 2h/);
  });
});

describe('portaria keys', () => {
  it('lists the keys without their private halves', async () => {
    const keys = await json<object[]>('keys list', settings);
    expect(keys).toEqual(
      ['current', 'next'].flatMap((state) =>
        ['ES256', 'EdDSA', 'RS256'].map((algorithm) => ({
          kid: expect.any(String),
          algorithm,
          state,
          created_at: expect.any(String),
          activates_at: null,
          activated_at: state === 'current' ? expect.any(String) : null,
          retired_at: null,
        })),
      ),
    );
  });

  it('says when a young key will sign, and lets it sign at once when that is asked for', async () => {
    const waiting = await portaria('keys rotate --algorithm ES256', settings);
    expect(waiting.stdout).toMatch(/^ES256: \S+ signs from 20\S+ \S+Z on, when everybody can know it\.\n$/);
    const forced = await portaria('keys rotate --algorithm ES256 --now', settings);
    expect(forced.stdout).toMatch(/^ES256: \S+ signs now, instead of \S+\.\n$/);
    expect(forced.stderr).toMatch(/^Warning: .*10 minutes/);
    const states = await json<{ algorithm: string; state: string }[]>('keys list', settings);
    expect(states.filter(({ algorithm }) => algorithm === 'ES256').map(({ state }) => state)).toEqual([
      'current',
      'next',
      'previous',
    ]);
    expectSentence(
      await portaria('keys rotate --algorithm HS256', settings),
      /takes one of ES256, EdDSA, RS256/,
    );
  });
});

describe('portaria', () => {
  it('answers what it does not understand with a sentence, and says where the help is', async () => {
    for (const [command, sentence, help] of [
      ['clients crate', "unknown command 'crate'\n(Did you mean create?)", 'clients'],
      ['users list --bogus', "unknown option '--bogus'", 'users list'],
      ['clients create --token-format JWT', /argument 'JWT' is invalid. .*opaque, jwt/, 'clients create'],
      ['resources create', /--id <uri>' not specified/, 'resources create'],
      ['bogus', "unknown command 'bogus'", ''],
    ] as const) {
      const outcome = await portaria(command, settings);
      expectSentence(outcome, /^error: (.+\n){1,2}See: npx portaria.* --help\n$/);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).toContain(`See: npx portaria ${help}`.trimEnd() + ' --help');
    }
    expectSentence(await portaria('clients', settings), /^Usage: portaria clients/);
    const { code, stderr } = await portaria('users list --bogus --json', settings);
    expect({ code, ...JSON.parse(stderr) }).toMatchObject({ code: 1, error: 'invalid_usage' });
  });

  it('explains itself', async () => {
    const update = await portaria('clients update --help', settings);
    expect(update.stdout).not.toMatch(/--public|for good|default|generated/);
    const { version } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(await portaria('--version', settings)).toMatchObject({ code: 0, stdout: `${version}\n` });
    const { code, stdout } = await portaria('users create --help', settings);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--password <password>[^]*standard input[^]*Examples:/);
  });

  it('says what is wrong with the settings and with the database', async () => {
    expectSentence(await portaria('users list', { ...settings, ISSUER: 'x' }), /^The settings have a fault:/);
    const elsewhere = { DATABASE_URL: 'postgres://127.0.0.1:1/none', SECRET_KEY: 'x'.repeat(32) };
    expectSentence(await portaria('keys list', elsewhere), /^The database cannot be used: .*ECONNREFUSED/);
    expectSentence(await portaria('migrate plan', elsewhere), /^The database cannot be used/);
  });

  it('says which file it cannot use, and no more', async () => {
    const nowhere = join(folder.path, 'dangling');
    await symlink('/nowhere/at/all', nowhere);
    const occupied = join(folder.path, 'occupied');
    await mkdir(join(occupied, 'secret-key'), { recursive: true });
    const file = join(folder.path, 'secret-key');
    for (const DATA_DIR of [file, join(file, 'below'), nowhere, occupied]) {
      const outcome = await portaria('users list', { DATA_DIR });
      expectSentence(outcome, /^A file cannot be used: .*Check DATA_DIR\.\n$/);
    }
  });

  it('works on a database that it is given by its address', async () => {
    const DATABASE_URL = `postgres://portaria@localhost/portaria?host=${encodeURIComponent(await socketDirectory())}`;
    const wrongKey = await portaria('keys list', { DATABASE_URL, SECRET_KEY: 'x'.repeat(32) });
    expectSentence(wrongKey, /SECRET_KEY does not list/);
    const given = { DATABASE_URL, SECRET_KEY_FILE: `${folder.path}/secret-key` };
    expect(await json('keys list', given)).toHaveLength(7);
    expect(await json('migrate plan', given)).toEqual({ pending: [] });
  });
});

describe('a long list', () => {
  it('is printed whole, in even columns, without what a terminal would obey', async () => {
    const database = new Client({ host: await socketDirectory(), user: 'portaria', database: 'portaria' });
    await database.connect();
    await database.query(
      `insert into accounts (id, name, tier)
       select gen_random_uuid(), case n % 2 when 0 then '김하나' else E'\\x1b[31mred' end, 'tier' || n
         from generate_series(1, 450) n`,
    );
    await database.end();
    const { length } = await json<object[]>('users list', settings);
    const { stdout } = await portaria('users list', settings);
    const lines = stdout.trimEnd().split('\n');
    expect({ length, lines: lines.length }).toEqual({ length: 450, lines: 451 });
    expect(stdout).not.toContain('\u001B');
    // A Korean letter takes two columns of a terminal.
    const columns = lines.slice(1).map((line) => line.replace('김하나', '......').indexOf('tier'));
    expect(new Set(columns).size).toBe(1);
  });
});

/** Where the embedded server listens: line 5 of its own file. */
async function socketDirectory(): Promise<string> {
  const file = await readFile(`${folder.path}/postgres/data/postmaster.pid`, 'utf8');
  return file.split('\n')[4] ?? '';
}
