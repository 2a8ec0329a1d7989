// An address that is there but does not take the method of a request: 405 with what it takes (RFC 9110 §15.5.6), where router and
// engine would say that there is nothing. Which methods those are the routes say themselves.
import type { Middleware } from 'koa';
import { methodNotAllowed } from '../base/errors.ts';

/** `elsewhere`: by path, what is answered by others than our router: by the engine, or ahead of Koa. */
export function refuseOtherMethods(elsewhere: Readonly<Record<string, readonly string[]>>): Middleware {
  return async (ctx, next) => {
    // A route of ours may send a request on under another path.
    const others = elsewhere[ctx.path] ?? [];
    await next();
    if (ctx.status !== 404 || ctx.body != null) return;
    // The router leaves here what has this path, whatever its method.
    const matched = (ctx['matched'] ?? []) as readonly { methods: readonly string[] }[];
    // What is there for every method alike only passes on.
    const own = matched.filter(({ methods }) => !methods.includes('TRACE'));
    const allowed = new Set([...own.flatMap(({ methods }) => methods), ...others]);
    const isPlainOptions = ctx.method === 'OPTIONS' && allowed.has('OPTIONS');
    if (allowed.size === 0 || (allowed.has(ctx.method) && !isPlainOptions)) return;
    ctx.set('Allow', [...allowed].sort().join(', '));
    // The engine answers browsers alone, which name their origin.
    if (isPlainOptions) ctx.status = 204;
    else throw methodNotAllowed(ctx.method, [...allowed].filter((method) => method !== 'OPTIONS').sort());
  };
}
