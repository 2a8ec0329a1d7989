import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { WRONG_TRIES } from '../../src/accounts/attempts.ts';
import { KnownDevices } from '../../src/accounts/known-devices.ts';
import { PasswordSignIn } from '../../src/accounts/password-sign-in.ts';
import { PasswordHasher } from '../../src/base/password.ts';
import {
  auditOf,
  buildAccountParts,
  buildAttempts,
  CHEAP,
  forgetAccounts,
  makeAccount,
  type AccountParts,
} from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const PASSWORD = 'correct horse battery';
const devices = new KnownDevices([Buffer.alloc(32, 1)]);

let test: TestDatabase;
let parts: AccountParts;
let desk: PasswordSignIn;
let elsewhere: PasswordSignIn;

beforeAll(async () => {
  test = await createTestDatabase();
  parts = buildAccountParts(test.database);
  desk = build(parts);
  elsewhere = build(buildAccountParts(test.another(), parts.hasher));
});
afterAll(async () => {
  await parts.hasher.close();
  await test.close();
});
beforeEach(() => forgetAccounts(test.database));
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a person with the right password', () => {
  it('signs in by username or verified address, in any case', async () => {
    const { id } = await makeAccount(parts, {
      email: 'ana@example.com',
      username: 'Ana',
      password: PASSWORD,
    });
    for (const login of ['ana@example.com', ' ANA@Example.com ', 'Ana', 'ana', 'ANA ']) {
      expect(await signIn({ login })).toMatchObject({ id });
    }
  });

  it('does not sign in by an address that was never verified, but by username', async () => {
    const fields = { email: 'ana@example.com', emailVerified: false, username: 'ana', password: PASSWORD };
    const { id } = await makeAccount(parts, fields);
    expect(await signIn({ login: 'ana@example.com' })).toBeUndefined();
    expect(await signIn({ login: 'ana' })).toMatchObject({ id });
  });

  it('is told that they are blocked; nobody else is', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    await parts.accounts.block(id);
    expect(await signIn({ password: 'a wrong one' })).toBeUndefined();
    await expect(signIn()).rejects.toMatchObject({ status: 403, code: 'account_blocked' });
    const details = (await auditOf(test.database)).map((row) => row.details);
    expect(details).toEqual([
      { method: 'password', reason: 'account_blocked' },
      { method: 'password', reason: 'wrong_password' },
    ]);
  });

  it('is never counted: sixty at once from one address', async () => {
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const signedIn = await Promise.all(
      Array.from({ length: 60 }, (_, turn) =>
        (turn % 2 ? desk : elsewhere).signIn({ login: 'ana', password: PASSWORD, address: '192.0.2.1' }),
      ),
    );
    expect(signedIn.every((account) => account?.username === 'ana')).toBe(true);
  });

  it('gets a new digest when the parameters changed, once', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const stronger = new PasswordHasher({ parameters: { ...CHEAP, timeCost: 2 } });
    const renewing = build({ ...parts, hasher: stronger });
    for (let turn = 0; turn < 2; turn++) {
      expect(await renewing.signIn({ login: 'ana', password: PASSWORD, address: '192.0.2.1' })).toMatchObject(
        { id },
      );
    }
    const digest = (await parts.accounts.findCredentialsByUsername('ana'))?.passwordDigest ?? '';
    expect(stronger.needsRehash(digest)).toBe(false);
    expect(await auditOf(test.database)).toEqual([
      { event: 'account.password_rehashed', accountId: id, details: {} },
    ]);
    await stronger.close();
  });

  it('keeps a password that was changed while the old digest was renewed', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const before = (await parts.accounts.findCredentialsByUsername('ana'))?.passwordDigest ?? '';
    expect(await parts.accounts.replacePasswordDigest(id, before, 'changed')).toBe(true);
    expect(await parts.accounts.replacePasswordDigest(id, before, 'renewed')).toBe(false);
  });
});

