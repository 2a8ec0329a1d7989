// A set to try things with: `portaria seed demo`. Never in production: its password and its secret are printed here.
import type { ClientInput } from '../src/oidc/client.ts';

export const demoClient: { id: string; input: ClientInput } = {
  id: 'demo',
  input: {
    name: 'Demo application',
    secret: 'demo-secret-for-this-machine-only',
    redirectUris: ['http://localhost:8080/callback'],
    postLogoutRedirectUris: ['http://localhost:8080/'],
    grantTypes: ['authorization_code', 'refresh_token', 'client_credentials', 'device_code'],
    isFirstParty: true,
    introspect: true,
  },
};

export const demoPerson = {
  name: 'Demo Person',
  email: 'demo@example.com',
  username: 'demo',
  password: 'demo password for this machine',
};
