// RFC 6749 §4.4. Wraps the engine's grant for machines: the engine leaves out scopes that nobody knows, and answers with a
// token that may do nothing and a body that does not say so (§5.1). Who asks only for such scopes is told.
import { errors } from 'oidc-provider';
import { OWN_SCOPES, scopesOf } from '../scopes.ts';
import type { Resource } from '../resource.ts';
import type { GrantHandler } from './grant-handler.ts';

export function wrapClientCredentials(
  handler: GrantHandler,
  findResource: (identifier: string) => Promise<Resource | undefined>,
): GrantHandler {
  return async (ctx) => {
    const { scope, resource } = ctx.oidc.params ?? {};
    const wanted = [...scopesOf(typeof scope === 'string' ? scope : undefined)];
    const found = typeof resource === 'string' ? await findResource(resource) : undefined;
    const known = found ? scopesOf(found.scope) : OWN_SCOPES;
    // An unknown resource is for the engine to refuse.
    if (wanted.length > 0 && (resource === undefined || found) && !wanted.some((name) => known.has(name))) {
      const where = found ? ` at ${found.identifier}` : '';
      throw new errors.InvalidScope(`none of these scopes is known${where}`, wanted.join(' '));
    }
    await handler(ctx);
  };
}
