// Every statement that the usual walks send, planned for a house with a million tokens: none may read a large table from
// one end to the other. Plans are generic, as PostgreSQL makes them for a prepared statement that is used often.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from 'pg';
import { ResealStore } from '../../src/base/reseal-store.ts';
import { listJobs } from '../../src/jobs.ts';
import { ResourceStore } from '../../src/oidc/resource-store.ts';
import { Browser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withPatience } from '../support/fill.ts';
import { addApp, tokensOf } from '../support/json-login.ts';
import { linkTo, mailsOf } from '../support/mailbox.ts';
import { addPasskey, usePasskey } from '../support/passkeys.ts';
import {
  addClient,
  addPerson,
  authorizationRequest,
  postForm,
  refresh,
  signIn,
  tokensFor,
  verify,
} from '../support/people.ts';
import { startPortaria, type Portaria } from '../support/portaria.ts';
import { allow, ask, askWith, openLink, proof, started } from '../support/polling.ts';
import { startPretendGithub, type PretendGithub } from '../support/pretend-github.ts';
import { openSocket } from '../support/sockets.ts';
import { SoftAuthenticator } from '../support/soft-authenticator.ts';
import {
  approveDevice,
  poll,
  settingsFor,
  signInWithGithub,
  signOut,
  startDevice,
} from '../support/walks.ts';

const LARGE = new Set([
  'tokens',
  'grants',
  'sessions',
  'transients',
  'accounts',
  'account_roles',
  'identities',
  'passkeys',
  'passkey_challenges',
  'audit_events',
  'clients',
  'refresh_replays',
  'seen_ids',
  'throttles',
  'pending_logins',
  'one_time_tokens',
  'outbox',
  'polling_sessions',
]);

