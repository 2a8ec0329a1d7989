// RFC 8707 as the engine asks for it: which resources there are, what a client may do there, and whether a token that names
// an audience is still one. A resource that nobody knows is `invalid_target`.
import { errors, Provider, type Client, type Configuration, type ResourceServer } from 'oidc-provider';
import { signingAlgorithmOf } from './jwt-access-tokens.ts';
import type { SigningAlgorithm } from './keys.ts';
import { apiResourceOf, type Resource } from './resource.ts';
import { OWN_SCOPES, scopesOf } from './scopes.ts';

type Settings = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

export interface Indicators {
  issuer: string;
  /** Those of the table. */
  findResource: (identifier: string) => Promise<Resource | undefined>;
}

/** What a request asks for. */
export interface Asked {
  /** Scopes of ours, whatever the resource. */
  scopes: string[];
  resources: { identifier: string; name: string; scopes: string[] }[];
}

export function createResourceIndicators(indicators: Indicators): Settings {
  return {
    enabled: true,
    getResourceServerInfo: async (_ctx, identifier, client) => {
      const found = await findServer(indicators, identifier, client);
      if (!found) throw new errors.InvalidTarget('this resource is not registered here');
      return found.server;
    },
    // What the person allowed once is asked for from then on.
    useGrantedResource: () => true,
  };
}

/** What a client asks for, as far as it is registered for it; `resource` as it stands in a request. */
export async function askedBy(
  client: Client,
  { scope, resource }: { scope?: unknown; resource?: unknown },
  indicators: Indicators,
): Promise<Asked> {
  const wanted = [...scopesOf(String(scope ?? ''))];
  const registered = registeredScopesOf(client);
  const resources: Asked['resources'] = [];
  for (const identifier of resource === undefined ? [] : [resource].flat().map(String)) {
    const found = await findServer(indicators, identifier, client);
    const known = scopesOf(found?.server.scope);
    if (found) {
      resources.push({ identifier, name: found.name, scopes: wanted.filter((name) => known.has(name)) });
    }
  }
  const scopes = wanted.filter((name) => OWN_SCOPES.has(name) && registered.has(name));
  return { scopes, resources };
}

export function allScopesOf({ scopes, resources }: Asked): string[] {
  return [...new Set([...scopes, ...resources.flatMap((resource) => resource.scopes)])];
}

interface Bound {
  aud?: string;
  iat: number;
}

interface Model {
  find(value: string, options?: object): Promise<Bound | undefined>;
}

/**
 * A token lives while its audience does: we, or a resource that has been there since the token was issued. Our userinfo is
 * a part of our API; the engine's own takes no token that has an audience.
 */
export function heedAudiences(provider: Provider, { issuer, findResource }: Indicators): void {
  const api = apiResourceOf(issuer);
  for (const model of [provider.AccessToken, provider.ClientCredentials] as unknown as Model[]) {
    const find = model.find.bind(model);
    model.find = async (value, options) => {
      const token = await find(value, options);
      if (!token?.aud) return token;
      if (token.aud === api) {
        if (Provider.ctx?.oidc.route === 'userinfo') delete token.aud;
        return token;
      }
      const resource = await findResource(token.aud);
      return resource && token.iat * 1000 >= resource.acceptedSince.getTime() ? token : undefined;
    };
  }
}

async function findServer(
  { issuer, findResource }: Indicators,
  identifier: string,
  client: Client,
): Promise<{ server: ResourceServer; name: string } | undefined> {
  const registered = registeredScopesOf(client);
  if (identifier === apiResourceOf(issuer)) {
    const scopes = [...OWN_SCOPES].filter((name) => registered.has(name));
    const server = serverOf(identifier, scopes, signingAlgorithmOf(client));
    return { server, name: 'Portaria' };
  }
  const resource = await findResource(identifier);
  if (!resource) return undefined;
  const { accessTokenTtlSeconds, name, scope, signingAlgorithm, tokenFormat } = resource;
  const scopes = [...scopesOf(scope)].filter((known) => registered.has(known));
  const server = serverOf(identifier, scopes, tokenFormat === 'jwt' ? signingAlgorithm : undefined);
  return { server: { ...server, accessTokenTTL: accessTokenTtlSeconds }, name };
}

/** To the engine every token is opaque; the algorithm says to jwt-access-tokens.ts whether it is a JWT. */
function serverOf(audience: string, scopes: string[], algorithm: string | undefined): ResourceServer {
  return {
    audience,
    scope: scopes.join(' '),
    accessTokenFormat: 'opaque',
    ...(algorithm && { jwt: { sign: { alg: algorithm as SigningAlgorithm } } }),
  };
}

function registeredScopesOf(client: Client): Set<string> {
  return scopesOf(`${client.scope ?? ''} ${String(client['resource_scope'] ?? '')}`);
}
