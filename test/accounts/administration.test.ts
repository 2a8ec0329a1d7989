import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newAccountId } from '../../src/accounts/account.ts';
import { Administration } from '../../src/accounts/administration.ts';
import { auditOf, buildAccountParts, forgetAccounts, type AccountParts } from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/redis.ts';

const PASSWORD = 'correct horse battery';

let test: TestDatabase;
let parts: AccountParts;
let administration: Administration<string>;
let elsewhere: Administration<string>;

beforeAll(async () => {
  test = await createTestDatabase();
  parts = buildAccountParts(test.database);
  administration = build(parts);
  elsewhere = build(buildAccountParts(test.another(), parts.hasher));
});
afterAll(async () => {
  await parts.hasher.close();
  await test.close();
});
beforeEach(async () => {
  await forgetAccounts(test.database);
  await test.database.query('delete from sessions');
});

describe('an account that an administrator makes', () => {
  it('has what the form says', async () => {
    await parts.roles.ensure('support', ['tickets.read', 'tickets.write']);
    await parts.roles.ensure('sales', ['tickets.read']);
    const account = await administration.create({
      email: ' Ana@Example.com ',
      name: 'Ana Example',
      username: 'ana',
      password: PASSWORD,
      roles: ['support', 'sales'],
      tier: 'gold',
      emailVerified: true,
    });
    expect(account).toMatchObject({
      email: 'ana@example.com',
      emailVerified: true,
      username: 'ana',
      name: 'Ana Example',
      tier: 'gold',
      roles: ['sales', 'support'],
      permissions: ['tickets.read', 'tickets.write'],
    });
    expect(JSON.stringify(account)).not.toContain('argon2');
    expect(await auditOf(test.database)).toEqual([
      { event: 'account.created', accountId: account.id, details: { method: 'administration' } },
    ]);
  });

  it('needs nothing but an address, which is not verified by being typed', async () => {
    expect(await administration.create({ email: 'ana@example.com' })).toMatchObject({
      name: 'ana',
      emailVerified: false,
      tier: 'free',
      roles: [],
    });
  });

  it.each([
    ['email', { email: 'ana' }, 400],
    ['password', { email: 'rui@example.com', password: 'elevenchars' }, 400],
    ['password', { email: 'rui@example.com', password: 'fourteen chars', roles: ['admin'] }, 400],
    ['username', { email: 'rui@example.com', username: 'rui@example.com' }, 400],
    ['tier', { email: 'rui@example.com', tier: 'very special' }, 400],
    ['roles', { email: 'rui@example.com', roles: ['nobody-has-this'] }, 400],
    ['email', { email: 'ANA@example.com' }, 409],
    ['username', { email: 'rui@example.com', username: 'ANA' }, 409],
  ])('is refused with a fault in %s: %j', async (field, form, status) => {
    await administration.create({ email: 'ana@example.com', username: 'ana' });
    await expect(administration.create(form)).rejects.toMatchObject({ status, field });
    expect((await administration.list()).accounts).toHaveLength(1);
    expect(await auditOf(test.database)).toHaveLength(1);
  });

  it('is made once when two processes make it at the same moment', async () => {
    const form = { email: 'ana@example.com', emailVerified: true };
    const results = await Promise.allSettled([administration.create(form), elsewhere.create(form)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ status: 409, field: 'email' }) }),
    );
  });
});

