// Builds the engine: our configuration, our wrappers around its grants, our listeners. One provider holds one
// generation of signing keys.
import { Provider } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import { createConfiguration, type ConfigurationInputs } from './configuration.ts';
import { wrapRefreshToken, type GrantHandler } from './grants/refresh-token.ts';
import { listen, type CountTokenEvent } from './listeners.ts';

export interface ProviderInputs extends ConfigurationInputs {
  audit: Audit;
  count: CountTokenEvent;
}

/** Grants that do more than the engine's own. */
const GRANT_WRAPPERS: Record<string, (handler: GrantHandler, audit: Audit) => GrantHandler> = {
  refresh_token: wrapRefreshToken,
};

export function createProvider(inputs: ProviderInputs): Provider {
  // The engine registers its own grants through this method, while it is being built.
  class PortariaProvider extends Provider {
    override registerGrantType(
      name: string,
      handler: unknown,
      parameters?: string[],
      duplicates?: string[],
    ): void {
      const wrap = GRANT_WRAPPERS[name];
      const grant = handler as GrantHandler;
      super.registerGrantType(name, wrap ? wrap(grant, inputs.audit) : grant, parameters, duplicates);
    }
  }
  const provider = new PortariaProvider(inputs.config.issuer, createConfiguration(inputs));
  listen(provider, inputs.audit, inputs.count);
  return provider;
}
