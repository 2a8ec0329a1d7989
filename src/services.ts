// The only constructor calls, by hand, in the order of who needs whom: that each is a `const` above its use proves that
// there is no circle. Nothing here listens or starts a clock.
import { join } from 'node:path';
import { AuditStore } from './audit/audit-store.ts';
import { Audit } from './audit/audit.ts';
import { addressList } from './base/addresses.ts';
import type { Database } from './base/database.ts';
import type { Logger } from './base/log.ts';
import { Mailer } from './base/mail.ts';
import { News } from './base/news.ts';
import { PasswordHasher } from './base/password.ts';
import { Readiness } from './base/readiness.ts';
import { connectRedis } from './base/redis.ts';
import { ResealStore } from './base/reseal-store.ts';
import { Reseal } from './base/reseal.ts';
import { assertMigrated } from './base/schema-store.ts';
import { Sealer, cookieKeys } from './base/seal.ts';
import { Throttle } from './base/throttle.ts';
import { cores, type Config } from './config.ts';
import { DEVICE_CODES } from './http/device-code-limit.ts';
import { DeviceCookie } from './http/known-device.ts';
import { createSendLetter } from './http/letters.ts';
import { createShowPage } from './http/page.ts';
import { PasskeyDoors } from './http/passkey-doors.ts';
import { createRenderer } from './http/render.ts';
import { FormTokens } from './http/same-origin.ts';
import { SignInEnd } from './http/sign-in-end.ts';
import { UserCodeLimit } from './http/user-code-limit.ts';
import { Jobs, listJobs } from './jobs.ts';
import { Metrics } from './metrics.ts';
import { engineSealedColumns } from './oidc/adapter-rows.ts';
import { BACKCHANNEL_LOGOUT, createBackchannelLogout } from './oidc/backchannel-logout.ts';
import { EngineStore } from './oidc/engine-store.ts';
import { apiResourceOf } from './oidc/resource.ts';
import { createDoRequest, createPutOff, MAIL_REQUEST } from './outbox/mail-requests.ts';
import { createPostMail, createSendMail, MAIL } from './outbox/mails.ts';
import { OutboxStore } from './outbox/outbox-store.ts';
import { Outbox } from './outbox/outbox.ts';
import { PollingSessionStore } from './polling/polling-session-store.ts';
import { POLLING, PollingSessions } from './polling/polling-sessions.ts';
import { createAccountPages } from './services-account.ts';
import { createListeners } from './services-listeners.ts';
import { createOidc } from './services-oidc.ts';
import { createPeople } from './services-people.ts';
import { BearerStore } from './tokens/bearer-store.ts';
import { Bearers } from './tokens/bearer.ts';
import { PersonalTokenStore } from './tokens/personal-token-store.ts';
import { PersonalTokenUses } from './tokens/personal-token-uses.ts';
import { PersonalTokens } from './tokens/personal-tokens.ts';
import { ServiceTokenStore } from './tokens/service-token-store.ts';
import { ServiceTokens } from './tokens/service-tokens.ts';
import { TokenCopies } from './tokens/token-copies.ts';

export type Services = Awaited<ReturnType<typeof createServices>>;

export interface Foundations {
  config: Config;
  database: Database;
  /** Newest first. */
  secretKeys: readonly string[];
  log: Logger;
}

