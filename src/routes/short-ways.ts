// The table of the short ways (http/short-way.ts): which questions are answered ahead of Koa and the engine, and by whom.
import { addressReader } from '../http/context.ts';
import { requestRecorder } from '../http/request-log.ts';
import { headersForPrograms } from '../http/security-headers.ts';
import { createShortWays, type Handler } from '../http/short-way.ts';
import type { Services } from '../services.ts';
import { introspectLiveTokens } from './oauth/introspect.ts';
import { issueToMachines } from './oauth/token.ts';

export function createShortWaysOf(services: Services, application: Handler): Handler {
  const { config, log, metrics } = services;
  const introspection = {
    parameters: new Set(['token', 'token_type_hint']),
    answer: introspectLiveTokens(services),
  };
  return createShortWays(
    {
      ways: new Map([
        ['/oauth/introspect', introspection],
        ['/api/verify', introspection],
        ['/oauth/token', { parameters: new Set(['grant_type', 'scope']), answer: issueToMachines(services) }],
      ]),
      headers: headersForPrograms(config.issuer),
      addressOf: addressReader(config.trustedProxies),
      record: requestRecorder(log, metrics),
    },
    application,
  );
}
