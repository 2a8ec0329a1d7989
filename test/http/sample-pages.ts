// Every page with plainly-example data, in the states that look different: for the tests and for the preview.
import { frameLookOf, markOf, type FrameLook } from '../../src/http/client-look.ts';
import { qrPicture } from '../../src/http/qr-picture.ts';
import type { Views } from '../../src/views.ts';

const csrf = 'example-csrf-token';
const xsrf = 'example-xsrf-token';
const requestId = '01k0exampleexampleexample0';
const connectors = [
  { id: 'github', label: 'GitHub', action: '/interaction/example/connect/github' },
  { id: 'google', label: 'Google', action: '/interaction/example/connect/google' },
  { id: 'kakao', label: 'Kakao', action: '/interaction/example/connect/kakao' },
  { id: 'naver', label: 'Naver', action: '/interaction/example/connect/naver' },
  { id: 'example', label: 'Example Directory', action: '/interaction/example/connect/example' },
];
const longClient = 'Example Tickets and Everything Else That Has a Rather Long Name Department of Examples';
const longEmail =
  'a.person.with.a.remarkably.long.address.for.an.example@subdomain.of.a.long.name.example.com';
/** As a stranger might register it: a hundred letters, markup, and a word without a gap. */
const oddClient = `<b>Example</b> ${'W'.repeat(60)} 예시 & ${'예시'.repeat(20)}`.slice(0, 100);
const passkeyAt = (path: string) => ({ action: `${path}/passkey`, optionsAction: `${path}/passkey/options` });
const signIn = {
  action: '/interaction/example/password',
  csrf,
  login: '',
  passkey: passkeyAt('/interaction/example'),
};
/** Of the picture that every page may show (test/support/pictures.ts). */
export const LOGO_DIGEST = '0'.repeat(64);
const tile = (name: string, host: string, look: { logoDigest?: string; color?: string } = {}) => ({
  name,
  mark: markOf({ name, isOurs: true, ...look }),
  href: `https://${host}/`,
  detail: host,
});
const services = [
  tile('Example Tickets', 'tickets.example.com', { logoDigest: LOGO_DIGEST }),
  tile('Example Notes', 'notes.example.com', { color: '#f5d90a' }),
  tile('Example Calendar', 'calendar.example.com', { color: '#0a1045' }),
  tile('예시 서비스', 'service.example.com'),
];
const oauthId = '01980000-0000-7000-8000-000000000001';
const then = new Date('2026-11-18T14:05:00Z');
const accountForm = (action: string) => ({ action, csrf });
const error = (status: number, code: string) => ({ status, code, requestId });

const passkeysPage = {
  ...accountForm('/account/passkeys'),
  optionsAction: '/account/passkeys/options',
  renameAction: '/account/passkeys/rename',
  removeAction: '/account/passkeys/remove',
  accepted: '{}',
  arePossible: true,
  suggestedName: 'Firefox on Linux',
  nameMaxLength: 60,
};
const passkey = { isSynced: true, createdAt: then, lastUsedAt: then, isLast: false };
const tokensPage = {
  ...accountForm('/account/tokens'),
  revokeAction: '/account/tokens/revoke',
  scopes: ['openid', 'profile', 'email', 'read', 'write'].map((name) => ({
    name,
    isChosen: name !== 'write',
  })),
  days: [7, 30, 90, 365],
  values: { name: '', days: 30 },
  nameMaxLength: 60,
};
const token = {
  fingerprint: '0123456789ab',
  lastFour: 'x4mP',
  scopes: ['openid', 'profile', 'email', 'read'],
  createdAt: then,
  expiresAt: new Date('2026-12-18T14:05:00Z'),
  lastUsedAt: then,
};
const terminalPage = {
  ...accountForm('/terminal/0123456789abcdef0123456789abcdef'),
  programName: 'Example Command Line',
  isThirdParty: false,
  person: { name: 'Example Person', email: 'person@example.com' },
  switchHref: '/sign-in',
  scopes: [{ name: 'read' }],
  requestedFrom: { startedSecondsAgo: 130, ip: '192.0.2.7', deviceName: 'example laptop' },
  letters: '',
};
const cliPage = {
  ...accountForm('/cli'),
  person: { name: 'Ana Example', email: 'ana@example.com' },
  scopes: ['openid', 'profile', 'email', 'read', 'write'],
  days: 90,
  tokensHref: '/account/tokens',
};
const cliMade = {
  token: `ptr_pat_${'Example0'.repeat(6)}0`,
  expiresAt: new Date('2026-12-18T14:05:00Z'),
  tokensHref: '/account/tokens',
};
const factorForms = {
  csrf,
  setUpHref: '/account/second-factor/set-up',
  renewAction: '/account/second-factor/codes',
  removeAction: '/account/second-factor/remove',
};
const uri = 'otpauth://totp/id.example.com:ana%40example.com?secret=EXAMPLE&issuer=id.example.com';
const appSetUp = {
  setUp: 'example-of-what-comes-back',
  uri,
  secret: 'EXAM PLEE XAMP LEEX AMPL EEXA MPLE EXAM',
  picture: qrPicture(uri),
};
const appSetUpPage = {
  action: '/interaction/example/second-factor/set-up',
  csrf,
  isForRole: false,
  otherHref: '/interaction/example',
};
const clientAt = (name: string) => ({ name, cancel: { action: '/interaction/example/abort', csrf } });
const recoveryCodes = Array.from({ length: 10 }, (_, n) => `exam-ple${'abcdefghij'[n]}-code-xmpl`);

