// The part of services.ts that is about what listens ahead of the application: GET /api/verify, terminals that wait, and
// WebSockets.
import { randomUUID } from 'node:crypto';
import type { Logger } from './base/log.ts';
import type { News } from './base/news.ts';
import type { Readiness } from './base/readiness.ts';
import type { Config } from './config.ts';
import { AUTH_SOCKET_PATH, AuthSockets } from './http/auth-sockets.ts';
import { addressReader } from './http/context.ts';
import { requestRecorder } from './http/request-log.ts';
import { headersForPrograms } from './http/security-headers.ts';
import type { Metrics } from './metrics.ts';
import type { EngineStore } from './oidc/engine-store.ts';
import type { PasswordClients } from './oidc/password-clients.ts';
import { createPollListener } from './polling/poll-listener.ts';
import type { PollingSessions } from './polling/polling-sessions.ts';
import type { Bearers } from './tokens/bearer.ts';
import { createVerifyListener } from './tokens/verify-listener.ts';

export interface ListenersInputs {
  config: Config;
  bearers: Bearers;
  engineStore: EngineStore;
  log: Logger;
  metrics: Metrics;
  news: News;
  passwordClients: PasswordClients;
  pollingSessions: PollingSessions;
  readiness: Readiness;
}

export function createListeners(inputs: ListenersInputs) {
  const { config, bearers, engineStore, log, metrics, news, passwordClients, readiness } = inputs;
  const record = requestRecorder(log, metrics);
  const opening = { method: 'GET', route: AUTH_SOCKET_PATH, seconds: 0 };
  const authSockets = new AuthSockets({
    addressOf: addressReader(config.trustedProxies),
    mayOpen: (origin) => passwordClients.isKnownOrigin(origin),
    isDraining: () => readiness.isDraining,
    observe: (ip, status) => record({ ...opening, requestId: randomUUID(), status, ip }),
    bearers,
    news,
    findLivingGrants: (digests) => engineStore.findLivingGrants(digests),
  });
  metrics.watchSockets(() => authSockets.size);
  return {
    authSockets,
    pollListener: createPollListener({
      sessions: inputs.pollingSessions,
      headers: headersForPrograms(config.issuer),
      observe: (seconds) => metrics.observeRequest('/api/auth/get-session', 200, seconds),
    }),
    verifyListener: createVerifyListener({
      bearers,
      corsOrigins: config.corsOrigins,
      observe: (status, seconds) => metrics.observeRequest('/api/verify', status, seconds),
      onFault: (error, requestId) => log.error({ err: error, requestId }, 'verify failed'),
    }),
  };
}
