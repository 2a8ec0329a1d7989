// What we mend in a form for the OAuth endpoints before the engine reads it, for programs that are right and that the
// engine would refuse. Runs after the body was read.
import type { Context, Middleware } from 'koa';
import { disguised } from '../oidc/access-token-format.ts';
import { replaceBody } from './input.ts';

const WITH_CLIENT = /^\/(oauth\/(token|revoke|introspect|device_authorization|par)|api\/verify)$/;
const WITH_TOKEN = /^\/(oauth\/(revoke|introspect)|api\/verify)$/;

export function mendOauthForm(): Middleware {
  return (ctx, next) => {
    if (ctx.method === 'POST' && WITH_CLIENT.test(ctx.path)) {
      acceptEmptySecret(ctx);
      if (WITH_TOKEN.test(ctx.path)) acceptJwt(ctx);
    }
    return next();
  };
}

/**
 * A public client that sends HTTP Basic with an empty secret is taken for what it is: command-line tools in the wild do
 * that, and RFC 6749 §2.3.1 lets an empty secret be left out.
 */
function acceptEmptySecret(ctx: Context): void {
  const clientId = /^([\w.~-]+):$/.exec(basicPairOf(ctx))?.[1];
  if (clientId === undefined) return;
  const form = formIn(ctx);
  if (!form.has('client_id')) form.set('client_id', clientId);
  delete ctx.req.headers.authorization;
  replaceBody(ctx, Buffer.from(form.toString()));
}

/**
 * RFC 7662 §2.2, RFC 7009 §2.2: a JWT is a token like any other, and one that we do not know is inactive, and revoking it
 * succeeds. The engine answers 400 to everything that looks like a JWT.
 */
function acceptJwt(ctx: Context): void {
  const form = formIn(ctx);
  const [token, ...others] = form.getAll('token');
  if (!token?.includes('.') || others.length > 0) return;
  form.set('token', disguised(token));
  replaceBody(ctx, Buffer.from(form.toString()));
}

/** RFC 7617: "name:secret" as it was sent; empty for anything else. */
export function basicPairOf(ctx: Context): string {
  const credentials = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(ctx.get('authorization'))?.[1] ?? '';
  return Buffer.from(credentials, 'base64').toString('utf8');
}

function formIn(ctx: Context): URLSearchParams {
  return new URLSearchParams((ctx.state['body'] as Buffer | undefined)?.toString() ?? '');
}
