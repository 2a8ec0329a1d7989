// The engine by itself: oidc-provider with its adapter in memory, its clients in a list, nothing in front and nothing
// written down. What the token endpoint and introspection are measured against.
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Provider, type Client } from 'oidc-provider';
import { ACCOUNT_ID, APP_ID, PERSON_SCOPE, REFRESH_SCOPE, SERVICE_ID, SERVICE_SECRET } from './cast.ts';

export interface EngineTokens {
  /** A person's, issued to the application. */
  accessToken: string;
  /** The service's own. */
  machineToken: string;
}

/** What it can be asked for. */
export type EngineQuestion = { start: true } | { refreshTokens: number };

// It warns that its memory is for development only, which is what is wanted here.
console.warn = () => {};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const common = {
  client_secret: SERVICE_SECRET,
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
} as const;

const provider = new Provider('http://localhost', {
  clients: [
    { ...common, client_id: SERVICE_ID, grant_types: ['client_credentials'] },
    { ...common, client_id: APP_ID, grant_types: ['refresh_token'] },
  ],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    dPoP: { enabled: false },
    introspection: { enabled: true, allowedPolicy: async () => true },
    resourceIndicators: { enabled: false },
    revocation: { enabled: true },
  },
  jwks: { keys: [privateKey.export({ format: 'jwk' })] },
  rotateRefreshToken: true,
  routes: { introspection: '/oauth/introspect', token: '/oauth/token' },
  // With offline_access it knows the refresh grant.
  scopes: ['openid', 'profile', 'email', 'offline_access', 'read'],
  ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 86_400, IdToken: 3600, RefreshToken: 86_400 },
});

async function findClient(id: string): Promise<Client> {
  const client = await provider.Client.find(id);
  if (!client) throw new Error(`the client ${id} is missing`);
  return client;
}

/** As after a sign-in: the grant, and what a token that stands on it says. */
async function signIn(scope: string) {
  const client = await findClient(APP_ID);
  const grant = new provider.Grant({ accountId: ACCOUNT_ID, clientId: APP_ID });
  grant.addOIDCScope(scope);
  return { client, accountId: ACCOUNT_ID, grantId: await grant.save(), gty: 'authorization_code', scope };
}

async function writeTokens(): Promise<EngineTokens> {
  return {
    accessToken: await new provider.AccessToken(await signIn(PERSON_SCOPE)).save(),
    machineToken: await new provider.ClientCredentials({
      client: await findClient(SERVICE_ID),
      scope: 'read',
    }).save(),
  };
}

/** Each of a sign-in of its own: the adapter walks through all tokens of a grant, and that is not what is measured. */
async function writeRefreshTokens(count: number): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    tokens.push(await new provider.RefreshToken(await signIn(REFRESH_SCOPE)).save());
  }
  return tokens;
}

const tokens = await writeTokens();
const server = provider.listen(0, '127.0.0.1', () => {
  process.on('message', (question: EngineQuestion) => void answer(question));
});

async function answer(question: EngineQuestion): Promise<void> {
  const { port } = server.address() as AddressInfo;
  process.send?.('start' in question ? { port, tokens } : await writeRefreshTokens(question.refreshTokens));
}
process.on('disconnect', () => process.exit(0));
