// The way from our application into the engine: whichever provider answers now (oidc/engine.ts).
import compose from 'koa-compose';
import type { Middleware } from 'koa';
import type { Provider } from 'oidc-provider';

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