type Samples = { [N in keyof Views]: Readonly<Record<string, Views[N]>> };

export const samplePages: Samples = {
  'interaction/sign-in': {
    plain: {
      ...signIn,
      clientName: 'Example Tickets',
      connectors: [],
      cancelAction: '/interaction/example/cancel',
    },
    connectors: {
      ...signIn,
      clientName: 'Example Tickets',
      connectors: connectors.slice(0, 2),
      cancelAction: '/interaction/example/cancel',
      passwordResetHref: '/password-reset',
    },
    fault: {
      ...signIn,
      clientName: 'Example Tickets',
      connectors: connectors.slice(0, 1),
      login: 'ana@example.com',
      fault: { field: 'password', message: 'An example of a fault beside its field.' },
      cancelAction: '/interaction/example/cancel',
      passwordResetHref: '/password-reset',
      signUpHref: '/sign-up',
    },
    long: {
      ...signIn,
      clientName: longClient,
      connectors: [
        ...connectors,
        { id: 'odd', label: 'W'.repeat(40), action: '/interaction/example/connect/odd' },
      ],
      login: longEmail,
      fault: { message: 'An example of a fault that concerns the whole form and is somewhat longer.' },
      device: true,
      cancelAction: '/interaction/example/cancel',
    },
  },
  'interaction/link': {
    password: {
      action: '/interaction/example/link',
      csrf,
      connectorLabel: 'GitHub',
      email: 'ana@example.com',
      hasPassword: true,
      passkey: passkeyAt('/interaction/example/link'),
      connectors: [],
      passwordResetHref: '/reset-password',
      otherHref: '/interaction/example',
      fault: { field: 'password', message: 'An example of a fault beside its field.' },
    },
    connectors: {
      action: '/interaction/example/link',
      csrf,
      connectorLabel: 'Example Directory',
      email: longEmail,
      hasPassword: true,
      connectors: connectors.slice(0, 2),
      passwordResetHref: '/reset-password',
      otherHref: '/interaction/example',
    },
    none: {
      action: '/interaction/example/link',
      csrf,
      connectorLabel: 'GitHub',
      email: 'ana@example.com',
      hasPassword: false,
      passkey: passkeyAt('/interaction/example/link'),
      connectors: [],
      passwordResetHref: '/reset-password',
      otherHref: '/interaction/example',
      fault: { message: 'An example of a fault that concerns the whole form and is somewhat longer.' },
    },
  },
  'interaction/second-factor': {
    app: {
      action: '/interaction/example/second-factor',
      csrf,
      person: 'ana@example.com',
      factors: ['totp', 'recovery_code'],
      isOnPaper: false,
      insteadHref: '/interaction/example/second-factor?with=paper',
      otherHref: '/interaction/example',
    },
    fault: {
      action: '/interaction/example/second-factor',
      csrf,
      person: longEmail,
      factors: ['totp'],
      isOnPaper: false,
      otherHref: '/interaction/example',
      fault: { field: 'code', message: 'An example of a fault beside its field.' },
    },
    closed: {
      action: '/interaction/example/second-factor?with=paper',
      csrf,
      person: 'ana@example.com',
      factors: ['totp', 'recovery_code'],
      isOnPaper: true,
      insteadHref: '/interaction/example/second-factor?with=paper',
      otherHref: '/interaction/example',
      fault: { message: 'An example of a fault that concerns the whole form and is somewhat longer.' },
    },
    passkey: {
      action: '/interaction/example/second-factor',
      csrf,
      person: 'ana@example.com',
      factors: ['passkey'],
      passkey: passkeyAt('/interaction/example/second-factor'),
      isOnPaper: false,
      otherHref: '/interaction/example',
    },
    both: {
      action: '/interaction/example/second-factor',
      csrf,
      person: 'ana@example.com',
      factors: ['totp', 'passkey'],
      passkey: passkeyAt('/interaction/example/second-factor'),
      isOnPaper: false,
      otherHref: '/interaction/example',
    },
  },
  'interaction/second-factor/set-up': {
    role: { ...appSetUpPage, client: clientAt('Example Tickets'), isForRole: true, app: appSetUp },
    fault: {
      ...appSetUpPage,
      client: clientAt(longClient),
      app: { ...appSetUp, fault: { field: 'code', message: 'An example of a fault beside its field.' } },
    },
    ours: { ...appSetUpPage, app: appSetUp, passkey: passkeyAt('/interaction/example/second-factor/set-up') },
    passkey: {
      ...appSetUpPage,
      client: clientAt('Example Tickets'),
      passkey: passkeyAt('/interaction/example/second-factor/set-up'),
      fault: { message: 'An example of a fault that concerns the whole form and is somewhat longer.' },
    },
    none: { ...appSetUpPage, client: clientAt('Example Tickets') },
  },
  'interaction/second-factor/codes': { ten: { codes: recoveryCodes, nextHref: '/' } },
  'account/second-factor': {
    none: { ...factorForms, recoveryCodes: 0, isRequired: true },
    app: { ...factorForms, appSince: then, recoveryCodes: 8, isRequired: false },
    old: { ...factorForms, appSince: then, recoveryCodes: 1, isRequired: true, signInAgainHref: '/sign-in' },
  },
  'account/second-factor/set-up': { app: { ...accountForm('/account/second-factor/set-up'), app: appSetUp } },
  'account/second-factor/codes': { ten: { codes: recoveryCodes, nextHref: '/account/second-factor' } },
  'interaction/consent': {
    'third-party': {
      clientName: 'Example Tickets',
      isNative: false,
      isThirdParty: true,
      redirectHost: 'tickets.example.com',
      person: { name: 'Ana Example', email: 'ana@example.com' },
      scopes: ['openid', 'profile', 'email', 'offline_access'].map((name) => ({ name })),
      policyHref: 'https://tickets.example.com/privacy',
      termsHref: 'https://tickets.example.com/terms',
      action: '/interaction/example/consent',
      csrf,
      switchAccountAction: '/interaction/example/switch',
    },
    long: {
      clientName: longClient,
      isNative: true,
      isThirdParty: true,
      redirectHost: 'a-remarkably-long-host-name.subdomain.of.a.long.name.example.com',
      person: { name: 'Ana Maria Example de Exemplo dos Exemplos', email: longEmail },
      scopes: [
        'openid',
        'profile',
        'email',
        'offline_access',
        'read',
        'write',
        'users.read',
        'vault',
        'admin',
        'tickets.example:all',
      ].map((name) => ({ name })),
      resourceNames: ['Example Tickets', 'https://a-remarkably-long-host-name.example.com/api/v1'],
      action: '/interaction/example/consent',
      csrf,
      switchAccountAction: '/interaction/example/switch',
    },
    odd: {
      clientName: oddClient,
      isNative: false,
      isThirdParty: true,
      redirectHost: 'xn--exmple-cua.example.com',
      person: { email: 'ana@example.com' },
      scopes: ['notes.read', 'https://notes.example.com/scopes/everything-that-there-is:read-and-write'].map(
        (name) => ({ name }),
      ),
      resourceNames: ['N'.repeat(100)],
      action: '/interaction/example/consent',
      csrf,
    },
  },
  device: {
    empty: { action: '/device', xsrf, userCode: '' },
    fault: {
      action: '/device',
      xsrf,
      userCode: 'WDJB-MJHX',
      fault: { field: 'user_code', message: 'An example of a fault beside its field.' },
    },
  },
  'device/confirm': {
    full: {
      action: '/device',
      xsrf,
      programName: 'Example Command Line',
      userCode: 'WDJB-MJHT',
      requestedFrom: {
        ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
        userAgent: 'example-cli/1.0.0 (linux; x64) node/24.21.0',
        startedSecondsAgo: 130,
      },
    },
  },
  'device/done': {
    allowed: { outcome: 'allowed', programName: 'Example Command Line' },
    denied: { outcome: 'denied' },
  },
  terminal: {
    empty: terminalPage,
    'third-party-fault': {
      ...terminalPage,
      programName: 'Example Notes for the Terminal',
      isThirdParty: true,
      policyHref: 'https://notes.example.com/privacy',
      termsHref: 'https://notes.example.com/terms',
      scopes: [{ name: 'openid' }, { name: 'offline_access' }],
      requestedFrom: { startedSecondsAgo: 7, ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348' },
      letters: 'WDJX',
      fault: { field: 'letters', message: 'An example of a fault beside its field.' },
    },
  },
  'terminal/done': {
    allowed: { outcome: 'allowed', programName: 'Example Command Line' },
    denied: { outcome: 'denied', programName: 'Example Command Line' },
    guessed: { outcome: 'guessed', programName: 'Example Command Line' },
  },
  continue: {
    plain: {
      action: '/device',
      fields: [
        { name: 'xsrf', value: xsrf },
        { name: 'user_code', value: 'WDJB-MJHT' },
      ],
    },
  },
  setup: {
    empty: {
      action: '/setup',
      csrf,
      values: { name: '', email: '', username: '' },
      faults: [],
      passwordMinLength: 15,
    },
    faults: {
      action: '/setup',
      csrf,
      values: { name: 'Ana Example', email: 'ana.example.com', username: 'ana@home' },
      faults: [
        { field: 'email', message: 'An example of a fault beside the e-mail address.' },
        { field: 'username', message: 'An example of a fault beside the username.' },
        { field: 'password', message: 'An example of a fault beside the password.' },
      ],
      passwordMinLength: 15,
    },
  },
  'interaction/sign-up': {
    empty: {
      action: '/interaction/example/sign-up',
      csrf,
      email: '',
      signInHref: '/interaction/example',
    },
    fault: {
      action: '/interaction/example/sign-up',
      csrf,
      email: 'ana.example.com',
      fault: { field: 'email', message: 'An example of a fault beside the e-mail address.' },
      signInHref: '/interaction/example',
    },
  },
  'interaction/sign-up/sent': { plain: { againHref: '/interaction/example/sign-up' } },
  'sign-up': {
    empty: {
      action: '/sign-up',
      csrf,
      email: 'ana@example.com',
      values: { name: '', username: '' },
      faults: [],
      passwordMinLength: 12,
    },
    faults: {
      action: '/sign-up',
      csrf,
      email: longEmail,
      values: { name: 'Ana Example', username: 'ana@home' },
      faults: [
        { field: 'username', message: 'An example of a fault beside the username.' },
        { field: 'password', message: 'An example of a fault beside the password.' },
      ],
      passwordMinLength: 12,
    },
  },
  'sign-up/done': { plain: { signInHref: '/sign-in' } },
  'reset-password': {
    empty: { action: '/reset-password', csrf, email: '', signInHref: '/sign-in' },
    fault: {
      action: '/reset-password',
      csrf,
      email: 'ana.example.com',
      fault: { field: 'email', message: 'An example of a fault beside the e-mail address.' },
      signInHref: '/sign-in',
    },
  },
  'reset-password/sent': { plain: { againHref: '/reset-password' } },
  'reset-password/new': {
    empty: { action: '/reset-password/new', csrf, email: 'ana@example.com', passwordMinLength: 12 },
    fault: {
      action: '/reset-password/new',
      csrf,
      email: longEmail,
      fault: { field: 'password', message: 'An example of a fault beside the password.' },
      passwordMinLength: 15,
    },
  },
  'reset-password/done': { plain: { signInHref: '/sign-in' } },
  home: {
    'signed-out': { signInHref: '/sign-in' },
    'signed-in': {
      person: {
        name: 'Ana Example',
        oauthId: '01980000-0000-7000-8000-000000000001',
        roles: ['support', 'administrator'],
      },
      signOut: { action: '/sign-out', csrf },
      services,
    },
  },
  account: {
    plain: {
      ...accountForm('/account'),
      values: { name: 'Ana Example', username: 'ana', locale: '', removePicture: false },
      faults: [],
      languages: [{ value: 'en', label: 'English' }],
      seen: { id: oauthId, email: 'ana@example.com', emailVerified: true, roles: [], tier: 'free' },
      notice: 'An example of what was done.',
    },
    faults: {
      ...accountForm('/account'),
      values: { name: 'Ana '.repeat(40), username: 'ana@home', locale: 'pt-PT', removePicture: true },
      faults: [
        { field: 'name', message: 'An example of a fault beside the name.' },
        { field: 'username', message: 'An example of a fault beside the username.' },
        { field: 'locale', message: 'An example of a fault beside the language.' },
      ],
      languages: [{ value: 'pt-PT', label: 'pt-PT' }],
      seen: {
        id: oauthId,
        email: longEmail,
        emailVerified: false,
        picture: 'https://pictures.example.com/a/rather/long/address/of/a/picture.png?size=460',
        roles: ['support', 'administrator'],
        tier: 'free',
      },
    },
  },
  'account/email': {
    plain: {
      ...accountForm('/account/email'),
      current: 'ana@example.com',
      email: '',
      notice: 'An example of what was done.',
    },
    fault: {
      ...accountForm('/account/email'),
      email: 'ana.example.com',
      fault: { field: 'email', message: 'An example of a fault beside the e-mail address.' },
    },
  },
  'account/email/confirm': { plain: { action: '/account/email/confirm', csrf, email: longEmail } },
  'account/email/done': { plain: { accountHref: '/account' } },
  'account/not-me': {
    plain: { ...accountForm('/account/not-me'), restoresEmail: false },
    email: { ...accountForm('/account/not-me'), restoresEmail: true },
  },
  'account/not-me/done': { plain: { resetHref: '/reset-password' } },
  'account/password': {
    change: {
      ...accountForm('/account/password'),
      hasPassword: true,
      faults: [],
      passwordMinLength: 12,
      notice: 'An example of what was done.',
    },
    faults: {
      ...accountForm('/account/password'),
      hasPassword: true,
      faults: [{ field: 'current', message: 'An example of a fault beside the password.' }],
      passwordMinLength: 15,
    },
    first: { ...accountForm('/account/password'), hasPassword: false, faults: [], passwordMinLength: 12 },
  },
  'account/sessions': {
    several: {
      ...accountForm('/account/sessions/end'),
      othersAction: '/account/sessions/end-others',
      everywhereAction: '/account/sessions/end-everything',
      sessions: [
        {
          uid: 'example-1',
          isThis: true,
          device: 'Firefox on Windows',
          address: '192.0.2.17',
          signedInAt: then,
          lastSeenAt: then,
        },
        {
          uid: 'example-2',
          isThis: false,
          device: 'Samsung Internet on Android',
          address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
          signedInAt: then,
          lastSeenAt: then,
        },
        { uid: 'example-3', isThis: false, device: 'W'.repeat(40), signedInAt: then },
      ],
      notice: 'An example of what was done.',
    },
    one: {
      ...accountForm('/account/sessions/end'),
      othersAction: '/account/sessions/end-others',
      everywhereAction: '/account/sessions/end-everything',
      sessions: [{ uid: 'example-1', isThis: true, device: 'Unknown browser', signedInAt: then }],
    },
  },
  'account/programs': {
    several: {
      ...accountForm('/account/programs/disconnect'),
      programs: [
        {
          clientId: 'cli',
          name: 'Example Command Line',
          isThirdParty: false,
          scopes: ['openid', 'profile', 'email', 'offline_access', 'admin'].map((name) => ({ name })),
          resourceNames: [],
          machines: 2,
          allowedAt: then,
          lastUsedAt: then,
        },
        {
          clientId: 'dyn-example',
          name: oddClient,
          isThirdParty: true,
          scopes: [{ name: 'openid' }, { name: 'https://notes.example.com/scopes/read-and-write' }],
          resourceNames: ['Example Notes', 'https://a-remarkably-long-host-name.example.com/api/v1'],
          allowedAt: then,
        },
      ],
    },
    empty: { ...accountForm('/account/programs/disconnect'), programs: [] },
  },
  'account/tokens': {
    none: { ...tokensPage, tokens: [] },
    some: {
      ...tokensPage,
      tokens: [
        { ...token, name: 'Example backup' },
        { ...token, name: longClient.slice(0, 60), scopes: ['write'], lastUsedAt: undefined },
      ],
      notice: 'An example of what was done.',
    },
    faults: {
      ...tokensPage,
      tokens: [],
      fault: { field: 'scope', message: 'An example of a fault beside its field.' },
    },
    old: {
      ...tokensPage,
      tokens: [{ ...token, name: 'Example backup' }],
      signInAgain: { href: '/sign-in?return_to=%2Faccount%2Ftokens&again=yes', isSurely: false },
    },
  },
  'account/tokens/made': {
    plain: {
      token: `ptr_pat_${'Example0'.repeat(6)}0`,
      name: 'Example backup',
      expiresAt: new Date('2026-12-18T14:05:00Z'),
      exampleUrl: 'https://id.example.com/api/user',
      nextHref: '/account/tokens',
    },
  },
  cli: {
    plain: { ...cliPage, program: '' },
    named: { ...cliPage, program: longClient.slice(0, 60) },
    old: {
      ...cliPage,
      program: 'example-assistant',
      signInAgain: { href: '/sign-in?return_to=%2Fcli&again=yes', isSurely: true },
    },
    fault: { ...cliPage, program: '', fault: { message: 'An example of a fault of the whole page.' } },
  },
  'cli/made': {
    plain: { ...cliMade, program: '' },
    named: { ...cliMade, program: 'example-assistant' },
  },
  'account/history': {
    several: {
      happenings: [
        {
          sentence:
            'Example Tickets was signed out because its refresh token was used twice: somebody may have copied it.',
          at: then,
          address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
          device: 'example-cli',
        },
        {
          sentence: 'You signed in with your password.',
          at: then,
          address: '192.0.2.17',
          device: 'Firefox on Windows',
        },
        {
          sentence: 'Your details were changed: roles, tier.',
          at: then,
          device: 'by an administrator',
        },
      ],
      olderHref: '/account/history?before=17',
      newestHref: '/account/history',
    },
    empty: { happenings: [] },
  },
  'account/sign-in-methods': {
    plain: {
      csrf,
      hasPassword: true,
      passkeys: 2,
      linked: [
        {
          key: 'example',
          id: 'github',
          label: 'GitHub',
          as: longEmail,
          linkedAt: new Date('2026-01-02T03:04:05Z'),
          lastUsedAt: new Date('2026-02-03T04:05:06Z'),
          isLast: false,
        },
      ],
      unlinkAction: '/account/sign-in-methods/unlink',
      connectors: connectors.slice(1),
      notice: 'An example of what was done.',
    },
    last: {
      csrf,
      hasPassword: false,
      passkeys: 0,
      linked: [
        {
          key: 'example',
          id: 'kakao',
          label: 'Kakao',
          linkedAt: new Date('2026-01-02T03:04:05Z'),
          lastUsedAt: new Date('2026-02-03T04:05:06Z'),
          isLast: true,
        },
      ],
      unlinkAction: '/account/sign-in-methods/unlink',
      connectors: connectors.slice(0, 2),
      fault: 'An example of a fault that concerns the whole page.',
    },
    old: {
      csrf,
      hasPassword: true,
      passkeys: 1,
      linked: [],
      unlinkAction: '/account/sign-in-methods/unlink',
      connectors,
      signInAgainHref: '/sign-in?return_to=%2Faccount%2Fsign-in-methods&again=yes',
    },
  },
  'account/passkeys': {
    none: { ...passkeysPage, passkeys: [] },
    some: {
      ...passkeysPage,
      passkeys: [
        { ...passkey, id: 'one', name: 'Chrome on Android' },
        { ...passkey, id: 'two', name: longClient.slice(0, 60), isSynced: false, lastUsedAt: undefined },
      ],
      notice: 'An example of what was done.',
    },
    fault: {
      ...passkeysPage,
      passkeys: [{ ...passkey, id: 'one', name: 'Example key', isLast: true }],
      fault: { passkey: 'one', field: 'name', message: 'An example of a fault beside its field.' },
    },
    old: {
      ...passkeysPage,
      passkeys: [{ ...passkey, id: 'one', name: 'Example key' }],
      signInAgainHref: '/sign-in?return_to=%2Faccount%2Fpasskeys&again=yes',
      fault: { message: 'An example of a fault that concerns the whole page.' },
    },
    impossible: { ...passkeysPage, passkeys: [], arePossible: false },
  },
  'account/data': {
    recent: {
      ...accountForm('/account/data/delete'),
      downloadAction: '/account/data/download',
      confirmation: 'ana',
      keptDays: 400,
    },
    fault: {
      ...accountForm('/account/data/delete'),
      downloadAction: '/account/data/download',
      confirmation: longEmail,
      keptDays: 400,
      fault: { field: 'confirmation', message: 'An example of a fault beside its field.' },
    },
    'long-ago': {
      ...accountForm('/account/data/delete'),
      downloadAction: '/account/data/download',
      confirmation: 'ana',
      keptDays: 400,
      signInHref: '/sign-in?return_to=%2Faccount%2Fdata&again=yes',
      fault: { message: 'An example of a fault that concerns the whole form.' },
    },
  },
  'account/deleted': { plain: { homeHref: '/' } },
  logout: {
    client: {
      action: '/oauth/logout/confirm',
      xsrf,
      clientName: 'Example Tickets',
      personName: 'Ana Example',
    },
    plain: { action: '/oauth/logout/confirm', xsrf },
  },
  'logout/done': {
    client: { clientName: 'Example Tickets', homeHref: '/' },
    plain: {},
  },
  error: {
    'unregistered-redirect-uri': {
      ...error(400, 'unregistered_redirect_uri'),
      clientId: 'example-tickets',
    },
    'session-not-found': error(400, 'session_not_found'),
    forbidden: error(403, 'account_blocked'),
    'not-found': error(404, 'not_found'),
    'wrong-method': error(405, 'method_not_allowed'),
    gone: error(410, 'setup_link_invalid'),
    'link-expired': error(400, 'link_expired'),
    'form-expired': error(403, 'form_expired'),
    'unknown-client': { ...error(400, 'invalid_client'), clientId: 'dyn-exampleexampleexample' },
    'bad-request': error(400, 'invalid_request'),
    'too-many': { ...error(429, 'too_many_requests'), retryAfterSeconds: 840 },
    broken: error(500, 'server_error'),
    unavailable: { ...error(503, 'temporarily_unavailable'), retryAfterSeconds: 2, retryHref: '/' },
    unheard: error(418, 'constructor'),
  },
};

export interface Sample {
  view: keyof Views;
  state: string;
  data: Views[keyof Views];
  /** Of a client with a look of its own. */
  frame?: FrameLook;
}

export function listSamples(): Sample[] {
  const plain = Object.entries(samplePages).flatMap(([view, states]) =>
    Object.entries(states as Record<string, Views[keyof Views]>).map(([state, data]) => ({
      view: view as keyof Views,
      state,
      data,
    })),
  );
  return [...plain, ...DRESSED.flatMap(dressed)];
}

/** Too light, too dark, neither, and a picture without a colour. */
const LOOKS = { yellow: '#fff176', night: '#0a1045', grey: '#808080', picture: undefined };
const DRESSED: readonly [keyof Views, string][] = [
  ['interaction/sign-in', 'fault'],
  ['interaction/consent', 'third-party'],
  ['device/confirm', 'full'],
  ['terminal', 'empty'],
];

/** The page as clients of their own look would have it. */
function dressed([view, state]: (typeof DRESSED)[number]): Sample[] {
  const data = (samplePages[view] as Record<string, Views[keyof Views]>)[state] as Views[keyof Views];
  return Object.entries(LOOKS).map(([name, color]) => ({
    view,
    state: `${state}-${name}`,
    data,
    frame: frameLookOf(
      { name: 'Example Tickets', isOurs: true, color, ...(!color && { logoDigest: LOGO_DIGEST }) },
      view,
    ),
  }));
}
