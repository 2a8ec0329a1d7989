// Who is asked, and what an answer becomes. A first-party web client is trusted with what it asks for; native and
// third-party clients are confirmed by the person every time (RFC 8252 §8.6, RFC 9700 §4.14). For a device that is after
// the page with its code: the one page says which device, this one what it may do and in whose name.
import type { Client, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { mayAdministerIn, reaching } from './admin-scope.ts';
import { grantSeconds, maxAgeSeconds, type Lifetimes } from './lifetimes.ts';
import { scopesOf } from './scopes.ts';

/** What a person allows at one resource (RFC 8707). */
export interface ResourceScopes {
  identifier: string;
  scopes: readonly string[];
}

/** Where a request keeps which grant its session had for the client. */
const SESSION_GRANT = 'sessionGrant';

/** The engine's `loadExistingGrant`: what this request may rely on without a page of consent. */
export async function loadGrant(ctx: KoaContextWithOIDC, ttl: Lifetimes): Promise<Grant | undefined> {
  const { client, result, session } = ctx.oidc;
  if (!client || !session?.accountId) return undefined;
  if (isDeviceFlow(ctx)) ctx.state[SESSION_GRANT] = session.grantIdFor(client.clientId);
  if (result?.consent?.grantId) return findGrantOf(ctx, result.consent.grantId);
  if (mustConfirm(ctx)) return undefined;
  return grantScopes(ctx.oidc.provider, {
    // Two machines that sign in by device code must not share a grant: ending one would end the other.
    grantId: isDeviceFlow(ctx) ? undefined : session.grantIdFor(client.clientId),
    accountId: session.accountId,
    client,
    ...reaching(askedOf(ctx), mayAdministerIn(ctx)),
    ttl,
  });
}

/**
 * Once a device is approved. The engine has noted the device's grant in the browser's session, as the one that the client
 * has there; but the device has no part in the session, and what is bound to the session stands on the grant of before.
 */
export function restoreSessionGrant(ctx: KoaContextWithOIDC): void {
  const { client, session } = ctx.oidc;
  if (!client || !session) return;
  const before = ctx.state[SESSION_GRANT] as string | undefined;
  if (before !== undefined) session.grantIdFor(client.clientId, before);
  else delete session.authorizations?.[client.clientId]?.grantId;
}

/** The engine has checked by now which of its own scopes the client may have, and knows the resources. */
function askedOf(ctx: KoaContextWithOIDC): { scopes: string[]; resources: ResourceScopes[] } {
  const { requestParamOIDCScopes, requestParamScopes, resourceServers } = ctx.oidc as typeof ctx.oidc & {
    requestParamOIDCScopes: ReadonlySet<string>;
  };
  const resources = Object.entries(resourceServers ?? {}).map(([identifier, server]) => ({
    identifier,
    scopes: [...requestParamScopes].filter((scope) => server.scopes.has(scope)),
  }));
  return { scopes: [...requestParamOIDCScopes], resources };
}

/** Adds scopes to the grant of that id when it is still alive and of the same person and client; else makes one. */
export async function grantScopes(
  provider: Provider,
  wanted: {
    grantId: string | undefined;
    accountId: string;
    client: Client;
    scopes: readonly string[];
    resources: readonly ResourceScopes[];
    ttl: Lifetimes;
  },
): Promise<Grant> {
  const { accountId, client, ttl } = wanted;
  const { clientId } = client;
  const existing = wanted.grantId ? await provider.Grant.find(wanted.grantId) : undefined;
  const isOurs = existing?.accountId === accountId && existing.clientId === clientId;
  const grant = isOurs ? existing : new provider.Grant({ accountId, clientId });
  const granted = scopesOf(isOurs ? grant.getOIDCScope() : '');
  const missing = wanted.scopes.filter((scope) => !granted.has(scope));
  let isGrowing = missing.length > 0;
  if (isGrowing) grant.addOIDCScope(missing.join(' '));
  for (const { identifier, scopes } of wanted.resources) {
    const known = scopesOf(grant.getResourceScope(identifier));
    const missingThere = scopes.filter((scope) => !known.has(scope));
    if (missingThere.length === 0) continue;
    grant.addResourceScope(identifier, missingThere.join(' '));
    isGrowing = true;
  }
  const now = Math.floor(Date.now() / 1000);
  // A chain of refreshes that begins now must not end before its time.
  const isAging = grant.exp === undefined || grant.exp - now < maxAgeSeconds(ttl, client);
  if (isGrowing || isAging) {
    grant.exp = now + grantSeconds(ttl, client);
    await grant.save();
  }
  return grant;
}

async function findGrantOf(ctx: KoaContextWithOIDC, grantId: string): Promise<Grant | undefined> {
  const grant = await ctx.oidc.provider.Grant.find(grantId);
  const isOurs =
    grant?.accountId === ctx.oidc.session?.accountId && grant?.clientId === ctx.oidc.client?.clientId;
  return isOurs ? grant : undefined;
}

/** Whether the person confirms this client each time (interaction-policy.ts). */
export function mustConfirm(ctx: KoaContextWithOIDC): boolean {
  const client = ctx.oidc.client;
  if (!client || ctx.oidc.params?.response_type === 'none') return false;
  const isFirstParty = client['first_party'] === true;
  return !isFirstParty || client.applicationType === 'native';
}

/** Only the device flow has a device code to go back to. */
function isDeviceFlow(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.params?.response_type === undefined;
}
