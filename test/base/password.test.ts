import { afterAll, describe, expect, it } from '@jest/globals';
import argon2 from 'argon2';
import { PasswordHasher } from '../../src/base/password.ts';

const hasher = new PasswordHasher();
const cheap = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

afterAll(() => hasher.close());

describe('a password', () => {
  it('is hashed with the parameters that OWASP recommends', async () => {
    const digest = await hasher.hash('correct horse battery');
    expect(digest).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await argon2.verify(digest, 'correct horse battery')).toBe(true);
  });

  it('matches itself and nothing else', async () => {
    const digest = await hasher.hash('correct horse battery');
    expect(await hasher.verify(digest, 'correct horse battery')).toBe(true);
    expect(await hasher.verify(digest, 'correct horse batterz')).toBe(false);
    expect(await hasher.verify(digest, '')).toBe(false);
  });

  it('gets a salt of its own each time', async () => {
    expect(await hasher.hash('the same twice')).not.toBe(await hasher.hash('the same twice'));
  });

  it('is recognised when another implementation hashed it', async () => {
    const digest = await argon2.hash('made elsewhere', { type: argon2.argon2id });
    expect(await hasher.verify(digest, 'made elsewhere')).toBe(true);
  });

  it('matches in either Unicode form (NIST SP 800-63B §3.1.1.2)', async () => {
    const digest = await hasher.hash('coração de estudante'.normalize('NFD'));
    expect(await hasher.verify(digest, 'coração de estudante'.normalize('NFC'))).toBe(true);
  });

  it('counts to its last character, and is refused rather than cut when it is too long', async () => {
    const longest = 'a'.repeat(1_023);
    const digest = await hasher.hash(`${longest}b`);
    expect(await hasher.verify(digest, `${longest}c`)).toBe(false);
    await expect(hasher.hash(`${longest}bc`)).rejects.toMatchObject({ status: 400, field: 'password' });
    await expect(hasher.verify(digest, `${longest}bc`)).rejects.toMatchObject({ status: 400 });
    await expect(hasher.hash('🔑'.repeat(1_024))).resolves.toBeDefined();
  });

  it('may hold any character, NUL too', async () => {
    const digest = await hasher.hash('before\0after 1234');
    expect(await hasher.verify(digest, 'before\0after 1234')).toBe(true);
    expect(await hasher.verify(digest, 'before\0other 1234')).toBe(false);
  });
});

describe('the hasher', () => {
  it('knows digests that were made with other parameters', async () => {
    const weaker = new PasswordHasher({ parameters: cheap });
    const digest = await weaker.hash('correct horse battery');
    expect(weaker.needsRehash(digest)).toBe(false);
    expect(hasher.needsRehash(digest)).toBe(true);
    expect(await hasher.verify(digest, 'correct horse battery')).toBe(true);
    await weaker.close();
  });

  it('finds nothing where there is nothing, at the cost of a comparison', async () => {
    const digest = await hasher.hash('correct horse battery');
    const compared = await timeOf(() => hasher.verify(digest, 'wrong'));
    const nothing = await timeOf(() => hasher.verifyNothing('wrong'));
    expect(await hasher.verifyNothing('wrong')).toBe(false);
    expect(nothing / compared).toBeGreaterThan(0.5);
    expect(nothing / compared).toBeLessThan(2);
  });

  it('refuses whoever comes to a full queue, with a time to come back', async () => {
    const small = new PasswordHasher({ jobs: 1, queueLimit: 2, parameters: cheap });
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => small.hash('one of many')));
    expect(all.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(all[5]).toMatchObject({ reason: { status: 503, retryAfterSeconds: 2 } });
    await expect(small.hash('room again')).resolves.toBeDefined();
    await small.close();
  });

  it('fails what waits when it is closed, and takes nothing more', async () => {
    const closing = new PasswordHasher({ jobs: 1, parameters: cheap });
    const answers = Promise.allSettled([closing.hash('under way'), closing.hash('in the queue')]);
    await closing.close();
    expect(await answers).toMatchObject([{ reason: { status: 503 } }, { reason: { status: 503 } }]);
    await expect(closing.hash('too late')).rejects.toMatchObject({ status: 503 });
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[3] ?? 0;
}
