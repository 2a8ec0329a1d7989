import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DEVICE_LIFE_SECONDS, KnownDevices } from '../../src/accounts/known-devices.ts';

const key = (byte: number) => Buffer.alloc(32, byte);
const devices = new KnownDevices([key(1)]);
const ana = { accountId: 'ana', passwordDigest: '$argon2id$of-today' };
const rui = { accountId: 'rui', passwordDigest: undefined };

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a known device', () => {
  it('is known to the person who signed in there, and to nobody else', () => {
    const cookie = devices.remember(undefined, ana);
    expect(devices.find(cookie, ana)).toMatch(/^[\w-]{22}$/);
    expect(devices.find(cookie, rui)).toBeUndefined();
    expect(devices.find(undefined, ana)).toBeUndefined();
  });

  it('has the same name after the next sign-in, so that its wrong tries are not forgotten', () => {
    const cookie = devices.remember(undefined, ana);
    expect(devices.find(devices.remember(cookie, ana), ana)).toBe(devices.find(cookie, ana));
  });

  it('is another one in another browser', () => {
    expect(devices.find(devices.remember(undefined, ana), ana)).not.toBe(
      devices.find(devices.remember(undefined, ana), ana),
    );
  });

  it('is strange after a change of the password, and known again after the next sign-in', () => {
    const cookie = devices.remember(undefined, ana);
    const changed = { ...ana, passwordDigest: '$argon2id$of-tomorrow' };
    expect(devices.find(cookie, changed)).toBeUndefined();
    expect(devices.find(devices.remember(cookie, changed), changed)).toBeDefined();
  });

  it('is forgotten after half a year without a sign-in', () => {
    const cookie = devices.remember(undefined, ana);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + (DEVICE_LIFE_SECONDS + 1) * 1000);
    expect(devices.find(cookie, ana)).toBeUndefined();
  });

  it('is shared by a family, up to five, the last ones to sign in', () => {
    const people = Array.from({ length: 7 }, (_, turn) => ({ ...rui, accountId: `person-${turn}` }));
    let cookie: string | undefined;
    for (const person of people) cookie = devices.remember(cookie, person);
    const known = people.filter((person) => devices.find(cookie, person) !== undefined);
    expect(known.map(({ accountId }) => accountId)).toEqual([
      'person-2',
      'person-3',
      'person-4',
      'person-5',
      'person-6',
    ]);
    expect(cookie?.length).toBeLessThan(420);
  });

  it('stays known while SECRET_KEY is rotated, until the old key is taken out', () => {
    const cookie = devices.remember(undefined, ana);
    const rotated = new KnownDevices([key(2), key(1)]);
    expect(rotated.find(cookie, ana)).toBeDefined();
    expect(new KnownDevices([key(2)]).find(cookie, ana)).toBeUndefined();
    expect(new KnownDevices([key(2)]).find(rotated.remember(cookie, ana), ana)).toBeDefined();
  });

  it.each([
    ['nothing', ''],
    ['what is no entry', 'a.b.c'],
    ['a mac of its own', `${'a'.repeat(22)}.zzzzzzz.${'a'.repeat(43)}`],
    ['no expiry', `${'a'.repeat(22)}..${'a'.repeat(43)}`],
    ['a heap', '~'.repeat(5_000)],
  ])('is not made by %s', (_, cookie) => {
    expect(devices.find(cookie, ana)).toBeUndefined();
    expect(devices.remember(cookie, ana).length).toBeLessThan(420);
  });

  it('cannot be made to last longer, or be somebody else', () => {
    const [id = '', expiry = '', mac = ''] = devices.remember(undefined, ana).split('.');
    const later = (Number.parseInt(expiry, 36) + 1).toString(36);
    expect(devices.find(`${id}.${later}.${mac}`, ana)).toBeUndefined();
    expect(devices.find(`${'b'.repeat(22)}.${expiry}.${mac}`, ana)).toBeUndefined();
  });
});