/** What may read a table from end to end, and why. */
const ALLOWED: readonly { statement: RegExp; table: string; why: string }[] = [
  {
    statement: /^delete from one_time_tokens where purpose = /,
    table: 'one_time_tokens',
    why: 'at a start without an administrator: there is nobody yet who could have made the others',
  },
  {
    statement: /select max\(\(metadata->>'access_token_ttl_seconds'\)/,
    table: 'clients',
    why: 'once an hour, before a retired key is deleted; clients are thousands at most',
  },
  {
    statement: /metadata->>'password_login' = 'true'$/,
    table: 'clients',
    why: 'when a page of an origin that the settings do not name asks, once in five seconds; clients are thousands at most',
  },
  {
    statement: /^select name, metadata->'names' as names from clients where not is_self_registered/,
    table: 'clients',
    why: 'of those that an administrator registered, which are all here and few elsewhere (there is an index of them); only when a program registers itself',
  },
];

let database: TestDatabase;
let portaria: Portaria;
let github: PretendGithub;
/** Everything that was sent to PostgreSQL by this process. */
const sent = new Set<string>();

beforeAll(async () => {
  database = await createTestDatabase();
  await withPatience(database, fill);
  listenIn();
  github = await startPretendGithub();
  portaria = await startPortaria({ ...settingsFor(github), REGISTRATION: 'open' }, { database });
}, 180_000);
afterAll(async () => {
  jest.restoreAllMocks();
  await portaria.stop();
  await github.close();
  await database.close();
});

/** Notes every text that is sent to PostgreSQL. */
function listenIn(): void {
  const query = Reflect.get(Client.prototype, 'query') as (...them: unknown[]) => unknown;
  const noted = function (this: Client, ...them: unknown[]): unknown {
    const [statement] = them as [string | { text?: string } | undefined];
    const text = typeof statement === 'string' ? statement : statement?.text;
    if (text !== undefined) sent.add(text);
    return query.apply(this, them);
  };
  jest.spyOn(Client.prototype, 'query').mockImplementation(noted);
}

/** A million tokens and what belongs to them. Indexes are made afterwards, and nothing is logged: it is only looked at. */
async function fill(client: Client): Promise<void> {
  const { rows: indexes } = await client.query<{ name: string; text: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as text
       from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relname = any($1) and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)`,
    [[...LARGE]],
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  const idOf = (text: string) => `sha256(('${text}' || n)::bytea)`;
  const accountOf = (n: string) => `lpad(to_hex(${n} % 100000), 32, '0')::uuid`;
  const soon = `now() + random() * interval '30 days'`;
  const each = (count: number) => `from generate_series(1, ${count}) n`;
  const statements = [
    ...['tokens', 'grants', 'sessions', 'audit_events'].map((table) => `alter table ${table} set unlogged`),
    `insert into clients (id, name, metadata) select 'client-' || n, 'Client', '{}' ${each(5_000)}`,
    `insert into accounts (id, username, name, email, email_verified)
     select ${accountOf('n')}, 'person' || n, 'Person', 'person' || n || '@example.org', true ${each(100_000)}`,
    `insert into identities (connector_id, subject, account_id) select 'github', n::text, ${accountOf('n')} ${each(100_000)}`,
    `insert into passkeys select ${idOf('k')}, ${accountOf('n')}, 'Key', '', 0, '{}', gen_random_uuid(), true, true, now() ${each(100_000)}`,
    `insert into passkey_challenges select ${idOf('h')}, ${idOf('c')}, ${soon} ${each(50_000)}`,
    `insert into roles (id) select 'role-' || n ${each(50)}`,
    `insert into account_roles (account_id, role_id) select ${accountOf('n')}, 'role-' || (n % 50 + 1) ${each(100_000)}`,
    `insert into tokens (id_digest, kind, grant_digest, account_id, client_id, session_uid, payload, expires_at)
     select ${idOf('t')}, (array['AccessToken', 'RefreshToken'])[n % 2 + 1], ${idOf('g').replace('n)', '(n % 200000))')},
            ${accountOf('n')}, 'client-' || (n % 5000 + 1), 's' || n % 200000,
            '{"scope": "openid read", "iat": 1767225600, "kind": "AccessToken"}', ${soon} ${each(1_000_000)}`,
    `insert into grants (id_digest, account_id, client_id, payload, expires_at)
     select ${idOf('g')}, ${accountOf('n')}, 'client-' || (n % 5000 + 1), '{"kind": "Grant"}', ${soon} ${each(200_000)}`,
    `insert into sessions (id_digest, uid, account_id, payload, expires_at)
     select ${idOf('s')}, 's' || n, ${accountOf('n')}, '{"authorizations": {}}', ${soon} ${each(200_000)}`,
    `insert into audit_events (event, occurred_at, account_id, client_id)
     select 'token.issued', now() - n * interval '30 seconds', ${accountOf('n')}, 'client-' || (n % 5000 + 1) ${each(1_000_000)}`,
    `insert into transients select ${idOf('i')}, 'Interaction', 'sealed', null, ${soon} ${each(50_000)}`,
    `insert into pending_logins select ${idOf('p')}, 'github', 'sealed', ${soon} ${each(50_000)}`,
    `insert into one_time_tokens select ${idOf('o')}, 'setup', ${accountOf('n')}, ${soon} ${each(50_000)}`,
    `insert into throttles select 'test:' || n, 1, extract(epoch from ${soon})::bigint * 1000 ${each(50_000)}`,
    `insert into seen_ids select ${idOf('j')}, ${soon} ${each(50_000)}`,
    `insert into refresh_replays select ${idOf('t')}, ${idOf('r')}, ${idOf('q')}, 'sealed', ${soon} ${each(50_000)}`,
    `insert into outbox (kind, destination, body, due_at)
     select 'backchannel_logout', 'client client-' || n % 20, '{}', ${soon} ${each(50_000)}`,
    `insert into polling_sessions (id_digest, handle_digest, letters_digest, client_id, scope, account_id, created_at, expires_at)
     select ${idOf('x')}, ${idOf('y')}, ${idOf('z')}, 'cli', 'read', ${accountOf('n')}, now(), ${soon} ${each(50_000)}`,
    ...indexes.map(({ text }) => text),
    'analyze',
  ];
  for (const statement of statements) await client.query(statement);
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

function readEntirely(plan: Plan): string[] {
  const table = plan['Relation Name'] ?? '';
  const own = plan['Node Type'] === 'Seq Scan' && LARGE.has(table) ? [table] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(readEntirely)];
}

/** The tables that a statement would read from end to end. */
async function explain(client: Client, text: string): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (generic_plan, format json) ${text}`,
  );
  const tables = rows.flatMap((row) => readEntirely(row['QUERY PLAN'][0].Plan));
  return tables.filter(
    (table) => !ALLOWED.some((allowed) => allowed.table === table && allowed.statement.test(text)),
  );
}

