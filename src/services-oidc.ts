// The part of services.ts that is the protocol: keys, clients and resources, the engine built of them, and who may
// register. What runs beside it (jobs, the outbox, our own tokens) stays there.
import type { OpenThrottle } from './accounts/attempts.ts';
import type { Audit } from './audit/audit.ts';
import { addressList } from './base/addresses.ts';
import type { Database } from './base/database.ts';
import type { Logger } from './base/log.ts';
import type { News } from './base/news.ts';
import { cookieKeys, deriveKey, type Sealer } from './base/seal.ts';
import type { Config } from './config.ts';
import { pinOrigin } from './http/context.ts';
import { rememberFault } from './http/errors.ts';
import { clientNameFor, describeUserCodeFault, type ShowPage } from './http/page.ts';
import type { Metrics } from './metrics.ts';
import { createAdapterFactory } from './oidc/adapter.ts';
import { createFetchKeys } from './oidc/client-keys.ts';
import { ClientLogoStore } from './oidc/client-logo-store.ts';
import { ClientSecrets, WRONG_SECRETS } from './oidc/client-secrets.ts';
import { ClientStore } from './oidc/client-store.ts';
import { Clients } from './oidc/clients.ts';
import { createFindDefaultScope } from './oidc/default-scope.ts';
import type { EngineStore } from './oidc/engine-store.ts';
import { Engine } from './oidc/engine.ts';
import { createFindAccount, type NoteTokenUse } from './oidc/find-account.ts';
import { KeyStore } from './oidc/key-store.ts';
import { Keys } from './oidc/keys.ts';
import { Mint } from './oidc/mint.ts';
import { createPages } from './oidc/pages.ts';
import { PasswordClients } from './oidc/password-clients.ts';
import { createProvider, type ProviderInputs } from './oidc/provider.ts';
import { RefreshReplayStore } from './oidc/refresh-replay-store.ts';
import { REGISTRATIONS, Registration } from './oidc/registration.ts';
import { ResourceStore } from './oidc/resource-store.ts';
import { Resources } from './oidc/resources.ts';
import { SeenIdStore } from './oidc/seen-id-store.ts';
import type { createPeople } from './services-people.ts';

export interface OidcInputs {
  config: Config;
  database: Database;
  sealer: Sealer;
  /** Newest first. */
  secretKeys: readonly string[];
  audit: Audit;
  log: Logger;
  metrics: Metrics;
  news: News;
  throttle: OpenThrottle;
  showPage: ShowPage;
  engineStore: EngineStore;
  noteTokenUse: NoteTokenUse;
  people: Pick<ReturnType<typeof createPeople>, 'accountStore' | 'oneTimeTokens' | 'secondFactors'>;
}

export async function createOidc(inputs: OidcInputs) {
  const { config, database, sealer, secretKeys, audit, log, metrics, news, throttle } = inputs;
  const { showPage, engineStore, people } = inputs;
  const { accountStore, oneTimeTokens, secondFactors } = people;

  const resourceStore = new ResourceStore(database);
  const findResource = (identifier: string) => resourceStore.find(identifier);
  const findResourceScopes = (names: readonly string[]) => resourceStore.findScopes(names);

  const keyStore = new KeyStore(database, sealer);
  const keys = new Keys(database, keyStore, audit);
  const seenIds = new SeenIdStore(database);
  const clientStore = new ClientStore(database, sealer, news);
  const clientLogos = new ClientLogoStore(database);
  const { windowSeconds, perClient, perAddress } = WRONG_SECRETS;
  const clientSecrets = new ClientSecrets({
    perClient: throttle('client-secret:client', perClient, windowSeconds),
    perAddress: throttle('client-secret:address', perAddress, windowSeconds),
  });
  const refreshReplays = new RefreshReplayStore(database, sealer);
  const needsSecondFactor = (accountId: string) => secondFactors.isAsked(accountId);
  const providerInputs: Omit<ProviderInputs, 'jwks'> = {
    config,
    adapter: createAdapterFactory({
      database,
      sealer,
      clientStore,
      issuer: config.issuer,
      originOf: () => audit.origin,
    }),
    findAccount: createFindAccount(accountStore, news, inputs.noteTokenUse, needsSecondFactor),
    findResource,
    needsSecondFactor,
    cookieKeys: cookieKeys(secretKeys),
    dpopNonceSecret: deriveKey(secretKeys, 'dpop-nonce'),
    fetchKeys: createFetchKeys(addressList(config.jwksUriNetworks), log),
    pages: createPages({
      show: showPage,
      describe: describeUserCodeFault,
      findName: async (id) => (await accountStore.find(id))?.name,
      nameClient: clientNameFor,
    }),
    audit,
    database,
    replays: refreshReplays,
    clientSecrets,
    findAddress: () => audit.origin.address,
    findFreshSecret: async (clientId) => (await clientStore.findFresh(clientId))?.secret,
    log,
    isFirstUse: (issuer, id, expiresAtSeconds) => seenIds.isFirst(issuer, id, expiresAtSeconds),
    notePoll: (deviceCode) => engineStore.notePoll(deviceCode),
    count: (outcome, grantType) => metrics.countToken(outcome, grantType),
  };
  const engine = await Engine.start({ keys, news, log }, (list) => {
    const provider = createProvider({ ...providerInputs, jwks: list.map(({ jwk }) => jwk) });
    pinOrigin(provider, config.issuer);
    provider.on('server_error', rememberFault);
    return provider;
  });
  const clients = new Clients({
    database,
    store: clientStore,
    logos: clientLogos,
    audit,
    validate: (metadata) => engine.provider.Client.validate(metadata as never),
    endTokensOf: (clientId) => engineStore.endTokensOf(clientId),
    leaveTokensOf: (clientId) => engineStore.leaveTokensOf(clientId),
    findResourceScopes,
  });
  const resources = new Resources({
    database,
    store: resourceStore,
    audit,
    issuer: config.issuer,
    isClient: async (id) => (await clientStore.find(id)) !== undefined,
  });
  const registration = new Registration({
    policy: config.registration,
    database,
    clients,
    tokens: oneTimeTokens,
    audit,
    findResourceScopes,
    listGivenNames: () => clientStore.listGivenNames(),
    perAddress: throttle('registration:address', REGISTRATIONS.perAddress, REGISTRATIONS.windowSeconds),
  });

  const mint = new Mint({
    database,
    accounts: accountStore,
    audit,
    count: (outcome, by) => metrics.countToken(outcome, by),
    getProvider: () => engine.provider,
    ttl: config.ttl,
    endOldestGrantsOf: (accountId, clientId, kept) =>
      engineStore.endOldestGrantsOf(accountId, clientId, kept),
  });

  return {
    clientLogos,
    clients,
    clientSecrets,
    clientStore,
    engine,
    findDefaultScope: createFindDefaultScope(clientStore, resourceStore),
    findResource,
    keys,
    keyStore,
    mint,
    passwordClients: new PasswordClients(clientStore, config),
    refreshReplays,
    registration,
    resources,
    resourceStore,
  };
}