describe('accounts', () => {
  it('are listed in pages, newest first, each once', async () => {
    const ids: string[] = [];
    for (let number = 0; number < 5; number++) {
      ids.unshift((await administration.create({ email: `person-${number}@example.com` })).id);
    }
    const pages: string[][] = [];
    let before: string | undefined;
    do {
      const page = await administration.list({ before, limit: 2 });
      pages.push(page.accounts.map(({ id }) => id));
      before = page.next;
    } while (before);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat())).toEqual(new Set(ids));
    expect(pages.flat()).toEqual(pages.flat().sort().toReversed());
    await expect(administration.list({ before: 'x' })).rejects.toMatchObject({ status: 400 });
  });

  it('are found by id, username or address, the one that proved it first', async () => {
    const claimed = await administration.create({ email: 'ana@example.com', username: 'ana' });
    expect(await administration.get('Ana')).toEqual(claimed);
    expect(await administration.get('ANA@example.com')).toEqual(claimed);
    await administration.create({ email: 'rui@example.com', username: claimed.id });
    expect(await administration.get(claimed.id)).toEqual(claimed);
    expect(await administration.get(claimed.id.toUpperCase())).toEqual(claimed);
    const proven = newAccountId();
    await parts.accounts.insert({ id: proven, name: 'Ana', email: 'ana@example.com', emailVerified: true });
    expect(await administration.get('ana@example.com')).toMatchObject({ id: proven });
  });

  it.each(['nobody@example.com', newAccountId(), 'x', '', "' or 1=1"])('are not found by %j', async (key) => {
    await expect(administration.get(key)).rejects.toMatchObject({ status: 404 });
  });

  it('change in name, tier and roles, and nothing else', async () => {
    await parts.roles.ensure('support', ['tickets.read']);
    const account = await administration.create({ email: 'ana@example.com', username: 'ana' });
    const changed = await administration.update(account.id, { tier: 'gold', roles: ['support'] });
    expect(changed).toMatchObject({
      name: 'ana',
      tier: 'gold',
      roles: ['support'],
      permissions: ['tickets.read'],
    });
    expect(changed.updatedAt.getTime()).toBeGreaterThan(account.updatedAt.getTime());
    expect((await auditOf(test.database))[0]).toMatchObject({
      event: 'account.updated',
      details: { fields: ['tier', 'roles'] },
    });
    await expect(administration.update(account.id, { roles: ['made-up'] })).rejects.toMatchObject({
      field: 'roles',
    });
    expect(await administration.get(account.id)).toMatchObject({ roles: ['support'] });
  });
});

describe('a change of how an account signs in', () => {
  it('ends everything that the account holds when the password is a new one, and names no value', async () => {
    const { id } = await administration.create({
      email: 'ana@example.com',
      username: 'ana',
      password: PASSWORD,
    });
    await addSession(id);
    await administration.update(id, { username: 'anna', emailVerified: true });
    expect(await administration.listSessions(id)).toHaveLength(1);
    await administration.update('anna', { password: 'another horse battery' });
    expect(await administration.listSessions(id)).toEqual([]);
    expect(await isPasswordOf(id, 'another horse battery')).toBe(true);
    expect(await isPasswordOf(id, PASSWORD)).toBe(false);
    const changes = (await auditOf(test.database)).filter(({ event }) => event === 'account.updated');
    expect(changes.map(({ details }) => details)).toEqual([
      { fields: ['password'] },
      { fields: ['username', 'emailVerified'] },
    ]);
  });

  it('is undone when what the account holds cannot be ended', async () => {
    const failing = build(parts, () => Promise.reject(new Error('the lights went out')));
    const { id } = await administration.create({
      email: 'ana@example.com',
      username: 'ana',
      password: PASSWORD,
    });
    await expect(failing.update(id, { password: 'another horse battery', tier: 'gold' })).rejects.toThrow(
      'lights',
    );
    expect(await isPasswordOf(id, PASSWORD)).toBe(true);
    expect(await administration.get(id)).toMatchObject({ tier: 'free' });
    expect(await auditOf(test.database)).toHaveLength(1);
  });

  it('leaves the password and the name as they are when a role is given', async () => {
    const before = await administration.create({
      email: 'ana@example.com',
      username: 'ana',
      password: PASSWORD,
      emailVerified: true,
    });
    const after = await administration.update(before.id, { roles: ['admin'] });
    expect(after).toMatchObject({ username: 'ana', emailVerified: true, roles: ['admin'] });
    expect(await isPasswordOf(before.id, PASSWORD)).toBe(true);
  });

  it.each([
    ['email', { emailVerified: true }, 409],
    ['username', { username: 'RUI' }, 409],
    ['username', { username: 'rui@example.com' }, 400],
    ['name', { name: ' ' }, 400],
    ['tier', { tier: 'very special' }, 400],
    ['password', { password: '' }, 400],
    ['password', { password: 'elevenchars' }, 400],
    ['password', { password: 'ana@example.com' }, 400],
    ['password', { password: 'ana-who-has-a-long-name', username: 'ana-who-has-a-long-name' }, 400],
    ['password', { password: 'fourteen chars', roles: ['admin'] }, 400],
  ] as const)('is refused with a fault in %s: %j', async (field, changes, status) => {
    const before = await administration.create({ email: 'ana@example.com', username: 'ana' });
    const holder = { id: newAccountId(), username: 'rui', name: 'Rui', email: 'ana@example.com' };
    await parts.accounts.insert({ ...holder, emailVerified: true });
    await addSession(before.id);
    await expect(administration.update(before.id, changes)).rejects.toMatchObject({ status, field });
    expect(await administration.get(before.id)).toEqual(before);
    expect(await administration.listSessions(before.id)).toHaveLength(1);
    expect(await auditOf(test.database)).toHaveLength(1);
  });

  it('asks fifteen characters of whoever is an administrator already', async () => {
    const { id } = await administration.create({ email: 'ana@example.com', roles: ['admin'] });
    const update = (password: string) => administration.update(id, { password });
    await expect(update('fourteen chars')).rejects.toMatchObject({ status: 400, field: 'password' });
    expect(await update('fifteen letters')).toMatchObject({ roles: ['admin'] });
  });

  it('cannot verify an address that is not there', async () => {
    const id = newAccountId();
    await parts.accounts.insert({ id, name: 'Ana', emailVerified: false });
    const update = administration.update(id, { emailVerified: true });
    await expect(update).rejects.toMatchObject({ status: 400, field: 'email' });
  });
});