/** The schema has to be up to date. Makes the signing keys and the built-in rows when they are missing. */
export async function createServices({ config, database, secretKeys, log }: Foundations) {
  const metrics = new Metrics();
  const sealer = new Sealer(secretKeys, 'storage');
  const auditStore = new AuditStore(database);
  const audit = new Audit(auditStore);
  const hasher = new PasswordHasher({ jobs: Math.max(1, Math.floor((cores - 1) / config.workers)) });
  const news = new News({ connect: () => database.openConnection(), log });
  database.onAnnounced(() => news.caughtUp());

  const redis = config.redisUrl === undefined ? undefined : connectRedis(config.redisUrl, log);
  const throttle = (name: string, limit: number, windowSeconds: number) =>
    new Throttle({ database, redis, name, limit, windowSeconds });

  const pollingSessionStore = new PollingSessionStore(database);
  const engineStore = new EngineStore(database, [(accountId) => pollingSessionStore.endOf(accountId)]);
  const copies = redis && new TokenCopies(redis, sealer.for('token-copies'));
  const personalTokenStore = new PersonalTokenStore(database);
  const personalTokenUses = new PersonalTokenUses(personalTokenStore);
  const bearers = new Bearers(
    new BearerStore(database, apiResourceOf(config.issuer)),
    news,
    (token) => personalTokenUses.note(token),
    copies,
  );

  const mailer = new Mailer({ ...config.mail, outbox: join(config.dataDir, 'outbox'), log });
  const outboxStore = new OutboxStore(database, sealer);
  const sendLetter = createSendLetter({ issuer: config.issuer, post: createPostMail(outboxStore) });

  const people = createPeople({
    config,
    database,
    sealer,
    audit,
    auditStore,
    hasher,
    secretKeys,
    throttle,
    engineStore,
    putOff: createPutOff(outboxStore, audit),
    sendLetter,
    countSiege: (of) => metrics.countSiege(of),
    countSignIn: (outcome, method) => metrics.countSignIn(outcome, method),
  });
  const { accountStore, linking, oneTimeTokens, pendingLogins } = people;

  const showPage = createShowPage(createRenderer({ issuer: config.issuer }));
  const deviceCookie = new DeviceCookie(people.devices, accountStore, config.issuer);
  const signers = cookieKeys(secretKeys);
  const formTokens = new FormTokens(signers);

  const oidc = await createOidc({
    config,
    database,
    sealer,
    secretKeys,
    audit,
    log,
    metrics,
    news,
    throttle,
    showPage,
    engineStore,
    noteTokenUse: (token) => personalTokenUses.noteOf(token),
    people,
  });
  const { clients, clientStore, engine, keys, keyStore, refreshReplays, registration, resourceStore } = oidc;
  const personalTokens = new PersonalTokens({
    database,
    store: personalTokenStore,
    accounts: accountStore,
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
    getProvider: () => engine.provider,
    audit,
    tellOwner: (account, letter) => people.accountAlarm.tellOwner(account, letter),
    sendLetter,
    issuer: config.issuer,
  });
  const pollingSessions = new PollingSessions({
    database,
    store: pollingSessionStore,
    accounts: accountStore,
    findClient: (id) => clientStore.find(id),
    findDefaultScope: oidc.findDefaultScope,
    mint: oidc.mint,
    getProvider: () => engine.provider,
    isUnderWay: (accountId, uid) => engineStore.isUnderWay(accountId, uid),
    perAddress: throttle('polling:address', POLLING.perAddress, POLLING.windowSeconds),
    lifeSeconds: config.ttl.deviceSeconds,
    audit,
    count: (event) => metrics.countPolling(event),
  });
  const accountPages = createAccountPages({
    database,
    audit,
    auditStore,
    engineStore,
    formTokens,
    people,
    getProvider: () => engine.provider,
    listPersonalTokens: (accountId) => personalTokens.list(accountId),
  });
  const passkeyDoors = new PasskeyDoors({ ...people, deviceCookie, metrics });
  const signInEnd = new SignInEnd({
    getProvider: () => engine.provider,
    secondFactors: people.secondFactors,
    linking,
    deviceCookie,
    metrics,
    signInNotices: people.signInNotices,
  });
  const outbox = new Outbox({
    database,
    store: outboxStore,
    audit,
    log,
    retrySeconds: config.outbox.retrySeconds,
    count: (kind, outcome) => metrics.countMessage(kind, outcome),
    senders: {
      [BACKCHANNEL_LOGOUT]: createBackchannelLogout({
        findClient: (id) => clientStore.find(id),
        getProvider: () => engine.provider,
        allowed: addressList(config.outbox.networks),
      }),
      [MAIL]: createSendMail(mailer),
      [MAIL_REQUEST]: createDoRequest({ audit, log, answer: people.answerMailRequest }),
    },
  });
  news.hear('outbox', () => outbox.wake());
  metrics.watchOutbox(() => outboxStore.count());
  const serviceTokens = new ServiceTokens({
    database,
    store: new ServiceTokenStore(database),
    clients,
    audit,
    getProvider: () => engine.provider,
  });

  // Signing keys last: every start opens them, and says what is missing when the older key was taken out too early.
  const reseal = new Reseal(new ResealStore(database), [
    clientStore.sealed,
    pendingLogins.sealed,
    linking.sealed,
    people.totp.sealed,
    outboxStore.sealed,
    ...engineSealedColumns(sealer),
    refreshReplays.sealed,
    keyStore.sealed,
  ]);

  const readiness = new Readiness({
    database: () => database.ping(),
    migrations: () => assertMigrated(database),
    keys: () => keys.assertPresent(),
  });
  const { passwordClients } = oidc;
  const listened = {
    config,
    bearers,
    engineStore,
    log,
    metrics,
    news,
    passwordClients,
    pollingSessions,
    readiness,
  };
  const listeners = createListeners(listened);
  const jobs = new Jobs(
    database,
    log,
    listJobs({
      authSockets: listeners.authSockets,
      auditStore,
      clientStore,
      config,
      database,
      engine,
      engineStore,
      keys,
      linking,
      oneTimeTokens,
      outbox,
      passkeys: people.passkeys,
      pendingLogins,
      personalTokens,
      personalTokenUses,
      pollingSessionStore,
      refreshReplays,
      registration,
      resourceStore,
    }),
  );

  return {
    ...people,
    ...oidc,
    ...accountPages,
    ...listeners,
    adminCalls: throttle('admin-calls', 600, 60),
    audit,
    auditStore,
    bearers,
    /** Lets go of what holds the process; the database belongs to whoever opened it. */
    async close() {
      await news.close();
      await outbox.close();
      await mailer.close();
      bearers.close();
      redis?.disconnect();
      await hasher.close();
    },
    config,
    cookieKeys: signers,
    database,
    deviceCodes: throttle('device-code:address', DEVICE_CODES.perAddress, DEVICE_CODES.windowSeconds),
    deviceCookie,
    engineStore,
    formTokens,
    jobs,
    log,
    metrics,
    news,
    outbox,
    passkeyDoors,
    personalTokens,
    personalTokenUses,
    pollingSessions,
    pollingSessionStore,
    /** The one of now: keys rotate, so ask each time and hold it no longer than a request. */
    get provider() {
      return engine.provider;
    },
    readiness,
    reseal,
    serviceTokens,
    showPage,
    signInEnd,
    userCodeLimit: new UserCodeLimit(throttle),
  };
}
