// POST /oauth/introspect, and POST /api/verify: the short way (routes/short-ways.ts) of RFC 7662, for the question that services
// ask all day: about a living access token, by a client that proves itself with its secret. Bearers knows such a token
// without asking anybody. Wrong secrets, other tokens and refusals are for the engine.
import type { ShortWay } from '../../http/short-way.ts';
import { jtiOf } from '../../oidc/access-token-format.ts';
import type { Client } from '../../oidc/client.ts';
import { mayKnowToken } from '../../oidc/policies.ts';
import type { Services } from '../../services.ts';
import type { Principal } from '../../tokens/principal.ts';

export function introspectLiveTokens({ bearers, clientSecrets, clientStore, config }: Services): ShortWay {
  return async ({ fields, clientId, clientSecret, address }) => {
    const token = fields.get('token') ?? '';
    const client = await clientStore.find(clientId);
    const guess = { clientId, secret: clientSecret, address };
    if (!client?.secret || !clientSecrets.isRightAgain(guess, client.secret)) return undefined;
    const principal = await bearers.findPrincipal(token);
    if (!principal || !mayKnow(client, principal)) return undefined;
    return {
      ...(principal.account && { sub: principal.account.id }),
      active: true,
      client_id: principal.clientId,
      exp: principal.expiresAtSeconds,
      iat: principal.issuedAtSeconds,
      iss: config.issuer,
      ...(token.includes('.') && { jti: jtiOf(token) }),
      ...(principal.scopes.size > 0 && { scope: [...principal.scopes].join(' ') }),
      token_type: 'Bearer',
    };
  };
}

/** What is bound to a key or to a resource has more to say than the short answer. */
function mayKnow({ id, metadata }: Client, principal: Principal): boolean {
  const { audience, clientId } = principal;
  return (
    !principal.isSenderConstrained &&
    audience === undefined &&
    mayKnowToken({
      client: { id, mayIntrospectAll: metadata.introspect },
      token: { clientId, audience, isRefreshToken: false, audienceOwnerId: principal.audienceOwnerId },
    })
  );
}
