// The part of services.ts that is about people: how they are known, how they sign in, who vouches for them.
import { AccountAlarm } from './accounts/account-alarm.ts';
import { AccountStore } from './accounts/account-store.ts';
import { Administration } from './accounts/administration.ts';
import { Attempts, type AttemptsOptions, type OpenThrottle } from './accounts/attempts.ts';
import { EmailChange } from './accounts/email-change.ts';
import { IdentityStore } from './accounts/identity-store.ts';
import { KnownDevices } from './accounts/known-devices.ts';
import type { SendLetter, TellOwner } from './accounts/letters.ts';
import {
  LINK_TRIES,
  MAIL_REQUESTS,
  MailedLinks,
  TAGGED_MAILS,
  type MailRequest,
  type PutOff,
} from './accounts/mailed-links.ts';
import { Linking } from './accounts/linking.ts';
import { NewPasswords } from './accounts/new-passwords.ts';
import { OneTimeTokenStore } from './accounts/one-time-token-store.ts';
import { PasswordChange } from './accounts/password-change.ts';
import { PasskeyCeremony } from './accounts/passkey-ceremony.ts';
import { PasskeyChallengeStore } from './accounts/passkey-challenge-store.ts';
import { PasskeySignIn } from './accounts/passkey-sign-in.ts';
import { PasskeyStore } from './accounts/passkey-store.ts';
import { Passkeys } from './accounts/passkeys.ts';
import { PasswordReset } from './accounts/password-reset.ts';
import { PasswordSignIn } from './accounts/password-sign-in.ts';
import { PendingLinkStore } from './accounts/pending-link-store.ts';
import { ProgramSignIn, type ProgramSignInOptions } from './accounts/program-sign-in.ts';
import { RecoveryCodeStore } from './accounts/recovery-code-store.ts';
import { RecoveryCodes } from './accounts/recovery-codes.ts';
import { RoleStore } from './accounts/role-store.ts';
import { SecondFactors, WRONG_CODES } from './accounts/second-factors.ts';
import { Roles } from './accounts/roles.ts';
import { Setup } from './accounts/setup.ts';
import { SignInNotices, NOTICES } from './accounts/sign-in-notices.ts';
import { SignInMethods } from './accounts/sign-in-methods.ts';
import { SignIn } from './accounts/sign-in.ts';
import { SignUp } from './accounts/sign-up.ts';
import { TotpStore } from './accounts/totp-store.ts';
import { Totp } from './accounts/totp.ts';
import type { AuditStore } from './audit/audit-store.ts';
import type { Audit } from './audit/audit.ts';
import type { Database } from './base/database.ts';
import type { PasswordHasher } from './base/password.ts';
import { deriveKey, type Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { PendingLoginStore } from './connectors/pending-login-store.ts';
import { PendingLogins } from './connectors/pending-logins.ts';
import type { EngineStore } from './oidc/engine-store.ts';
import { createConnectors } from './services-connectors.ts';

export interface PeopleInputs {
  config: Config;
  database: Database;
  sealer: Sealer;
  audit: Audit;
  auditStore: AuditStore;
  hasher: PasswordHasher;
  /** Newest first. */
  secretKeys: readonly string[];
  throttle: OpenThrottle;
  engineStore: EngineStore;
  putOff: PutOff;
  sendLetter: SendLetter;
  countSiege: AttemptsOptions['countSiege'];
  countSignIn: ProgramSignInOptions['count'];
}

export function createPeople(inputs: PeopleInputs) {
  const { config, database, sealer, audit, hasher, secretKeys, throttle, engineStore } = inputs;
  const { putOff, sendLetter } = inputs;
  const connectors = createConnectors(config);
  const pendingLogins = new PendingLogins(new PendingLoginStore(database), sealer);

  const accountStore = new AccountStore(database);
  const roleStore = new RoleStore(database);
  const identityStore = new IdentityStore(database);
  const oneTimeTokens = new OneTimeTokenStore(database);
  const { issuer, signUp } = config;
  const passwords = new NewPasswords({ hasher, minLength: config.passwordMinLength, issuer });
  const signIn = new SignIn({
    database,
    accounts: accountStore,
    identities: identityStore,
    tokens: oneTimeTokens,
    audit,
    signUp,
  });
  const attempts = new Attempts({ open: throttle, audit, countSiege: inputs.countSiege });
  const devices = new KnownDevices(secretKeys.map((key) => deriveKey([key], 'known-devices')));
  const passwordSignIn = new PasswordSignIn({ accounts: accountStore, hasher, audit, attempts, devices });
  const passkeyStore = new PasskeyStore(database);
  const totpStore = new TotpStore(database);
  const recoveryCodes = new RecoveryCodes(new RecoveryCodeStore(database), inputs.auditStore);
  const mailedLinks = new MailedLinks({
    tokens: oneTimeTokens,
    putOff,
    perAddress: throttle('mail:address', MAIL_REQUESTS.perAddress, MAIL_REQUESTS.windowSeconds),
    perLink: throttle('mail:link', LINK_TRIES.perLink, LINK_TRIES.windowSeconds),
    perMailbox: throttle('mail:mailbox', TAGGED_MAILS.perMailbox, TAGGED_MAILS.windowSeconds),
  });
  const accountAlarm = new AccountAlarm({
    database,
    accounts: accountStore,
    tokens: oneTimeTokens,
    links: mailedLinks,
    audit,
    sendLetter,
    issuer: config.issuer,
    endEverything: (accountId) => engineStore.endEverythingOf(accountId),
    removeAddedSince: [
      (accountId, since) => identityStore.deleteAddedSince(accountId, since),
      (accountId, since) => passkeyStore.deleteAddedSince(accountId, since),
      (accountId, since) => totpStore.deleteAddedSince(accountId, since),
      (accountId, since) => recoveryCodes.removeMadeSince(accountId, since),
    ],
  });
  const tellOwner: TellOwner = (account, letter) => accountAlarm.tellOwner(account, letter);
  const signInMethods = new SignInMethods({
    database,
    accounts: accountStore,
    identities: identityStore,
    passkeys: passkeyStore,
    audit,
    connectorIds: () => connectors.list().map(({ id }) => id),
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
  });
  const challenges = new PasskeyChallengeStore(database);
  const ceremony = new PasskeyCeremony(config.issuer, challenges);
  const passkeys = new Passkeys({
    database,
    accounts: accountStore,
    store: passkeyStore,
    challenges,
    ceremony,
    methods: signInMethods,
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
    audit,
    tellOwner,
  });
  const passkeySignIn = new PasskeySignIn({
    accounts: accountStore,
    store: passkeyStore,
    ceremony,
    audit,
    attempts,
    devices,
  });
  const linking = new Linking({
    database,
    accounts: accountStore,
    identities: identityStore,
    methods: signInMethods,
    audit,
    store: new PendingLinkStore(database),
    sealer,
  });
  const totp = new Totp(totpStore, sealer, new URL(config.issuer).host);
  const secondFactors = new SecondFactors({
    database,
    guesses: throttle('second-factor:account', WRONG_CODES.perAccount, WRONG_CODES.windowSeconds),
    accounts: accountStore,
    roles: roleStore,
    audit,
    attempts,
    devices,
    totp,
    recoveryCodes,
    passkeys: passkeyStore,
    endEverything: (accountId) => engineStore.endEverythingOf(accountId),
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
    sealer,
    tellOwner,
  });
  const administration = new Administration({
    database,
    accounts: accountStore,
    roles: roleStore,
    passwords,
    audit,
    endEverything: (accountId) => engineStore.endEverythingOf(accountId),
    listSessions: (accountId) => engineStore.listSessions(accountId),
  });
  const passwordReset = new PasswordReset({
    database,
    accounts: accountStore,
    tokens: oneTimeTokens,
    links: mailedLinks,
    passwords,
    audit,
    sendLetter,
    tellOwner,
    issuer,
    lifeSeconds: config.resetSeconds,
    endEverything: (accountId) => engineStore.endEverythingOf(accountId),
  });
  const passwordChange = new PasswordChange({
    database,
    accounts: accountStore,
    tokens: oneTimeTokens,
    passwordSignIn,
    passwords,
    audit,
    tellOwner,
    endEverything: (accountId, besides) => engineStore.endEverythingOf(accountId, besides),
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
  });
  const signInNotices = new SignInNotices({
    database,
    accounts: accountStore,
    audit,
    auditStore: inputs.auditStore,
    tellOwner,
    perAccount: throttle('sign-in-notice', NOTICES.perAccount, NOTICES.windowSeconds),
    auditSeconds: config.auditRetentionSeconds,
  });
  const programSignIn = new ProgramSignIn({
    passwordSignIn,
    secondFactors,
    signInNotices,
    audit,
    count: inputs.countSignIn,
  });
  const emailChange = new EmailChange({
    database,
    accounts: accountStore,
    tokens: oneTimeTokens,
    links: mailedLinks,
    audit,
    sendLetter,
    tellOwner,
    issuer,
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
  });
  const ownSignUp = new SignUp({
    database,
    accounts: accountStore,
    tokens: oneTimeTokens,
    links: mailedLinks,
    passwords,
    audit,
    sendLetter,
    issuer,
    rules: signUp,
  });
  const setup = new Setup({
    database,
    accounts: accountStore,
    roles: roleStore,
    tokens: oneTimeTokens,
    passwords,
    audit,
  });

  const answerMailRequest = (request: MailRequest) =>
    request.kind === 'sign_up' ? ownSignUp.sendLink(request) : passwordReset.sendLink(request);

  return {
    accountAlarm,
    accountStore,
    administration,
    answerMailRequest,
    attempts,
    connectors,
    devices,
    linking,
    emailChange,
    identityStore,
    oneTimeTokens,
    passkeySignIn,
    passkeys,
    passwordChange,
    passwordReset,
    passwords,
    passwordSignIn,
    pendingLogins,
    programSignIn,
    roleStore,
    roles: new Roles(database, roleStore, audit),
    secondFactors,
    setup,
    signIn,
    signUp: ownSignUp,
    signInMethods,
    signInNotices,
    totp,
  };
}
