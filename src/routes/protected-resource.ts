// GET /.well-known/oauth-protected-resource/api (RFC 9728): what a program must know to get a token for our own API.
import type { Router } from '@koa/router';
import { apiResourceOf } from '../oidc/resource.ts';
import { DEFAULT_CLIENT_SCOPE, scopesOf } from '../oidc/scopes.ts';
import type { Services } from '../services.ts';

export function protectedResourceRoutes(router: Router, { config }: Services): void {
  router.get('/.well-known/oauth-protected-resource/api', (ctx) => {
    ctx.body = {
      resource: apiResourceOf(config.issuer),
      authorization_servers: [config.issuer],
      jwks_uri: `${config.issuer}/.well-known/jwks.json`,
      // Programs ask for all of them as they stand here (MCP): what not everybody may have is not among them.
      scopes_supported: [...scopesOf(DEFAULT_CLIENT_SCOPE)],
      bearer_methods_supported: ['header'],
    };
  });
}