describe('blocking', () => {
  it('ends everything that the account holds, once, and can be undone', async () => {
    const { id } = await administration.create({ email: 'ana@example.com' });
    await addSession(id);
    expect((await administration.block(id)).blockedAt).toBeInstanceOf(Date);
    expect(await administration.listSessions(id)).toEqual([]);
    await administration.block(id);
    expect((await administration.unblock(id)).blockedAt).toBeUndefined();
    await administration.unblock(id);
    expect((await auditOf(test.database)).map(({ event }) => event)).toEqual([
      'account.unblocked',
      'account.blocked',
      'account.created',
    ]);
  });

  it('is undone when what the account holds cannot be ended', async () => {
    const failing = build(parts, () => Promise.reject(new Error('the lights went out')));
    const { id } = await administration.create({ email: 'ana@example.com' });
    for (const change of [() => failing.block(id), () => failing.delete(id), () => failing.signOut(id)]) {
      await expect(change()).rejects.toThrow('lights');
    }
    expect((await administration.get(id)).blockedAt).toBeUndefined();
    expect(await auditOf(test.database)).toHaveLength(1);
  });
});

describe('signing out everywhere', () => {
  it('ends everything that the account holds, and nothing of others', async () => {
    const ana = await administration.create({ email: 'ana@example.com' });
    const rui = await administration.create({ email: 'rui@example.com' });
    await addSession(ana.id);
    await addSession(rui.id);
    expect(await administration.listSessions(ana.id)).toHaveLength(1);
    await administration.signOut(ana.id);
    expect(await administration.listSessions(ana.id)).toEqual([]);
    expect(await administration.listSessions(rui.id)).toHaveLength(1);
    expect((await auditOf(test.database))[0]).toMatchObject({
      event: 'account.signed_out',
      accountId: ana.id,
    });
  });
});

