// The way from our application into the engine: whichever provider answers now (oidc/engine.ts).
import compose from 'koa-compose';
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import { ROUTES } from '../oidc/configuration.ts';

const READ = ['GET', 'HEAD'];
const SEND = ['OPTIONS', 'POST'];

/** What the engine takes where, which it keeps to itself. */
export const ENGINE_METHODS = {
  [ROUTES.authorization]: READ,
  [ROUTES.code_verification]: [...READ, 'POST'],
  [ROUTES.device_authorization]: SEND,
  [ROUTES.end_session]: [...READ, 'POST'],
  [ROUTES.introspection]: SEND,
  [ROUTES.jwks]: [...READ, 'OPTIONS'],
  [ROUTES.pushed_authorization_request]: SEND,
  [ROUTES.revocation]: SEND,
  [ROUTES.token]: SEND,
  [ROUTES.userinfo]: [...READ, ...SEND],
  '/.well-known/oauth-authorization-server': [...READ, 'OPTIONS'],
  '/.well-known/openid-configuration': [...READ, 'OPTIONS'],
};

export function askEngine(engine: { readonly provider: Provider }): Middleware {
  let known = engine.provider;
  let ask = compose(known.middleware);
  return (ctx, next) => {
    if (engine.provider !== known) {
      known = engine.provider;
      ask = compose(known.middleware);
    }
    return ask(ctx, next);
  };
}
