import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SignIn, type SignUpRules } from '../../src/accounts/sign-in.ts';
import type { Profile } from '../../src/connectors/connector.ts';
import {
  auditOf,
  buildAccountParts,
  forgetAccounts,
  makeAccount,
  type AccountParts,
} from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const OPEN: SignUpRules = { policy: 'open', domains: [], githubOrgs: [] };
const ana: Profile = {
  subject: '1001',
  username: 'ana',
  name: 'Ana Example',
  email: 'Ana@example.com',
  emailVerified: true,
  picture: 'https://avatars.example.com/u/1001',
  organizations: [],
};

let test: TestDatabase;
let parts: AccountParts;
let signIn: SignIn;
let elsewhere: SignIn;

beforeAll(async () => {
  test = await createTestDatabase();
  parts = buildAccountParts(test.database);
  signIn = new SignIn({ ...parts, signUp: OPEN });
  elsewhere = new SignIn({ ...buildAccountParts(test.another()), signUp: OPEN });
});
afterAll(async () => {
  await parts.hasher.close();
  await test.close();
});
beforeEach(() => forgetAccounts(test.database));

describe('a person who comes for the first time', () => {
  it('gets an account with what the upstream vouches for', async () => {
    const account = await signIn.withIdentity('github', ana);
    expect(account).toMatchObject({
      username: 'ana',
      name: 'Ana Example',
      email: 'ana@example.com',
      emailVerified: true,
      picture: 'https://avatars.example.com/u/1001',
      tier: 'free',
      roles: [],
      permissions: [],
      blockedAt: undefined,
    });
    expect(await parts.identities.list(account.id)).toMatchObject([
      { connectorId: 'github', subject: '1001' },
    ]);
    expect(await auditOf(test.database)).toEqual([
      { event: 'identity.linked', accountId: account.id, details: { connector: 'github' } },
      { event: 'account.created', accountId: account.id, details: { method: 'github' } },
    ]);
  });

  it('needs an invitation that still works to the address that the upstream confirmed, where SIGN_UP is invite', async () => {
    const invited = new SignIn({ ...parts, signUp: { ...OPEN, policy: 'invite' } });
    const closed = new SignIn({ ...parts, signUp: { ...OPEN, policy: 'closed' } });
    const refused = { code: 'sign_up_closed' };
    const now = Date.now();
    const invite = (token: string, email: string, endsInMs: number) =>
      parts.tokens.insertMailed(
        token,
        { purpose: 'invitation', email },
        { createdAt: new Date(now), expiresAt: new Date(now + endsInMs) },
      );
    await invite('too-old', 'ana@example.com', -1_000);
    await invite('for-another', 'bia@example.com', 60_000);
    await expect(invited.withIdentity('github', ana)).rejects.toMatchObject(refused);
    await invite('good', 'ana@example.com', 60_000);
    const unproved = { ...ana, emailVerified: false };
    await expect(invited.withIdentity('github', unproved)).rejects.toMatchObject(refused);
    await expect(closed.withIdentity('github', ana)).rejects.toMatchObject(refused);
    expect((await invited.withIdentity('github', ana)).email).toBe('ana@example.com');
    const another = { ...ana, subject: '1002', username: 'ana-two' };
    await expect(invited.withIdentity('github', another)).rejects.toMatchObject({ code: 'account_exists' });
  });

  it('gets one account from ten tabs at once over two processes', async () => {
    const accounts = await Promise.all(
      Array.from({ length: 10 }, (_, tab) => (tab % 2 ? signIn : elsewhere).withIdentity('github', ana)),
    );
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
    expect(await auditOf(test.database)).toHaveLength(2);
  });

  it('gets one account too when there is neither address nor username to trip over', async () => {
    const bare: Profile = { subject: '1001', name: 'Ana', emailVerified: false };
    const accounts = await Promise.all(
      Array.from({ length: 10 }, (_, tab) => (tab % 2 ? signIn : elsewhere).withIdentity('github', bare)),
    );
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1);
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
  });

  it.each([
    ['not verified', { emailVerified: false }],
    ['missing', { email: undefined, emailVerified: false }],
    ['none by our rules', { email: 'mi\u212Ae@example.com', emailVerified: true }],
  ])('gets an account without an address when it is %s', async (_, change) => {
    const account = await signIn.withIdentity('github', { ...ana, ...change });
    expect(account).toMatchObject({ email: undefined, emailVerified: false });
  });

  it('gets a name like theirs when theirs is taken, in any case', async () => {
    await makeAccount(parts, { username: 'ANA' });
    const account = await signIn.withIdentity('github', ana);
    expect(account.username).toMatch(/^ana-[0-9a-f]{4}$/);
  });

  it.each(['ana@example.com', 'аna', 'x', 'a'.repeat(65)])(
    'gets no username when theirs is %j',
    async (username) => {
      const account = await signIn.withIdentity('github', { ...ana, username });
      expect(account.username).toBeUndefined();
    },
  );
});

