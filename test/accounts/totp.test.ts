// Codes of an app by the numbers of the standard, and what is kept of its secret.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TotpStore } from '../../src/accounts/totp-store.ts';
import { Totp } from '../../src/accounts/totp.ts';
import { ResealStore } from '../../src/base/reseal-store.ts';
import { Reseal } from '../../src/base/reseal.ts';
import { Sealer } from '../../src/base/seal.ts';
import { buildAccountParts, forgetAccounts, makeAccount, type AccountParts } from '../support/accounts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const OLD = 'the-old-secret-key-that-is-long-enough';
const NEW = 'the-new-secret-key-that-is-long-enough';
/** RFC 6238, appendix B: the ASCII text "12345678901234567890" in Base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

let test: TestDatabase;
let parts: AccountParts;

beforeAll(async () => {
  test = await createTestDatabase();
});
beforeEach(() => {
  parts = buildAccountParts(test.database);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await parts.hasher.close();
  await forgetAccounts(test.database);
});
afterAll(() => test.close());

function totpWith(...secrets: string[]): Totp {
  return new Totp(new TotpStore(test.database), new Sealer(secrets, 'storage'), 'id.example.com');
}

describe('the code of an app', () => {
  // The last six of the eight digits in the appendix.
  it.each([
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('is the one of RFC 6238 at the second %d', async (seconds, code) => {
    const { id } = await makeAccount(parts, {});
    jest.spyOn(Date, 'now').mockReturnValue(seconds * 1000);
    expect(await totpWith(OLD).add(id, SECRET, code)).toBe('added');
    // The set-up has used it.
    expect(await totpWith(OLD).use(id, code)).toBe(false);
  });

  it.each(['', '28708', '2870820', '28708２', ' 287082', 'GEZDGN'])('is not %j', async (code) => {
    const { id } = await makeAccount(parts, {});
    jest.spyOn(Date, 'now').mockReturnValue(59_000);
    expect(await totpWith(OLD).add(id, SECRET, code)).toBe('wrong');
    expect(await totpWith(OLD).add(id, SECRET, '287082')).toBe('added');
  });
});

describe('the secret of an app', () => {
  it('has 160 bits, is another each time, and stands in the address that an app opens', () => {
    const totp = totpWith(OLD);
    const secrets = Array.from({ length: 20 }, () => totp.newSecret());
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    const { uri } = totp.offerOf(SECRET, 'ana@example.com');
    const { protocol, host, pathname, searchParams } = new URL(uri);
    expect([protocol, host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(pathname)).toBe('/id.example.com:ana@example.com');
    expect(searchParams.get('secret')).toBe(SECRET);
    expect(searchParams.get('issuer')).toBe('id.example.com');
  });

  it('opens in its own row alone, and gets the newest key', async () => {
    const [ana, bia] = [await makeAccount(parts, {}), await makeAccount(parts, {})];
    jest.spyOn(Date, 'now').mockReturnValue(59_000);
    for (const { id } of [ana, bia]) expect(await totpWith(OLD).add(id, SECRET, '287082')).toBe('added');
    await test.database.query(
      `update totp_secrets set secret_sealed = (select secret_sealed from totp_secrets where account_id = $1)
        where account_id = $2`,
      [ana.id, bia.id],
    );
    await expect(totpWith(OLD).use(bia.id, '287082')).rejects.toThrow();
    await totpWith(OLD).remove(bia.id);

    const reseal = new Reseal(new ResealStore(test.database), [totpWith(NEW, OLD).sealed]);
    await reseal.run();
    jest.spyOn(Date, 'now').mockReturnValue(1_111_111_109_000);
    expect(await totpWith(NEW).use(ana.id, '081804')).toBe(true);
  });
});