describe('somebody who guesses', () => {
  it('gets the same answer whether there is such a person or not', async () => {
    await makeAccount(parts, { username: 'ana', email: 'ana@example.com', password: PASSWORD });
    await makeAccount(parts, { username: 'github-only' });
    for (const login of [
      'ana',
      'ana@example.com',
      'github-only',
      'nobody',
      'nobody@example.com',
      '',
      'a b',
      "x' or 1=1",
    ]) {
      expect(await signIn({ login, password: 'a wrong one' })).toBeUndefined();
    }
    expect(await signIn({ login: 'github-only', password: '' })).toBeUndefined();
  });

  it('makes us hash whether there is such a person or not', async () => {
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    await makeAccount(parts, { username: 'github-only' });
    const verify = jest.spyOn(parts.hasher, 'verify');
    const verifyNothing = jest.spyOn(parts.hasher, 'verifyNothing');
    await signIn({ login: 'ana', password: 'a wrong one' });
    await signIn({ login: 'nobody', password: 'a wrong one' });
    await signIn({ login: 'github-only', password: 'a wrong one' });
    await signIn({ login: 'no name at all', password: 'a wrong one' });
    expect([verify.mock.calls.length, verifyNothing.mock.calls.length]).toEqual([1, 3]);
  });

  it.each(['ana', 'nobody'])('has ten guesses at %s, by whatever name, from wherever', async (login) => {
    await makeAccount(parts, { username: 'ana', email: 'ana@example.com', password: PASSWORD });
    for (let turn = 0; turn < 10; turn++) {
      const name = login === 'ana' && turn % 2 ? 'ana@example.com' : login;
      expect(
        await signIn({ login: name, password: 'a wrong one', address: `192.0.2.${turn}` }),
      ).toBeUndefined();
    }
    const refusal = expect.objectContaining({ status: 429, retryAfterSeconds: 900 });
    await expect(signIn({ login, address: '198.51.100.1' })).rejects.toEqual(refusal);
  });

  it('has ten guesses of a hundred at once over two processes', async () => {
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const verify = jest.spyOn(parts.hasher, 'verify');
    const guesses = Array.from({ length: 100 }, (_, turn) =>
      (turn % 2 ? desk : elsewhere).signIn({
        login: 'ana',
        password: `guess ${turn}`,
        address: `192.0.2.${turn}`,
      }),
    );
    const results = await Promise.allSettled(guesses);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(verify).toHaveBeenCalledTimes(10);
  });

  it('has thirty guesses from one address or one IPv6 network, whoever they try', async () => {
    for (let turn = 0; turn < 30; turn++) {
      await signIn({
        login: `person-${turn}`,
        password: 'a wrong one',
        address: `2001:db8:1:2::${turn.toString(16)}`,
      });
    }
    await expect(signIn({ login: 'person-31', address: '2001:db8:1:2:ffff::1' })).rejects.toMatchObject({
      status: 429,
    });
    await expect(signIn({ login: 'person-31', address: '2001:db8:1:3::1' })).resolves.toBeUndefined();
  });

  it('does not use up an address by knocking at one closed account', async () => {
    await makeAccount(parts, { username: 'rui', password: PASSWORD });
    for (let turn = 0; turn < 40; turn++)
      await signIn({ login: 'ana', password: 'a wrong one' }).catch(() => {});
    expect(await signIn({ login: 'rui' })).toMatchObject({ username: 'rui' });
  });

  it.each([true, false])('learns from no count whether there is such a person (%p)', async (isThere) => {
    if (isThere) await makeAccount(parts, { username: 'kim', password: PASSWORD });
    // The Kelvin sign, which becomes a k in lower case, and is in nobody's name.
    for (let turn = 0; turn < 10; turn++) await signIn({ login: '\u212Aim', password: 'a wrong one' });
    expect(await signIn({ login: 'kim', password: 'a wrong one' })).toBeUndefined();
  });

  it('may try again after a quarter of an hour', async () => {
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    for (let turn = 0; turn < 10; turn++) await signIn({ password: 'a wrong one' });
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + WRONG_TRIES.windowSeconds * 1000 + 1);
    expect(await signIn()).toMatchObject({ username: 'ana' });
  });

  it('gets nowhere with a password too long to hash, and is not counted for it', async () => {
    const password = 'x'.repeat(1_025);
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    for (const login of ['ana', 'nobody']) {
      await expect(signIn({ login, password })).rejects.toMatchObject({ status: 400, field: 'password' });
    }
  });

  it('leaves no password, login or clear address in the database', async () => {
    await signIn({ login: 'nobody@example.com', password: 'a wrong one', address: '192.0.2.77' });
    const rows = await test.database.query(
      'select row_to_json(t)::text from throttles t union all select row_to_json(a)::text from audit_events a',
    );
    // Of the account, of the address, in all, and the audit's.
    expect(rows.length).toBe(4);
    for (const secret of ['nobody', 'a wrong one', '192.0.2.77'])
      expect(JSON.stringify(rows)).not.toContain(secret);
  });
});

