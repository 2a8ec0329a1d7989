// Builds the engine: our configuration, our wrappers around its grants, our listeners. One provider holds one
// generation of signing keys.
import { Provider, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import { isSameText } from '../base/crypto.ts';
import { createJwtSigner } from './access-token-format.ts';
import type { Database } from '../base/database.ts';
import { forgetStaleKeys } from './client-keys.ts';
import { createConfiguration, type ConfigurationInputs } from './configuration.ts';
import { DEVICE_CODE_GRANT } from './client.ts';
import { wrapDeviceCode, type NotePoll } from './grants/device-code.ts';
import type { GrantHandler } from './grants/grant-handler.ts';
import { wrapRefreshToken } from './grants/refresh-token.ts';
import { issueJwtAccessTokens } from './jwt-access-tokens.ts';
import { JWKS_MAX_AGE_SECONDS } from './keys.ts';
import { reuseWindowSeconds } from './lifetimes.ts';
import { heedAudiences } from './resource-indicators.ts';
import { listen, type CountTokenEvent, type OnRefusedAddress } from './listeners.ts';
import type { RefreshReplayStore } from './refresh-replay-store.ts';

/** True once for an id of an issuer; remembers it until the given second of the epoch at least. */
export type IsFirstUse = (issuer: string, id: string, expiresAtSeconds: number) => Promise<boolean>;

const SCOPE = Symbol('scope');

export interface ProviderInputs extends ConfigurationInputs {
  audit: Audit;
  database: Database;
  replays: RefreshReplayStore;
  count: CountTokenEvent;
  notePoll: NotePoll;
  onRefusedAddress: OnRefusedAddress;
  /** The secret of a client as it is stored now. */
  findFreshSecret: (clientId: string) => Promise<string | undefined>;
  isFirstUse: IsFirstUse;
}

export function createProvider(inputs: ProviderInputs): Provider {
  const wrap = (name: string, grant: GrantHandler): GrantHandler => {
    if (name === 'refresh_token')
      return wrapRefreshToken(grant, {
        ...inputs,
        windowSeconds: (client) => reuseWindowSeconds(inputs.config.ttl, client),
      });
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
  // A client is remembered for a moment: before a secret is wrong, it is compared with the one that is stored now.
  provider.Client.prototype.compareClientSecret = async function compareClientSecret(this: Client, actual) {
    if (this.clientSecret !== undefined && isSameText(actual, this.clientSecret)) return true;
    const fresh = await inputs.findFreshSecret(this.clientId);
    return fresh !== undefined && isSameText(actual, fresh);
  };
  const { issuer } = inputs.config;
  issueJwtAccessTokens(provider, { issuer, signJwt: createJwtSigner(inputs.jwks) });
  heedAudiences(provider, { issuer, findResource: inputs.findResource });
  // To the engine a client without scopes may have any. Here it may have none.
  Object.defineProperty(provider.Client.prototype, 'scope', {
    get(this: { [SCOPE]?: string }) {
      return this[SCOPE] ?? ' ';
    },
    set(this: { [SCOPE]?: string }, scope: string | undefined) {
      this[SCOPE] = scope;
    },
  });
  // Others may remember our keys this long; a new one is published longer than that before it signs (keys.ts).
  provider.use(async (ctx, next) => {
    await next();
    if ((ctx as KoaContextWithOIDC).oidc?.route === 'jwks')
      ctx.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
  });
  const findClient = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const client = await findClient(id);
    forgetStaleKeys(client);
    return client;
  };
  // The engine would look first and write then, at the end of the request: two at once would both be first.
  Object.assign(provider.ReplayDetection, { unique: inputs.isFirstUse });
  listen(provider, inputs.audit, inputs.count, inputs.onRefusedAddress);
  return provider;
}
