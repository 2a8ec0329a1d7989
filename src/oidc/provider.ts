// Builds the engine: our configuration, our wrappers around its grants, our listeners. One provider holds one
// generation of signing keys.
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import type { Logger } from '../base/log.ts';
import { createJwtSigner } from './access-token-format.ts';
import { withholdAdminScope } from './admin-scope.ts';
import { mendClients, type ClientModelInputs } from './client-model.ts';
import { DEVICE_CODE_GRANT } from './client.ts';
import { createConfiguration, type ConfigurationInputs } from './configuration.ts';
import { wrapClientCredentials } from './grants/client-credentials.ts';
import { wrapDeviceCode, type NotePoll } from './grants/device-code.ts';
import type { GrantHandler } from './grants/grant-handler.ts';
import { OWN_DOOR, passOwnDoor } from './grants/own-door.ts';
import { wrapRefreshToken } from './grants/refresh-token.ts';
import { nameAuthenticationContext } from './interaction-policy.ts';
import { issueJwtAccessTokens } from './jwt-access-tokens.ts';
import { JWKS_MAX_AGE_SECONDS } from './keys.ts';
import { reuseWindowSeconds } from './lifetimes.ts';
import { listen, type CountTokenEvent } from './listeners.ts';
import type { RefreshReplayStore } from './refresh-replay-store.ts';
import { heedAudiences } from './resource-indicators.ts';

/** True once for an id of an issuer; remembers it until the given second of the epoch at least. */
export type IsFirstUse = (issuer: string, id: string, expiresAtSeconds: number) => Promise<boolean>;

export interface ProviderInputs extends ConfigurationInputs, ClientModelInputs {
  audit: Audit;
  database: Database;
  replays: RefreshReplayStore;
  count: CountTokenEvent;
  notePoll: NotePoll;
  log: Logger;
  isFirstUse: IsFirstUse;
}

export function createProvider(inputs: ProviderInputs): Provider {
  const wrap = (name: string, grant: GrantHandler): GrantHandler => {
    if (name === 'refresh_token')
      return wrapRefreshToken(grant, {
        ...inputs,
        windowSeconds: (client) => reuseWindowSeconds(inputs.config.ttl, client),
      });
    if (name === 'client_credentials') return wrapClientCredentials(grant, inputs.findResource);
    return name === DEVICE_CODE_GRANT ? wrapDeviceCode(grant, inputs.notePoll) : grant;
  };
  // The engine registers its own grants through this method, while it is being built.
  class PortariaProvider extends Provider {
    override registerGrantType(
      name: string,
      handler: unknown,
      parameters?: string[],
      duplicates?: string[],
    ): void {
      super.registerGrantType(name, wrap(name, handler as GrantHandler), parameters, duplicates);
    }
  }
  const provider = new PortariaProvider(inputs.config.issuer, createConfiguration(inputs));
  provider.registerGrantType(OWN_DOOR, passOwnDoor);
  const { issuer } = inputs.config;
  mendClients(provider, inputs);
  issueJwtAccessTokens(provider, { issuer, signJwt: createJwtSigner(inputs.jwks) });
  withholdAdminScope(provider);
  nameAuthenticationContext(provider);
  heedAudiences(provider, { issuer, findResource: inputs.findResource });
  provider.use(async (ctx, next) => {
    await next();
    const { route } = (ctx as KoaContextWithOIDC).oidc ?? {};
    // Others may remember our keys this long; a new one is published longer than that before it signs (keys.ts).
    if (route === 'jwks') ctx.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
    if (route === 'discovery') leaveOutOwnDoor(ctx.body as { grant_types_supported: string[] });
  });
  // The engine would look first and write then, at the end of the request: two at once would both be first.
  Object.assign(provider.ReplayDetection, { unique: inputs.isFirstUse });
  listen(provider, inputs.audit, inputs.count, inputs.log);
  return provider;
}

function leaveOutOwnDoor(metadata: { grant_types_supported: string[] }): void {
  metadata.grant_types_supported = metadata.grant_types_supported.filter((type) => type !== OWN_DOOR);
}