describe('a person on a device where they have signed in before', () => {
  const cookieOf = async (id: string) =>
    devices.remember(undefined, {
      accountId: id,
      passwordDigest: await parts.accounts.findPasswordDigest(id),
    });
  const attack = async (guesses: number) => {
    for (let turn = 0; turn < guesses; turn++) {
      const address = `2001:db8:${(turn >> 8).toString(16)}:${(turn & 255).toString(16)}::1`;
      await signIn({ password: `guess ${turn}`, address }).catch(() => {});
    }
  };

  it('is not locked out by a thousand addresses that guess', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const device = await cookieOf(id);
    await attack(1_000);
    await expect(signIn({ address: '198.51.100.1' })).rejects.toMatchObject({ status: 429 });
    expect(await signIn({ address: '198.51.100.1', device })).toMatchObject({ id });
  });

  it('is not locked out by somebody behind the same address', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    for (let turn = 0; turn < 31; turn++)
      await signIn({ login: `person-${turn}`, password: 'a wrong one' }).catch(() => {});
    await expect(signIn()).rejects.toMatchObject({ status: 429 });
    expect(await signIn({ device: await cookieOf(id) })).toMatchObject({ id });
  });

  it('is known by a device of their own only', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const other = await makeAccount(parts, { username: 'rui', password: PASSWORD });
    await attack(10);
    const device = await cookieOf(other.id);
    await expect(signIn({ device })).rejects.toMatchObject({ status: 429 });
    expect(await signIn({ login: 'rui', device })).toMatchObject({ id: other.id });
    expect(await signIn({ device: `${device}~${await cookieOf(id)}` })).toMatchObject({ id });
  });

  it('has ten wrong tries there, by themselves or with a stolen cookie, over two processes', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const device = await cookieOf(id);
    const verify = jest.spyOn(parts.hasher, 'verify');
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, turn) =>
        (turn % 2 ? desk : elsewhere).signIn({
          login: 'ana',
          password: `guess ${turn}`,
          address: `192.0.2.${turn}`,
          device,
        }),
      ),
    );
    expect(verify).toHaveBeenCalledTimes(10);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(90);
    await expect(signIn({ device })).rejects.toMatchObject({ status: 429 });
    // What was done with the cookie is no lock on the account.
    expect(await signIn({ address: '198.51.100.1' })).toMatchObject({ id });
  });

  it('is a stranger there after the password has changed', async () => {
    const { id } = await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const device = await cookieOf(id);
    const before = (await parts.accounts.findPasswordDigest(id)) ?? '';
    const changed = await parts.hasher.hash('another password entirely');
    await parts.accounts.replacePasswordDigest(id, before, changed);
    await attack(10);
    const attempt = { password: 'another password entirely', device };
    await expect(signIn(attempt)).rejects.toMatchObject({ status: 429 });
  });
});

describe('a flood of sign-ins', () => {
  it('is refused with a time to come back, and counted against nobody', async () => {
    await makeAccount(parts, { username: 'ana', password: PASSWORD });
    const narrow = new PasswordHasher({ jobs: 1, queueLimit: 1, parameters: CHEAP });
    const crowded = build({ ...parts, hasher: narrow });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, turn) =>
        crowded.signIn({ login: `person-${turn}`, password: 'a wrong one', address: `192.0.2.${turn}` }),
      ),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const result of refused)
      expect(result).toMatchObject({ reason: { status: 503, retryAfterSeconds: 2 } });
    const counted = await test.database.query(
      `select 1 from throttles where points > 0 and key not like 'attempts:all:%'`,
    );
    expect(counted).toHaveLength(2 * (20 - refused.length));
    await narrow.close();
  });
});

function build(from: AccountParts): PasswordSignIn {
  return new PasswordSignIn({ ...from, attempts: buildAttempts(from.database), devices });
}

function signIn(attempt: { login?: string; password?: string; address?: string; device?: string } = {}) {
  return desk.signIn({ login: 'ana', password: PASSWORD, address: '192.0.2.1', ...attempt });
}
