// No grant: how an endpoint of our own for programs (routes/api/auth) has the engine authenticate the client, with its methods, its
// limits and its refusals. Such a request is sent on to the token endpoint under this name, and brings along what is to be done
// there. Whoever names it without that, from outside, hears what is said of every unknown grant.
import { errors, type Client, type KoaContextWithOIDC } from 'oidc-provider';

export const OWN_DOOR = 'urn:portaria:own-door';

/** What a JSON login is called where grant types are: with its tokens, in the audit and in the metrics. */
export const PASSWORD_LOGIN = 'password_login';

/** What is done for a client that has proved itself. Must not throw: the engine would make a fault of its own of that. */
export type WorkForClient = (client: Client) => Promise<void>;

const WORK = 'workForClient';

export function bringWork(state: Record<string, unknown>, work: WorkForClient): void {
  state[WORK] = work;
}

export async function passOwnDoor(ctx: KoaContextWithOIDC): Promise<void> {
  const work = ctx.state[WORK] as WorkForClient | undefined;
  if (!work || !ctx.oidc.client) throw new errors.UnsupportedGrantType();
  await work(ctx.oidc.client);
  ctx.body = {};
}