describe('deleting', () => {
  it('removes the account with all that belongs to it, and leaves its history', async () => {
    const { id } = await administration.create({ email: 'ana@example.com' });
    await parts.identities.insert({ connectorId: 'github', subject: '1001', accountId: id });
    await addSession(id);
    await administration.delete(id);
    await expect(administration.get(id)).rejects.toMatchObject({ status: 404 });
    expect(await parts.identities.findUsed('github', '1001')).toBeUndefined();
    expect(await test.database.query('select 1 from sessions')).toEqual([]);
    expect((await auditOf(test.database))[0]).toMatchObject({ event: 'account.deleted', accountId: id });
    await expect(administration.delete(id)).rejects.toMatchObject({ status: 404 });
  });
});

describe('the last administrator', () => {
  const onlyOne = { status: 409 };

  it('can be neither blocked, nor deleted, nor made an ordinary person', async () => {
    const { id } = await administration.create({ email: 'ana@example.com', roles: ['admin'] });
    await expect(administration.block(id)).rejects.toMatchObject(onlyOne);
    await expect(administration.delete(id)).rejects.toMatchObject(onlyOne);
    await expect(administration.update(id, { roles: [] })).rejects.toMatchObject(onlyOne);
    expect(await administration.get(id)).toMatchObject({
      roles: ['admin'],
      permissions: ['admin'],
      blockedAt: undefined,
    });
  });

  it('is one who is not blocked', async () => {
    const ana = await administration.create({ email: 'ana@example.com', roles: ['admin'] });
    const rui = await administration.create({ email: 'rui@example.com', roles: ['admin'] });
    await administration.block(rui.id);
    await expect(administration.delete(ana.id)).rejects.toMatchObject(onlyOne);
  });

  it.each(['block', 'delete'] as const)(
    'is left when two %s each other at the same moment',
    async (change) => {
      const ana = await administration.create({ email: 'ana@example.com', roles: ['admin'] });
      const rui = await administration.create({ email: 'rui@example.com', roles: ['admin'] });
      const results = await Promise.allSettled([administration[change](rui.id), elsewhere[change](ana.id)]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const left = (await administration.list()).accounts.filter(({ blockedAt }) => !blockedAt);
      expect(left).toHaveLength(1);
    },
  );

  it.each(['block', 'delete'] as const)(
    'is left when somebody is to %s whoever is just made it',
    async (change) => {
      const ana = await administration.create({ email: 'ana@example.com', roles: ['admin'] });
      const rui = await administration.create({ email: 'rui@example.com' });
      const stopped = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      let ended: Promise<unknown> = Promise.resolve();
      await test.database.transaction(async () => {
        await parts.accounts.findPasswordWay(rui.id, { isLocked: true });
        ended = elsewhere[change](rui.id).catch((error: unknown) => error);
        await until(async () => (await test.database.query(stopped)).length > 0);
        await parts.roles.setOf(rui.id, ['admin']);
        await parts.roles.setOf(ana.id, []);
      });
      expect(await ended).toMatchObject(onlyOne);
      expect(await administration.get(rui.id)).toMatchObject({ roles: ['admin'], blockedAt: undefined });
    },
  );
});

function build(from: AccountParts, endEverything?: () => Promise<void>): Administration<string> {
  const { database } = from;
  return new Administration({
    ...from,
    endEverything:
      endEverything ??
      (async (accountId) =>
        void (await database.query('delete from sessions where account_id = $1', [accountId]))),
    async listSessions(accountId) {
      const rows = await database.query<{ uid: string }>('select uid from sessions where account_id = $1', [
        accountId,
      ]);
      return rows.map(({ uid }) => uid);
    },
  });
}

async function isPasswordOf(id: string, password: string): Promise<boolean> {
  const { username = '' } = await administration.get(id);
  const credentials = await parts.accounts.findCredentialsByUsername(username);
  return parts.hasher.verify(credentials?.passwordDigest ?? '', password);
}

async function addSession(accountId: string): Promise<void> {
  await test.database.query(
    `insert into sessions (id_digest, uid, account_id, payload, expires_at)
     values (decode(md5($1::text), 'hex'), 'session of ' || $1::text, $1::uuid, '{}', now() + interval '1 day')`,
    [accountId],
  );
}
