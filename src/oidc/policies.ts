// Who may do what with a token: the small yes-or-no questions that the engine asks.
import type { AccessToken, AuthorizationCode, Client, ClientCredentials, DeviceCode } from 'oidc-provider';
import type { KoaContextWithOIDC, RefreshToken } from 'oidc-provider';
import { OFFLINE_PARAMETER, scopesOf } from './scopes.ts';

type Token = AccessToken | ClientCredentials | RefreshToken;

/** RFC 7662 §4: its own tokens; with `introspect` every access token that names no audience; refresh tokens of others never. */
export async function mayIntrospect(
  _ctx: KoaContextWithOIDC,
  client: Client,
  token: Token,
): Promise<boolean> {
  if (token.clientId === client.clientId) return true;
  return token.kind !== 'RefreshToken' && client['introspect'] === true && !('aud' in token && token.aud);
}

/**
 * RFC 7009 §2.1: a client revokes its own tokens. A refresh token takes its whole grant along (the engine does
 * that); an access token goes alone, where the engine would end the person's sign-in with it.
 */
export async function mayRevoke(_ctx: KoaContextWithOIDC, client: Client, token: Token): Promise<boolean> {
  if (token.clientId !== client.clientId) return false;
  if (token.kind === 'RefreshToken') return true;
  await token.destroy();
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
