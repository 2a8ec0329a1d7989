// What the server needs to exist, brought up to date at every start: roles, and the clients that are part of Portaria.
import {
  CONSOLE_CLIENT_ID,
  DEVICE_CODE_GRANT,
  PERSONAL_TOKEN_CLIENT_ID,
  type Client,
} from '../src/oidc/client.ts';
import { PERSONAL_SCOPES } from '../src/oidc/scopes.ts';

export interface Role {
  id: string;
  permissions: string[];
}

export const builtInRoles: readonly Role[] = [
  { id: 'admin', permissions: ['admin'] },
  { id: 'support', permissions: ['accounts.read', 'audit.read', 'clients.read'] },
];

/**
 * `cli`: the command line of anybody. `console`: our own pages, whose addresses each server fills in from its issuer.
 * `personal-token`: whose tokens are made by people on those pages, and by nobody in any other way.
 */
export function builtInClients(): Client[] {
  const now = new Date();
  const common = {
    secret: undefined,
    isFirstParty: true,
    isBuiltIn: true,
    isSelfRegistered: false,
    createdAt: now,
    updatedAt: now,
  };
  return [
    {
      ...common,
      id: 'cli',
      name: 'Portaria CLI',
      metadata: {
        redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
        post_logout_redirect_uris: [],
        grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE_GRANT],
        response_types: ['code'],
        scope: 'openid profile email offline_access read write admin',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        require_pkce: true,
        introspect: false,
        password_login: false,
      },
    },
    {
      ...common,
      id: CONSOLE_CLIENT_ID,
      name: 'Portaria',
      metadata: {
        redirect_uris: [],
        post_logout_redirect_uris: [],
        grant_types: [],
        response_types: ['none'],
        scope: 'openid',
        token_endpoint_auth_method: 'none',
        application_type: 'web',
        require_pkce: true,
        introspect: false,
        password_login: false,
      },
    },
    {
      ...common,
      id: PERSONAL_TOKEN_CLIENT_ID,
      name: 'Personal token',
      metadata: {
        redirect_uris: [],
        post_logout_redirect_uris: [],
        grant_types: [],
        response_types: [],
        scope: PERSONAL_SCOPES.join(' '),
        // Whoever has such a token, and nobody else, can end it (RFC 7009).
        token_endpoint_auth_method: 'none',
        names: { 'pt-BR': 'Token pessoal', ko: '개인 토큰' },
        application_type: 'web',
        require_pkce: true,
        introspect: false,
        password_login: false,
      },
    },
  ];
}