/** What everybody does all day, and what administrators do. */
async function walkEverywhere(): Promise<void> {
  const { services, url } = portaria;
  const ana = await addPerson(portaria);
  const web = await addClient(portaria, 'web', {
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    scope: 'openid profile email offline_access read users.read',
    introspect: true,
  });
  const byLongWay = { id: '%77eb', secret: web.secret };
  const browser = new Browser(url);
  const tokens = await tokensFor(portaria, web, { browser });
  const kept = await tokensFor(portaria, web, { browser: new Browser(url), scope: 'openid offline_access' });
  const next = await refresh(portaria, web, tokens.refresh_token ?? '');
  await refresh(portaria, web, tokens.refresh_token ?? '');
  await refresh(portaria, web, next.body.refresh_token ?? '');
  await refresh(portaria, web, tokens.refresh_token ?? '');

  const headers = { authorization: `Bearer ${kept.access_token}` };
  expect((await verify(portaria, kept.access_token)).status).toBe(200);
  for (const path of ['/api/user', '/oauth/userinfo']) await (await fetch(url + path, { headers })).text();
  for (const client of [web, byLongWay]) {
    const fields = { grant_type: 'client_credentials', scope: 'users.read' };
    const { body } = await postForm(`${url}/oauth/token`, fields, client);
    const machine = { authorization: `Bearer ${body.access_token}` };
    await (await fetch(`${url}/api/users/${ana}`, { headers: machine })).text();
    for (const token of [kept.access_token, kept.refresh_token ?? '', body.access_token, 'nonsense']) {
      await postForm(`${url}/oauth/introspect`, { token }, client);
    }
    await postForm(`${url}/oauth/revoke`, { token: body.access_token }, client);
  }
  await postForm(`${url}/oauth/revoke`, { token: kept.refresh_token ?? '' }, web);

  const device = await startDevice(portaria, 'cli');
  await poll(portaria, 'cli', device);
  await approveDevice(new Browser(url), device);
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 30_000);
  expect((await poll(portaria, 'cli', device)).status).toBe(200);
  jest.mocked(Date.now).mockRestore();
  await signInWithGithub(new Browser(url), authorizationRequest(portaria, { client_id: web.id }).url);
  const pushed = await postForm(`${url}/oauth/par`, { ...par(), client_id: web.id }, web);
  await browser.get(
    `${url}/oauth/authorize?client_id=${web.id}&request_uri=${(pushed.body as { request_uri?: string }).request_uri}`,
  );
  await signOut(browser);
  await signIn(
    new Browser(url),
    authorizationRequest(portaria, { client_id: web.id }).url,
    'ana@example.com',
  );

  const registered = await fetch(`${url}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://stranger.example.com/callback'] }),
  });
  expect(registered.status).toBe(201);
  await services.setup.ensureFirstAdministrator();

  const { administration, auditStore, clients, serviceTokens } = services;
  const made = await serviceTokens.create('web', { name: 'nightly' });
  await serviceTokens.list('web', { limit: 10 });
  await serviceTokens.revoke('web', made.fingerprint);
  await administration.list({ limit: 50 });
  for (const who of [ana, 'ana', 'ana@example.com']) await administration.get(who);
  await administration.listSessions(ana);
  await visitAccount();
  await administration.update(ana, { tier: 'gold', roles: ['admin'] });
  await administration.create({
    email: 'bia@example.com',
    roles: ['admin'],
    name: 'Bia',
    emailVerified: true,
  });
  await administration.block(ana);
  await administration.unblock(ana);
  await administration.signOut(ana);
  await administration.delete(ana);
  await clients.list({ limit: 50 });
  await clients.update('web', { scope: 'openid' });
  await clients.delete('web');
  await auditStore.list({ limit: 50 });
  const [last] = await auditStore.list({ accountId: ana, since: new Date(0), limit: 1 });
  await auditStore.list({ accountId: ana, before: last?.id, limit: 50 });
  await auditStore.list({ since: new Date(Date.now() - 60_000), before: last?.id, limit: 50 });

  const resourceStore = new ResourceStore(services.database);
  for (const job of listJobs({ ...services, resourceStore })) await job.run();
  const resealStore = new ResealStore(services.database);
  for (const column of services.reseal.columns) {
    for await (const page of resealStore.pages(column, 1)) if (page.length >= 0) break;
  }
}

/** A program that asks for the password itself, twice from a page of its own. */
async function useJson(username: string): Promise<void> {
  await addApp(portaria, 'app', { redirectUris: ['https://app.example.com/callback'] });
  const { access, refresh: first } = await tokensOf(portaria, { username });
  const socket = await openSocket(portaria, { origin: 'https://app.example.com' });
  const next = await socket.say({ action: 'refresh', refresh_token: first });
  await portaria.services.engineStore.findLivingGrants(['00']);
  await socket.say({ action: 'logout', refresh_token: next.refresh_token, access_token: access });
  await socket.say({ action: 'request_password_reset', email: `${username}@example.com` });
  socket.raw.terminate();
}

/** What people look at and end on their own pages. */
async function visitAccount(): Promise<void> {
  const bia = await addPerson(portaria, 'beatriz');
  const browser = new Browser(portaria.url);
  await signIn(browser, '/sign-in', 'beatriz');
  for (const path of ['/', '/account', '/account/programs', '/account/history']) {
    expect((await browser.get(path)).status).toBe(200);
  }
  const device = new SoftAuthenticator(portaria.url);
  const added = await addPasskey(browser, device);
  expect((await browser.submit(added, { name: 'Another' }, '/rename')).status).toBe(200);
  const guest = new Browser(portaria.url);
  expect((await usePasskey(guest, await guest.get('/sign-in'), device)).status).toBe(200);
  expect((await browser.submit(added, {}, '/remove')).status).toBe(200);
  await useTokens(browser, bia);
  await useTerminals(browser);
  await useJson('beatriz');
  await browser.submit(await browser.get('/account/data'), {}, '/download');
  const { accountAlarm, administration, ownAccount, passwordReset, presence, secondFactors } =
    portaria.services;
  await signIn(new Browser(portaria.url), '/sign-in', 'beatriz');
  const link = await linkTo(portaria, 'beatriz@example.com');
  await passwordReset.request('beatriz@example.com', { address: '192.0.2.1', locale: 'en' });
  await mailsOf(portaria);
  await secondFactors.reset(await administration.get(bia));
  const [session] = await presence.listSessions(bia);
  await presence.endOtherSessions(bia, session?.uid ?? '');
  await presence.endSession(bia, session?.uid ?? '');
  await presence.disconnect(bia, 'nothing').catch(() => {});
  await accountAlarm.raise(new URL(link).searchParams.get('token') ?? '');
  await ownAccount.delete(bia);
}

async function useTokens(browser: Browser, owner: string): Promise<void> {
  const { personalTokens, personalTokenUses } = portaria.services;
  const choice = { name: 'backup', scope_read: 'yes', days: '30' };
  const made = await browser.submit(await browser.get('/account/tokens'), choice, '/tokens');
  await verify(portaria, /ptr_pat_\w+/.exec(made.text)?.[0] ?? '');
  await personalTokenUses.write();
  const [token] = await personalTokens.list(owner);
  expect(token?.lastUsedAt).toBeDefined();
  await personalTokens.revoke(owner, token?.fingerprint ?? '');
}

async function useTerminals(browser: Browser): Promise<void> {
  const { verifier, challenge } = proof();
  const [allowed, denied] = [
    await started(portaria.url, { code_challenge: challenge }),
    await started(portaria.url),
  ];
  await allow(browser, allowed);
  await browser.submit(await openLink(browser, denied), { decision: 'deny' });
  expect((await askWith(portaria.url, allowed.sessionId, verifier)).status).toBe(200);
  expect((await ask(portaria.url, denied.sessionId)).body.status).toBe('denied');
}

function par(): Record<string, string> {
  return Object.fromEntries(new URL(authorizationRequest(portaria, {}).url).searchParams);
}

describe('among a million tokens', () => {
  it('no statement reads a large table from one end to the other', async () => {
    await walkEverywhere();
    const statements = [...sent].filter((text) => /^\s*(select|insert|update|delete|with)\b/i.test(text));
    const found = await withPatience(database, async (client) => {
      const faults: string[] = [];
      for (const text of statements) {
        const tables = await explain(client, text);
        if (tables.length > 0) faults.push(`${tables.join(', ')}: ${text.trim().slice(0, 400)}`);
      }
      return faults;
    });
    expect(found).toEqual([]);
    // The walks went where they were meant to.
    const all = statements.join('\n');
    for (const table of LARGE) expect([table, new RegExp(`\\b${table}\\b`).test(all)]).toEqual([table, true]);
    expect(statements.length).toBeGreaterThan(80);
  }, 120_000);

  it('would notice one that does', async () => {
    const tables = await withPatience(database, (client) =>
      explain(client, 'delete from tokens where consumed_at < $1 returning 1'),
    );
    expect(tables).toEqual(['tokens']);
  });

  it('what belongs to a row that is deleted is found by an index', async () => {
    const missing = await withPatience(database, (client) =>
      client.query(`
        select c.conrelid::regclass::text as table, c.conkey as columns
          from pg_constraint c
         where c.contype = 'f'
           and not exists (select 1 from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])`),
    );
    expect(missing.rows).toEqual([]);
  });
});
