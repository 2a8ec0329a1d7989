// The scope `admin` reaches only people who administer. Whoever does not is neither asked for it nor refused because of it
// (RFC 6749 §3.3): their tokens do without. Looked at again with every token that is made: a role may have gone meanwhile.
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { ADMIN_SCOPE } from './scopes.ts';

/** What the engine knows of a person (find-account.ts). */
export interface EngineAccount {
  mayAdminister?: boolean;
}

/** The engine's grant, as far as it matters here. */
interface GrantScopes {
  getOIDCScopeFiltered: (this: GrantScopes, filter: readonly string[] | Set<string>) => string;
  getResourceScopeFiltered: (
    this: GrantScopes,
    resource: string,
    filter: readonly string[] | Set<string>,
  ) => string;
  getOIDCScopeEncountered: (this: GrantScopes) => string;
  getResourceScopeEncountered: (this: GrantScopes, resource: string) => string;
}

/** What may be asked of somebody, of what a client asks for. */
export function reaching<R extends { scopes: readonly string[] }>(
  asked: { scopes: string[]; resources: R[] },
  mayAdminister: boolean,
): { scopes: string[]; resources: R[] } {
  if (mayAdminister) return asked;
  const without = (scopes: readonly string[]) => scopes.filter((scope) => scope !== ADMIN_SCOPE);
  return {
    scopes: without(asked.scopes),
    resources: asked.resources.map((resource) => ({ ...resource, scopes: without(resource.scopes) })),
  };
}

/** Of whom the request is; nobody may. */
export function mayAdministerIn(ctx: KoaContextWithOIDC | undefined): boolean {
  return (ctx?.oidc.account as EngineAccount | undefined)?.mayAdminister === true;
}

/** No token of `provider` says `admin` of anybody else. */
export function withholdAdminScope(provider: Provider): void {
  const prototype = provider.Grant.prototype as unknown as GrantScopes;
  const { getOIDCScopeFiltered, getResourceScopeFiltered } = prototype;
  const { getOIDCScopeEncountered, getResourceScopeEncountered } = prototype;
  // Without what has no reach here.
  prototype.getOIDCScopeFiltered = function filtered(filter) {
    return inReach(getOIDCScopeFiltered.call(this, filter));
  };
  prototype.getResourceScopeFiltered = function filtered(resource, filter) {
    return inReach(getResourceScopeFiltered.call(this, resource, filter));
  };
  // With it: the engine asks again for what it has not encountered.
  prototype.getOIDCScopeEncountered = function encountered() {
    return settled(getOIDCScopeEncountered.call(this));
  };
  prototype.getResourceScopeEncountered = function encountered(resource) {
    return settled(getResourceScopeEncountered.call(this, resource));
  };
}

/** A token that is older than the end of a role does not tell of the scope either. */
export function takeOutOfReach(token: { scope?: string | undefined }, account: object): void {
  const { mayAdminister }: EngineAccount = account;
  if (!mayAdminister && token.scope !== undefined) token.scope = withoutAdmin(token.scope);
}

function inReach(scope: string): string {
  return mayAdministerIn(Provider.ctx) ? scope : withoutAdmin(scope);
}

function withoutAdmin(scope: string): string {
  return scope
    .split(' ')
    .filter((name) => name !== ADMIN_SCOPE)
    .join(' ');
}

function settled(scope: string): string {
  return mayAdministerIn(Provider.ctx) ? scope : `${scope} ${ADMIN_SCOPE}`;
}
