// Settings: the defaults, every fault in one message, secrets from files, names that are not ours ignored.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../src/base/duration.ts';
import { ConfigError, cores, readConfig } from '../src/config.ts';

const SECRET_KEY = 'x'.repeat(32);

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('without any setting', () => {
  it('has the defaults that README.md names', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      issuer: 'http://localhost:3000',
      databaseUrl: undefined,
      secretKeys: undefined,
      signUp: { policy: 'open', domains: [], githubOrgs: [] },
      github: undefined,
      ttl: {
        accessTokenSeconds: 3600,
        refreshTokenSeconds: 30 * 86_400,
        refreshTokenMaxAgeSeconds: 180 * 86_400,
        refreshReuseWindowSeconds: 30,
        codeSeconds: 60,
        deviceSeconds: 600,
        sessionSeconds: 14 * 86_400,
      },
      passwordMinLength: 12,
      logLevel: 'info',
    });
  });
});

describe('settings', () => {
  it('can shut the window for repeated refreshes', () => {
    expect(readConfig({ REFRESH_REUSE_WINDOW: '0' }).ttl.refreshReuseWindowSeconds).toBe(0);
  });

  it('report every fault at once', () => {
    const faults = faultsOf({
      PORT: 'x',
      ISSUER: 'https://login.example.com/path',
      ACCESS_TOKEN_TTL: 'soon',
      SIGN_UP: 'maybe',
      GITHUB_CLIENT_ID: 'id',
      ADMIN_EMAIL: 'admin@example.com',
      DATABASE_URL: 'postgres://db.example.com/portaria',
      TRUSTED_PROXIES: 'everybody',
    }).join('\n');
    for (const name of [
      'PORT',
      'ISSUER',
      'ACCESS_TOKEN_TTL',
      'SIGN_UP',
      'GITHUB_CLIENT_SECRET',
      'ADMIN_PASSWORD',
      'SECRET_KEY',
      'TRUSTED_PROXIES',
    ]) {
      expect(faults).toContain(name);
    }
  });

  it.each([
    ['http for the world', { ISSUER: 'http://login.example.com' }],
    ['a secret key that is short', { SECRET_KEY: 'short' }],
    ['a window for repeated refreshes that never closes', { REFRESH_REUSE_WINDOW: '1d' }],
    ['a rotation of keys that is no duration', { KEY_ROTATION: 'never' }],
    ['a list of keys of which one is short', { SECRET_KEY: `${SECRET_KEY},short` }],
    [
      'an address of GitHub that is none',
      { GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b', GITHUB_URL: 'github' },
    ],
    [
      'a first administrator with a weak password',
      { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'too short' },
    ],
    ['a mail server without an address that mails come from', { SMTP_URL: 'smtps://mail.example.com' }],
    ['a secret and its file at once', { SECRET_KEY, SECRET_KEY_FILE: '/dev/null' }],
    ['a file that is not there', { SECRET_KEY_FILE: '/nowhere/at/all' }],
  ])('refuse %s', (_what, environment) => {
    expect(faultsOf(environment as Record<string, string>)).toHaveLength(1);
  });

  it.each([
    ['PORT', ['0', '65536', 'abc', '80.5'], 'must be a port number, 1 to 65535'],
    ['WORKERS', ['0', '257', 'abc', '1.5'], 'must be a whole number from 1 to 256'],
    ['DATABASE_CONNECTIONS', ['3', 'many'], 'must be a whole number from 4 to 1000'],
    ['PASSWORD_MIN_LENGTH', ['7', '129'], 'must be a whole number from 8 to 128'],
    [
      'MAIL_FROM',
      ['example', 'A <a@example.com>, B <b@example.com>', 'a@example.com\nBcc: b@example.com'],
      'must be an address such as no-reply@example.com, or Name <no-reply@example.com>',
    ],
    ['LOG_LEVEL', ['loud'], 'must be trace, debug, info, warn, error, fatal or silent'],
    [
      'AUDIT_RETENTION',
      ['20y', '4000d'],
      'must be a duration such as 30s, 15m, 1h or 30d, ten years at most',
    ],
  ])('say what %s may be', (name, values, sentence) => {
    for (const value of values) expect(faultsOf({ [name]: value })).toEqual([`${name}: ${sentence}`]);
  });

  it('count their faults as people do', () => {
    expect(new ConfigError(['one']).message).toBe('The settings have a fault:\n  - one');
    expect(new ConfigError(['one', 'two']).message).toBe('The settings have 2 faults:\n  - one\n  - two');
  });

  it.each([
    ['http on loopback', { ISSUER: 'http://127.0.0.1:4000' }],
    ['http for the world on purpose', { ISSUER: 'http://login.example.com', ALLOW_INSECURE_ISSUER: '1' }],
    ['an address of GitHub without credentials', { GITHUB_URL: 'https://github.example.com' }],
    ['a mail server', { SMTP_URL: 'smtp://localhost:25', MAIL_FROM: 'Example <no-reply@example.com>' }],
    ['an address that mails come from alone', { MAIL_FROM: 'no-reply@example.com' }],
    ['signing keys that stay', { KEY_ROTATION: 'off' }],
    ['empty variables', { GITHUB_CLIENT_ID: '', DATABASE_URL: '', SECRET_KEY: '' }],
    ['names that are not ours', { PORTARIA_WHATEVER: '1', DATABASE: 'x' }],
  ])('accept %s', (_what, environment) => {
    expect(faultsOf(environment as Record<string, string>)).toEqual([]);
  });

  it('listen to everybody once the issuer is public, and only then', () => {
    expect(readConfig({ ISSUER: 'https://login.example.com' }).host).toBe('::');
    expect(readConfig({ ISSUER: 'http://[::1]:3000' }).host).toBe('127.0.0.1');
    expect(readConfig({ HOST: '0.0.0.0' }).host).toBe('0.0.0.0');
  });

  it('make a worker of each core in production, and one otherwise', () => {
    expect(readConfig({}).workers).toBe(1);
    expect(readConfig({ NODE_ENV: 'production' }).workers).toBe(cores);
    expect(readConfig({ NODE_ENV: 'production', WORKERS: '3' }).workers).toBe(3);
    expect(faultsOf({ WORKERS: '0', DATABASE_CONNECTIONS: '2' })).toHaveLength(2);
  });

  it('know the API of GitHub Enterprise', () => {
    const github = { GITHUB_CLIENT_ID: 'a', GITHUB_CLIENT_SECRET: 'b' };
    expect(readConfig(github).github?.apiUrl).toBe('https://api.github.com');
    expect(readConfig({ ...github, GITHUB_URL: 'https://github.example.com/' }).github?.apiUrl).toBe(
      'https://github.example.com/api/v3',
    );
  });

  it('take a secret from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'portaria-config-'));
    writeFileSync(join(directory, 'key'), `${SECRET_KEY}\n`);
    expect(readConfig({ SECRET_KEY_FILE: join(directory, 'key') }).secretKeys).toEqual([SECRET_KEY]);
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['90', 90],
    ['30s', 30],
    ['15m', 900],
    ['1h', 3600],
    ['30d', 2_592_000],
    ['0', undefined],
    ['-1', undefined],
    ['1w', undefined],
    ['1e9', undefined],
    ['', undefined],
  ])('read the duration "%s"', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});
