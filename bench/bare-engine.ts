// The engine by itself: oidc-provider with its adapter in memory, its clients in a list, nothing in front and nothing
// written down. What the token endpoint and introspection are measured against.
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { ACCOUNT_ID, APP_ID, PERSON_SCOPE, SERVICE_ID, SERVICE_SECRET, type Seeded } from './cast.ts';

// It warns that its memory is for development only, which is what is wanted here.
console.warn = () => {};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const common = {
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: 'client_secret_basic',
  id_token_signed_response_alg: 'ES256',
} as const;

const provider = new Provider('http://localhost', {
  clients: [
    { ...common, client_id: SERVICE_ID, client_secret: SERVICE_SECRET, grant_types: ['client_credentials'] },
    { ...common, client_id: APP_ID, client_secret: SERVICE_SECRET, grant_types: [] },
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
  routes: { introspection: '/oauth/introspect', token: '/oauth/token' },
  scopes: ['openid', 'profile', 'email', 'read'],
  ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 86_400 },
});

/** A person's token with its grant, and a machine's, as they are after a sign-in and a token request. */
async function seed(): Promise<Seeded> {
  const app = await provider.Client.find(APP_ID);
  const service = await provider.Client.find(SERVICE_ID);
  if (!app || !service) throw new Error('the clients are missing');
  const grant = new provider.Grant({ accountId: ACCOUNT_ID, clientId: APP_ID });
  grant.addOIDCScope(PERSON_SCOPE);
  const grantId = await grant.save();
  const person = {
    client: app,
    accountId: ACCOUNT_ID,
    grantId,
    gty: 'authorization_code',
    scope: PERSON_SCOPE,
  };
  return {
    serviceSecret: SERVICE_SECRET,
    personTokens: [await new provider.AccessToken(person).save()],
    machineToken: await new provider.ClientCredentials({ client: service, scope: 'read' }).save(),
  };
}

const seeded = await seed();
const server = provider.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port, seeded });
});
process.on('disconnect', () => process.exit(0));
