// Makes the engine issue access tokens that are JWTs (RFC 9068). A JWT is signed where the engine asks for the token's id,
// and is that id from then on: the engine takes it for opaque, its row is found by its digest like any other, and both
// forms die at once. Nobody here ever checks a signature: what is not in the table, byte for byte, is no token.
import { Provider, type Client } from 'oidc-provider';
import { jtiOf, revealed, type SignJwt } from './access-token-format.ts';
import { PASSWORD_LOGIN } from './grants/own-door.ts';

/** What the engine's AccessToken and ClientCredentials have in common, as far as it matters here. */
interface Issued {
  kind: string;
  accountId?: string;
  aud?: string;
  client?: Client;
  clientId?: string;
  grantId?: string;
  /** What the token comes from. */
  gty?: string;
  jkt?: string;
  jti: string;
  resourceServer?: { jwt?: { sign?: { alg?: string } } };
  scope?: string;
  /** Of one that was made outside a request of the engine (mint.ts). */
  signedIn?: SignedIn;
  iat: number;
  exp: number;
  isExpired: boolean;
  /** Lifetime in seconds. */
  expiration: number;
  generateTokenId: (this: Issued) => string;
}

interface SignedIn {
  acr?: string;
  amr?: string[];
  authTime?: number;
}

interface Model {
  prototype: Issued;
  find(value: string, options?: { ignoreExpiration?: boolean }): Promise<Issued | undefined>;
}

export interface AccessTokenRules {
  issuer: string;
  signJwt: SignJwt;
}

/** Where tokens come disguised (access-token-format.ts); everywhere else a token is what it is, byte for byte. */
const IN_DRESS: ReadonlySet<string> = new Set(['introspection', 'revocation']);

/** Lets `provider` issue JWTs, and find them where it would refuse to look. */
export function issueJwtAccessTokens(provider: Provider, { issuer, signJwt }: AccessTokenRules): void {
  for (const model of [provider.AccessToken, provider.ClientCredentials] as unknown as Model[]) {
    const { generateTokenId } = model.prototype;
    model.prototype.generateTokenId = function generateId(this: Issued): string {
      const opaque = generateTokenId.call(this);
      const algorithm = algorithmFor(this);
      if (algorithm === undefined) return opaque;
      // What the row will say has to be what was signed.
      this.iat = Math.floor(Date.now() / 1000);
      this.exp = this.iat + this.expiration;
      return signJwt(algorithm, claimsOf(this, issuer, opaque));
    };
    const find = model.find.bind(model);
    model.find = async (value, options) => {
      const route = Provider.ctx?.oidc.route ?? '';
      const jwt = IN_DRESS.has(route) ? revealed(value) : undefined;
      const token = await find(jwt ?? value, options);
      // The engine makes allowance for the clocks of others; the clock of a token is ours.
      if (!options?.ignoreExpiration && token?.isExpired) return undefined;
      // The engine would show the id, which is the token itself.
      if (token && jwt !== undefined && route === 'introspection') token.jti = jtiOf(jwt);
      return token;
    };
  }
}

/**
 * A resource decides for its tokens, the client for all others; what comes from a JSON login is a JWT always. Undefined: opaque.
 */
function algorithmFor({ client, gty = '', resourceServer }: Issued): string | undefined {
  if (resourceServer) return resourceServer.jwt?.sign?.alg;
  if (gty.split(' ')[0] === PASSWORD_LOGIN) return client?.idTokenSignedResponseAlg;
  return client && signingAlgorithmOf(client);
}

/** How the JWT access tokens of a client are signed; undefined when they are opaque. */
export function signingAlgorithmOf(client: Client): string | undefined {
  return client['token_format'] === 'jwt' ? client.idTokenSignedResponseAlg : undefined;
}

/** RFC 9068 §2.2. */
function claimsOf(token: Issued, issuer: string, jti: string): object {
  const { accountId, aud, clientId, exp, iat, jkt, scope } = token;
  return {
    iss: issuer,
    sub: accountId ?? clientId,
    // RFC 9068 §3: there is always one; a token for no resource in particular is for us.
    aud: aud ?? issuer,
    client_id: clientId,
    iat,
    exp,
    jti,
    ...(scope && { scope }),
    ...authenticationOf(token),
    ...(jkt && { cnf: { jkt } }),
  };
}

/** RFC 9068 §2.2.1: how and when the person signed in, where what the token comes from says so. */
function authenticationOf({ grantId, signedIn }: Issued): object {
  const { AuthorizationCode, DeviceCode, RefreshToken } = Provider.ctx?.oidc?.entities ?? {};
  const source = [AuthorizationCode, DeviceCode, RefreshToken].find((entity) => entity?.grantId === grantId);
  if (!grantId || !(source ?? signedIn)) return {};
  const { acr, amr, authTime } = (source ?? signedIn) as SignedIn;
  return { ...(authTime && { auth_time: authTime }), ...(acr && { acr }), ...(amr && { amr }) };
}
