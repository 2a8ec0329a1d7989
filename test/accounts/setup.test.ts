import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Setup } from '../../src/accounts/setup.ts';
import {
  auditOf,
  buildAccountParts,
  forgetAccounts,
  makeAccount,
  type AccountParts,
} from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const form = { email: 'ana@example.com', name: 'Ana', password: 'correct horse battery' };
const invalid = { status: 410, code: 'setup_link_invalid' };

let test: TestDatabase;
let parts: AccountParts;
let setup: Setup;
let elsewhere: Setup;

beforeAll(async () => {
  test = await createTestDatabase();
  parts = buildAccountParts(test.database);
  setup = new Setup(parts);
  elsewhere = new Setup(buildAccountParts(test.another(), parts.hasher));
});
afterAll(async () => {
  await parts.hasher.close();
  await test.close();
});
beforeEach(() => forgetAccounts(test.database));
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a first start', () => {
  it('makes the administrator that the settings name, and no link', async () => {
    expect(await setup.ensureFirstAdministrator(form)).toEqual({});
    expect(await parts.accounts.findByEmail('ana@example.com')).toMatchObject({
      emailVerified: true,
      roles: ['admin'],
      permissions: ['admin'],
    });
    expect(await setup.ensureFirstAdministrator()).toEqual({});
    expect((await auditOf(test.database)).map(({ event }) => event)).toEqual([
      'setup.completed',
      'account.created',
    ]);
  });

  it('makes one administrator when two processes start at the same moment', async () => {
    await parts.roles.ensure('admin', ['admin']);
    await Promise.all([
      setup.ensureFirstAdministrator(form),
      elsewhere.ensureFirstAdministrator({ ...form, email: 'rui@example.com' }),
    ]);
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
  });

  it('changes nobody who is there: settings are for the first', async () => {
    await setup.ensureFirstAdministrator(form);
    const other = { email: 'rui@example.com', password: 'another fine password' };
    expect(await setup.ensureFirstAdministrator(other)).toEqual({});
    expect(await parts.accounts.findByEmail('rui@example.com')).toBeUndefined();
  });

  it('does not give the account of somebody to whoever the settings name', async () => {
    await makeAccount(parts, { email: 'ana@example.com' });
    await expect(setup.ensureFirstAdministrator(form)).rejects.toMatchObject({ status: 409, field: 'email' });
    expect(await parts.accounts.findByEmail('ana@example.com')).toMatchObject({ roles: [] });
  });

  it('refuses a password that is too short for an administrator', async () => {
    const short = { ...form, password: 'fourteen chars' };
    await expect(setup.ensureFirstAdministrator(short)).rejects.toMatchObject({
      status: 400,
      field: 'password',
    });
  });
});

describe('a set-up link', () => {
  it('makes the first administrator, once', async () => {
    const token = await newToken();
    await setup.assertToken(token);
    expect(await setup.completeSetup(token, form)).toMatchObject({
      email: 'ana@example.com',
      roles: ['admin'],
    });
    await expect(setup.assertToken(token)).rejects.toMatchObject(invalid);
    const again = setup.completeSetup(token, { ...form, email: 'rui@example.com' });
    await expect(again).rejects.toMatchObject(invalid);
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
  });

  it('makes one administrator of ten who use it at the same moment over two processes', async () => {
    const token = await newToken();
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, turn) =>
        (turn % 2 ? setup : elsewhere).completeSetup(token, { ...form, email: `person-${turn}@example.com` }),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject(invalid);
    }
    expect(await parts.accounts.list({ limit: 20 })).toHaveLength(1);
  });

  it('ends when a newer one is made', async () => {
    const old = await newToken();
    const newest = await newToken();
    await expect(setup.completeSetup(old, form)).rejects.toMatchObject(invalid);
    await expect(setup.completeSetup(newest, form)).resolves.toMatchObject({ roles: ['admin'] });
  });

  it('ends when there is an administrator by other means', async () => {
    const token = await newToken();
    await elsewhere.ensureFirstAdministrator({ ...form, email: 'rui@example.com' });
    await expect(setup.completeSetup(token, form)).rejects.toMatchObject(invalid);
  });

  it('ends after a day', async () => {
    const token = await newToken();
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 24 * 60 * 60 * 1000 + 1);
    await expect(setup.completeSetup(token, form)).rejects.toMatchObject(invalid);
  });

  it.each([
    ['email', { email: 'ana' }],
    ['password', { password: 'fourteen chars' }],
    ['password', { password: 'administrator1' }],
    ['username', { username: 'a@b' }],
    ['name', { name: ' ' }],
  ])('still works after a fault in %s', async (field, change) => {
    const token = await newToken();
    await expect(setup.completeSetup(token, { ...form, ...change })).rejects.toMatchObject({
      status: 400,
      field,
    });
    await expect(setup.completeSetup(token, form)).resolves.toMatchObject({ roles: ['admin'] });
  });

  it('still works after an address that somebody has', async () => {
    await makeAccount(parts, { email: 'ana@example.com' });
    const token = await newToken();
    await expect(setup.completeSetup(token, form)).rejects.toMatchObject({ status: 409, field: 'email' });
    const other = { ...form, email: 'rui@example.com' };
    await expect(setup.completeSetup(token, other)).resolves.toMatchObject({ roles: ['admin'] });
  });

  it.each(['', 'guess', 'a'.repeat(10_000), 'a\0b'])(
    'does not work when it is made up, and hashes nothing: %.10j',
    async (token) => {
      await newToken();
      const hash = jest.spyOn(parts.hasher, 'hash');
      await expect(setup.completeSetup(token, form)).rejects.toMatchObject(invalid);
      expect(hash).not.toHaveBeenCalled();
    },
  );

  it('is not in the database in clear', async () => {
    const token = await newToken();
    const rows = await test.database.query(
      "select encode(token_digest, 'escape') as digest from one_time_tokens",
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

async function newToken(): Promise<string> {
  return (await setup.ensureFirstAdministrator()).setupToken ?? '';
}
