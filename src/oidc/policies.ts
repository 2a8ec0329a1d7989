// Who may do what with a token: the small yes-or-no questions that the engine asks.
import type { AccessToken, AuthorizationCode, Client, ClientCredentials, DeviceCode } from 'oidc-provider';
import type { KoaContextWithOIDC, RefreshToken } from 'oidc-provider';
import { PERSONAL_TOKEN_CLIENT_ID } from './client.ts';
import type { Resource } from './resource.ts';
import { OFFLINE_PARAMETER, scopesOf } from './scopes.ts';

type Token = AccessToken | ClientCredentials | RefreshToken;

/** Who asks about which token; audiences are resources (RFC 8707). */
export interface IntrospectionCase {
  client: { id: string; mayIntrospectAll: boolean };
  token: {
    clientId: string | undefined;
    isRefreshToken: boolean;
    audience: string | undefined;
    /** The client that the audience belongs to. */
    audienceOwnerId: string | undefined;
  };
}

/**
 * RFC 7662 §4: a client learns of its own tokens and of those for a resource of its own; with `introspect` of every access
 * token that names no audience; of another's refresh tokens never.
 */
export function mayKnowToken({ client, token }: IntrospectionCase): boolean {
  if (token.clientId === client.id) return true;
  if (token.isRefreshToken) return false;
  return token.audience === undefined ? client.mayIntrospectAll : token.audienceOwnerId === client.id;
}

/** The engine's question, before it answers an introspection. */
export function createMayIntrospect(findResource: (identifier: string) => Promise<Resource | undefined>) {
  return async (_ctx: KoaContextWithOIDC, client: Client, token: Token): Promise<boolean> => {
    const audience = 'aud' in token && token.aud ? String(token.aud) : undefined;
    const resource = audience === undefined ? undefined : await findResource(audience);
    return mayKnowToken({
      client: { id: client.clientId, mayIntrospectAll: client['introspect'] === true },
      token: {
        clientId: token.clientId,
        isRefreshToken: token.kind === 'RefreshToken',
        audience,
        audienceOwnerId: resource?.clientId,
      },
    });
  };
}

/**
 * RFC 7009 §2.1: a client revokes its own tokens. A refresh token takes its whole grant along (the engine does
 * that); an access token goes alone, where the engine would end the person's sign-in with it.
 */
export async function mayRevoke(ctx: KoaContextWithOIDC, client: Client, token: Token): Promise<boolean> {
  if (token.clientId !== client.clientId) return false;
  if (token.kind === 'RefreshToken') return true;
  await token.destroy();
  // It stands on a grant of its own, which is good for nothing without it.
  if (token.clientId === PERSONAL_TOKEN_CLIENT_ID && 'grantId' in token) {
    await (await ctx.oidc.provider.Grant.find(token.grantId ?? ''))?.destroy();
  }
  return false;
}

/**
 * What offline_access or a device code gives outlives the browser session, and so does what a program on a person's
 * machine gets: it has no part in the browser. Everything else ends with the session.
 */
export async function isSessionBound(
  ctx: KoaContextWithOIDC,
  source: AuthorizationCode | DeviceCode | object,
): Promise<boolean> {
  const isOffline =
    ctx.oidc.params?.[OFFLINE_PARAMETER] !== undefined &&
    scopesOf(ctx.oidc.client?.scope).has('offline_access');
  const isProgram = ctx.oidc.client?.applicationType === 'native';
  return (source as { kind?: string }).kind !== 'DeviceCode' && !isOffline && !isProgram;
}