describe('a person who is known', () => {
  it('is known by subject, whatever else changed upstream, and nothing changes here', async () => {
    const first = await signIn.withIdentity('github', ana);
    await test.database.query(`update identities set last_used_at = last_used_at - interval '1 minute'`);
    const [before] = await parts.identities.list(first.id);
    const renamed = { ...ana, username: 'anna', name: 'Anna', email: 'anna@example.org', picture: undefined };
    expect(await signIn.withIdentity('github', renamed)).toEqual(first);
    const [identity] = await parts.identities.list(first.id);
    expect(identity?.lastUsedAt.getTime()).toBeGreaterThan(before?.lastUsedAt.getTime() ?? 0);
  });

  it('is somebody else at another connector, or with another subject', async () => {
    const bare: Profile = { subject: '1001', name: 'Ana', emailVerified: false };
    const ids = await Promise.all([
      signIn.withIdentity('github', bare),
      signIn.withIdentity('google', bare),
      signIn.withIdentity('github', { ...bare, subject: '1002' }),
    ]);
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
  });

  it('still comes in when sign-up was closed since', async () => {
    const { id } = await signIn.withIdentity('github', ana);
    const closed = new SignIn({
      ...parts,
      signUp: { ...OPEN, policy: 'closed', domains: ['other.example.com'] },
    });
    expect(await closed.withIdentity('github', ana)).toMatchObject({ id });
  });

  it('is refused when blocked, and makes no second account', async () => {
    const { id } = await signIn.withIdentity('github', ana);
    await parts.accounts.block(id);
    await expect(signIn.withIdentity('github', ana)).rejects.toMatchObject({
      status: 403,
      code: 'account_blocked',
    });
    expect((await auditOf(test.database))[0]).toEqual({
      event: 'sign_in.refused',
      accountId: id,
      details: { method: 'github', reason: 'account_blocked' },
    });
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
  });
});

describe('an address that belongs to somebody', () => {
  const taken = { status: 403, code: 'account_exists' };

  it('does not open their account, in whatever case it is written', async () => {
    const owner = await makeAccount(parts, { email: 'ana@example.com' });
    for (const email of ['ana@example.com', 'ANA@EXAMPLE.COM']) {
      await expect(signIn.withIdentity('github', { ...ana, email })).rejects.toMatchObject(taken);
    }
    expect(await parts.identities.list(owner.id)).toEqual([]);
    expect(await parts.accounts.list({ limit: 10 })).toHaveLength(1);
    expect((await auditOf(test.database))[0]).toMatchObject({
      event: 'sign_in.refused',
      details: { method: 'github', reason: 'account_exists' },
    });
  });

  it('does not open their account at another connector either', async () => {
    await signIn.withIdentity('github', ana);
    const other = { ...ana, subject: 'other', username: undefined };
    await expect(signIn.withIdentity('google', other)).rejects.toMatchObject(taken);
  });

  it('does not come with an unverified claim: that makes an account without it', async () => {
    await makeAccount(parts, { email: 'ana@example.com' });
    const account = await signIn.withIdentity('github', { ...ana, emailVerified: false });
    expect(account.email).toBeUndefined();
  });

  it('is given to whoever proves it when its account never did', async () => {
    const squatter = await makeAccount(parts, { email: 'ana@example.com', emailVerified: false });
    const account = await signIn.withIdentity('github', ana);
    expect(account.id).not.toBe(squatter.id);
    expect(account).toMatchObject({ email: 'ana@example.com', emailVerified: true });
  });

  it('goes to one of two who prove it at the same moment', async () => {
    const results = await Promise.allSettled([
      signIn.withIdentity('github', { ...ana, username: 'one' }),
      elsewhere.withIdentity('google', { ...ana, subject: 'other', username: 'two' }),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results).toContainEqual(expect.objectContaining({ reason: expect.objectContaining(taken) }));
  });
});

describe('sign-up', () => {
  it.each(['closed', 'invite'] as const)('that is %s makes no account', async (policy) => {
    const closed = new SignIn({ ...parts, signUp: { ...OPEN, policy } });
    await expect(closed.withIdentity('github', ana)).rejects.toMatchObject({
      status: 403,
      code: 'sign_up_closed',
    });
    expect(await parts.accounts.list({ limit: 10 })).toEqual([]);
    expect(await auditOf(test.database)).toEqual([
      {
        event: 'sign_in.refused',
        accountId: undefined,
        details: { method: 'github', reason: 'sign_up_closed' },
      },
    ]);
  });

  it.each([
    ['ana@example.com', true, undefined],
    ['ana@EXAMPLE.COM', true, undefined],
    ['ana@sub.example.com', true, 'sign_up_closed'],
    ['ana@notexample.com', true, 'sign_up_closed'],
    ['ana@example.com.evil.example', true, 'sign_up_closed'],
    ['example.com@evil.example', true, 'sign_up_closed'],
    ['ana@example.com', false, 'no_verified_email'],
    [undefined, false, 'no_verified_email'],
  ])('for one domain: %s, verified %s → %s', async (email, emailVerified, code) => {
    const narrow = new SignIn({ ...parts, signUp: { ...OPEN, domains: ['Example.com'] } });
    const attempt = narrow.withIdentity('github', { ...ana, email, emailVerified });
    if (code) await expect(attempt).rejects.toMatchObject({ status: 403, code });
    else await expect(attempt).resolves.toMatchObject({ name: 'Ana Example' });
  });

  it.each([
    [['Example'], undefined],
    [['other', 'EXAMPLE'], undefined],
    [['other'], 'sign_up_closed'],
    [[], 'sign_up_closed'],
    [undefined, 'sign_up_closed'],
  ])('for members of one organization: %j → %s', async (organizations, code) => {
    const narrow = new SignIn({ ...parts, signUp: { ...OPEN, githubOrgs: ['example'] } });
    const attempt = narrow.withIdentity('github', { ...ana, organizations });
    if (code) await expect(attempt).rejects.toMatchObject({ status: 403, code });
    else await expect(attempt).resolves.toMatchObject({ name: 'Ana Example' });
  });
});
