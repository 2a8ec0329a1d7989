// A public client that sends HTTP Basic with an empty secret is taken for what it is: command-line tools in the wild
// do that, and RFC 6749 §2.3.1 lets the secret be left out when it is empty.
import type { Middleware } from 'koa';
import { replaceBody } from './input.ts';

const OAUTH_ENDPOINT = /^\/(oauth\/(token|revoke|introspect|device_authorization|par)|api\/verify)$/;

/** Runs after the body was read: the client id moves from the header into the form. */
export function acceptEmptySecret(): Middleware {
  return (ctx, next) => {
    const credentials = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(ctx.get('authorization'))?.[1];
    if (ctx.method !== 'POST' || !credentials || !OAUTH_ENDPOINT.test(ctx.path)) return next();
    const clientId = /^([^:]+):$/.exec(Buffer.from(credentials, 'base64').toString('utf8'))?.[1];
    if (clientId === undefined) return next();

    const form = new URLSearchParams(ctx.state['body']?.toString() ?? '');
    if (!form.has('client_id')) form.set('client_id', decodeURIComponent(clientId.replaceAll('+', '%20')));
    delete ctx.req.headers.authorization;
    replaceBody(ctx, Buffer.from(form.toString()));
    return next();
  };
}
