// How the administration is spoken over HTTP: a bearer of somebody who may, JSON in, JSON out. A cookie counts for nothing
// here, so that no page can make a browser act (CSRF); pages of other origins are told nothing (no CORS).
import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { AdministrativePermission } from '../accounts/permissions.ts';
import { invalidRequest, tooManyRequests } from '../base/errors.ts';
import { apiResourceOf } from '../oidc/resource.ts';
import type { Services } from '../services.ts';
import { bearerOf } from '../tokens/bearer.ts';
import { administratorBehind, isRefusal } from '../tokens/principal.ts';
import { answerBearer } from './bearer-auth.ts';
import { jsonOf } from './input.ts';
import { ADMIN_API, parametersOf, readInput, type Operation } from './operation.ts';

export function serveOperations(router: Router, services: Services, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const { method, path, permission } = operation;
    router[method](`${ADMIN_API}${path}`, adminOnly(services, permission), async (ctx: Context) => {
      const input = readInput(operation, fieldsOf(ctx, operation));
      ctx.body = await operation.run(services, input);
      ctx.status = operation.status ?? 200;
    });
  }
}

/** What happens behind it is in the audit under the account that did it. */
function adminOnly(
  { audit, bearers, config, adminCalls }: Services,
  needed: AdministrativePermission,
): Middleware {
  return async (ctx, next) => {
    const principal = await bearers.findPrincipalNow(bearerOf(ctx.req));
    const account = administratorBehind(principal, needed, apiResourceOf(config.issuer));
    if (isRefusal(account)) return answerBearer(ctx, account);
    const { id } = account;
    const waitSeconds = await adminCalls.countWrong(id);
    if (waitSeconds > 0)
      throw tooManyRequests(waitSeconds, 'That were too many calls in a minute. Wait a while.');
    return audit.from({ ...audit.origin, actorId: id }, next);
  };
}

/** From path, query and body; none of them can stand in for another. */
function fieldsOf(ctx: Context, { method, path }: Operation): object {
  const { params } = ctx as unknown as { params: Record<string, string> };
  const named = Object.fromEntries(parametersOf(path).map((name) => [name, params[name]]));
  const sent = method === 'get' ? ctx.query : bodyOf(ctx);
  const twice = Object.keys(named).find((name) => Object.hasOwn(sent, name));
  if (twice !== undefined) throw invalidRequest(`${twice} stands in the path, and nowhere else.`);
  return { ...sent, ...named };
}

/** Where nothing has to be said, nothing has to be sent. */
function bodyOf(ctx: Context): object {
  if ((ctx.state['body'] as Buffer).length === 0) return {};
  const body = jsonOf(ctx);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw invalidRequest('Send a JSON object.');
}
