// Settings of connectors: what is a connector, what is half of one, and which names are not free.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from '../src/config.ts';

const oidc = {
  OIDC_EXAMPLE_ISSUER: 'https://directory.example.com/',
  OIDC_EXAMPLE_CLIENT_ID: 'a',
  OIDC_EXAMPLE_CLIENT_SECRET: 'b',
};
const plain = {
  CONNECTOR_BOARD_CLIENT_ID: 'a',
  CONNECTOR_BOARD_CLIENT_SECRET: 'b',
  CONNECTOR_BOARD_AUTHORIZATION_URL: 'https://board.example.com/authorize',
  CONNECTOR_BOARD_TOKEN_URL: 'https://board.example.com/token',
  CONNECTOR_BOARD_USER_URL: 'https://board.example.com/user',
};

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

/** The same under another name. */
function renamed(settings: Record<string, string>, from: string, to: string): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.replace(from, to), value]));
}

describe('the settings of connectors', () => {
  it('are none without any', () => {
    const none = { google: undefined, kakao: undefined, naver: undefined, oidc: [], oauth2: [] };
    expect(readConfig({}).connectors).toEqual(none);
  });

  it('know where the well-known ones live', () => {
    const pairs = ['GOOGLE', 'KAKAO', 'NAVER'].flatMap((name) => [
      [`${name}_CLIENT_ID`, 'a'],
      [`${name}_CLIENT_SECRET`, 'b'],
    ]);
    const { google, kakao, naver } = readConfig(
      Object.fromEntries(pairs) as Record<string, string>,
    ).connectors;
    expect(google).toMatchObject({ clientId: 'a', clientSecret: 'b', issuer: 'https://accounts.google.com' });
    expect(kakao).toMatchObject({ url: 'https://kauth.kakao.com', apiUrl: 'https://kapi.kakao.com' });
    expect(naver).toMatchObject({ url: 'https://nid.naver.com', apiUrl: 'https://openapi.naver.com' });
  });

  it('can send all of one upstream to another address', () => {
    const set = { KAKAO_CLIENT_ID: 'a', KAKAO_CLIENT_SECRET: 'b', KAKAO_URL: 'http://127.0.0.1:9000/' };
    expect(readConfig(set).connectors.kakao).toMatchObject({
      url: 'http://127.0.0.1:9000',
      apiUrl: 'http://127.0.0.1:9000',
    });
  });

  it.each(['GITHUB_URL', 'GITHUB_API_URL', 'GOOGLE_ISSUER', 'KAKAO_URL', 'NAVER_API_URL'])(
    'send nothing of a person in clear text over a network (%s)',
    (name) => {
      const fault = expect.stringMatching(`^${name}: must be https unless its host is loopback`);
      expect(faultsOf({ [name]: 'http://upstream.example.com' })).toEqual([fault]);
      expect(faultsOf({ [name]: 'http://upstream.example.com', ALLOW_INSECURE_ISSUER: '1' })).toEqual([]);
    },
  );

  it('make a connector of each name, in the order of the names', () => {
    const { connectors } = readConfig({
      ...renamed(oidc, 'EXAMPLE', 'ZEBRA_CLUB'),
      ...oidc,
      OIDC_EXAMPLE_LABEL: 'Example Directory',
      ...plain,
      CONNECTOR_BOARD_PKCE: 'off',
      CONNECTOR_BOARD_SUBJECT_FIELD: 'user.id',
      CONNECTOR_BOARD_EMAIL_VERIFIED_FIELD: 'user.confirmed',
    });
    // The issuer is kept to the letter.
    const issuer = 'https://directory.example.com/';
    expect(connectors.oidc).toEqual([
      { id: 'example', label: 'Example Directory', issuer, clientId: 'a', clientSecret: 'b' },
      { id: 'zebra-club', label: 'Zebra Club', issuer, clientId: 'a', clientSecret: 'b' },
    ]);
    expect(connectors.oauth2).toMatchObject([
      {
        id: 'board',
        label: 'Board',
        pkce: false,
        tokenAuth: 'post',
        fields: { subject: 'user.id', name: 'name', email: 'email', emailVerified: 'user.confirmed' },
      },
    ]);
  });

  it('take the secret of any of them from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'portaria-connectors-'));
    const file = join(directory, 'secret');
    writeFileSync(file, 'from a file\n');
    const { OIDC_EXAMPLE_CLIENT_SECRET: _, ...rest } = oidc;
    const config = readConfig({ ...rest, OIDC_EXAMPLE_CLIENT_SECRET_FILE: file });
    expect(config.connectors.oidc).toMatchObject([{ clientSecret: 'from a file' }]);
    expect(faultsOf({ ...oidc, OIDC_EXAMPLE_CLIENT_SECRET_FILE: file })).toHaveLength(1);
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['an address without credentials', { OIDC_EXAMPLE_ISSUER: 'https://directory.example.com' }],
    ['addresses of the well-known ones alone', { GOOGLE_ISSUER: 'https://google.example.com' }],
    [
      'names that are not ours',
      { OIDC_TOKEN: 'x', OIDC_EXAMPLE_WHATEVER: '1', CONNECTOR_: 'y', OIDC_CLIENT_ID: 'z' },
    ],
    ['empty variables', { OIDC_EXAMPLE_CLIENT_ID: '', KAKAO_CLIENT_ID: '' }],
  ])('ignore %s', (_, environment) => {
    expect(faultsOf(environment as Record<string, string>)).toEqual([]);
  });

  it('report every half of a pair, every missing part and every taken name at once', () => {
    const faults = faultsOf({
      PORT: 'x',
      GOOGLE_CLIENT_ID: 'a',
      KAKAO_CLIENT_SECRET: 'b',
      NAVER_CLIENT_ID: 'a',
      OIDC_ONE_CLIENT_ID: 'a',
      ...renamed(plain, 'BOARD', 'GITHUB'),
      CONNECTOR_TWO_CLIENT_SECRET: 'b',
      ...renamed(oidc, 'EXAMPLE', 'BOARD'),
      ...plain,
    });
    const starts = [
      'PORT: ',
      'OIDC_ONE_ISSUER is missing',
      'OIDC_ONE_CLIENT_SECRET is missing',
      'CONNECTOR_TWO_CLIENT_ID is missing',
      'CONNECTOR_TWO_AUTHORIZATION_URL is missing',
      'CONNECTOR_TWO_TOKEN_URL is missing',
      'CONNECTOR_TWO_USER_URL is missing',
      'CONNECTOR_BOARD_*: OIDC_BOARD_* has the same name',
      'CONNECTOR_GITHUB_*: "github" means something else here',
      'GOOGLE_CLIENT_SECRET is missing',
      'KAKAO_CLIENT_ID is missing',
      'NAVER_CLIENT_SECRET is missing',
    ];
    expect(faults.map((fault) => starts.find((start) => fault.startsWith(start)) ?? fault)).toEqual(starts);
  });

  it.each(['GOOGLE', 'PWD', 'MFA', 'PASSKEY', 'EXAMPLE'.repeat(5)])(
    'refuse a connector of the name %s',
    (name) => {
      expect(faultsOf(renamed(oidc, 'EXAMPLE', name))).toHaveLength(1);
    },
  );

  it.each([
    ['an issuer that is no address', { ...oidc, OIDC_EXAMPLE_ISSUER: 'directory' }],
    ['a password in an address', { ...oidc, OIDC_EXAMPLE_ISSUER: 'https://a:b@directory.example.com' }],
    ['an issuer in clear over a network', { ...oidc, OIDC_EXAMPLE_ISSUER: 'http://directory.example.com' }],
    [
      'a token endpoint in clear over a network',
      { ...plain, CONNECTOR_BOARD_TOKEN_URL: 'http://board.example.com/' },
    ],
    ['Google in clear over a network', { GOOGLE_ISSUER: 'http://google.example.com' }],
    ['a label that fits on no button', { ...oidc, OIDC_EXAMPLE_LABEL: 'x'.repeat(41) }],
    ['a field that is none', { ...plain, CONNECTOR_BOARD_SUBJECT_FIELD: 'a..b' }],
    ['a PKCE that is neither on nor off', { ...plain, CONNECTOR_BOARD_PKCE: 'maybe' }],
  ])('refuse %s', (_, environment) => {
    expect(faultsOf(environment as Record<string, string>)).toHaveLength(1);
  });

  it('allow an upstream in clear on this machine, or on purpose', () => {
    expect(faultsOf({ ...oidc, OIDC_EXAMPLE_ISSUER: 'http://127.0.0.1:9000' })).toEqual([]);
    const clear = { ...oidc, OIDC_EXAMPLE_ISSUER: 'http://directory.example.com' };
    expect(faultsOf({ ...clear, ALLOW_INSECURE_ISSUER: '1' })).toEqual([]);
  });
});
