// What an authorization request asks for that names no scope (RFC 6749 §3.3).
import type { ClientStore } from './client-store.ts';
import type { ResourceStore } from './resource-store.ts';
import { ownScopesOf, scopesOf } from './scopes.ts';

const DEFAULT_SCOPE = 'read';

/** What the client is registered for at the resources that it names; else `read`; else all of ours that it has. */
export function createFindDefaultScope(clients: ClientStore, resources: ResourceStore) {
  return async (clientId: string, identifiers: readonly string[]): Promise<string> => {
    const scope = (await clients.find(clientId))?.metadata.scope;
    const registered = scopesOf(scope);
    const named = await Promise.all(identifiers.map((identifier) => resources.find(identifier)));
    const there = new Set(named.flatMap((resource) => [...scopesOf(resource?.scope)]));
    const shared = [...there].filter((name) => registered.has(name));
    if (shared.length > 0) return shared.join(' ');
    return registered.has(DEFAULT_SCOPE) ? DEFAULT_SCOPE : [...ownScopesOf(scope)].join(' ');
  };
}
