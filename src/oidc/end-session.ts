// What a sign-out that a client began may do without (OpenID Connect RP-Initiated Logout 1.0 §2): the question, when the client is
// ours and proves that it is its own person, and the proof, when nobody can check it any more. In every case but the first the
// page asks (pages.ts), since somebody else may have sent the person to us.
import type { KoaContextWithOIDC } from 'oidc-provider';
import { confirm } from 'oidc-provider/lib/actions/end_session.js';

/**
 * A client of ours sends its person with an ID token of this very session, and takes them back at a registered address: whoever
 * has that token is the client. §2 wants a question for everybody else.
 */
export function needsNoQuestion(ctx: KoaContextWithOIDC): boolean {
  const { client, params, session, entities } = ctx.oidc;
  // Its signature, its issuer and that it is for this client were checked by the engine.
  const hint = entities.IdTokenHint?.payload;
  const accountId = session?.accountId;
  if (!client || !hint || !session || !accountId) return false;
  if (client['first_party'] !== true || !params?.['post_logout_redirect_uri']) return false;
  const logoutHint = params['logout_hint'];
  if (hint['sub'] !== accountId || (logoutHint !== undefined && logoutHint !== accountId)) return false;
  const sid = session.authorizations?.[client.clientId]?.sid;
  if (sid === undefined) return false;
  // Without a session in it, it is at least none from before this sign-in.
  return hint['sid'] === undefined ? Number(hint['iat']) >= Number(session.loginTs) : hint['sid'] === sid;
}

/** Does what the form of the page does when the person says yes: the engine's own last step, which answers with a redirect. */
export async function endWithoutQuestion(ctx: KoaContextWithOIDC): Promise<void> {
  const endSession = confirm.at(-1);
  if (!endSession) throw new Error('the engine has no last step of a sign-out');
  Object.assign(ctx.oidc, { params: { logout: 'yes' } });
  await endSession(ctx);
}

/**
 * The client that an ID token names when nobody can check it any more: services keep theirs for months, and the key that signed it
 * may be gone. It counts as if the client had only said who it is, and the page asks. Undefined for every other token.
 */
export async function aboutUnknownKey(
  idToken: string,
  isKey: (kid: string) => Promise<boolean>,
): Promise<string | undefined> {
  const [header, claims] = idToken.split('.', 2).map(decode);
  const [kid, audience] = [header?.['kid'], claims?.['aud']];
  if (typeof kid !== 'string' || typeof audience !== 'string' || (await isKey(kid))) return undefined;
  return audience;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
