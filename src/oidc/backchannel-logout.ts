// How a client is told that a session of one of its people has ended (OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.8). That it
// has to be told is written by the end itself (migrations/021_outbox.ts); when and how often it is tried is for outbox/. A logout
// token is made anew for every attempt, since it is good for two minutes.
import type { BlockList } from 'node:net';
import { randomToken } from '../base/crypto.ts';
import type { Provider } from 'oidc-provider';
import { postToStranger } from '../base/fetch.ts';
import type { Send } from '../outbox/outbox.ts';
import type { Client } from './client.ts';

/** The kind of its messages, as the migration writes it. */
export const BACKCHANNEL_LOGOUT = 'backchannel_logout';

export interface BackchannelLogoutDependencies {
  findClient: (id: string) => Promise<Client | undefined>;
  /** The one of now: it signs with the key of now. */
  getProvider: () => Provider;
  /** Networks that are not public, and that may be told all the same. */
  allowed: BlockList;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 16 * 1024;

/** What throws did not arrive: silence, anything but a 2xx (§2.8), an address that may not be asked. */
export function createBackchannelLogout(its: BackchannelLogoutDependencies): Send {
  return async (body) => {
    const { client_id: clientId, account_id: accountId, sid } = body as Record<string, string>;
    const uri = (await its.findClient(clientId ?? ''))?.metadata.backchannel_logout_uri;
    // Deleted, or not interested any more.
    if (uri === undefined || clientId === undefined) return 'dropped';
    const token = await createLogoutToken(its.getProvider(), clientId, { accountId, sid });
    await postToStranger(uri, {
      allowed: its.allowed,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: token }).toString(),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    return 'sent';
  };
}

/** §2.4; `typ` is `logout+jwt`. Signed like the client's ID tokens. */
async function createLogoutToken(
  provider: Provider,
  clientId: string,
  session: { accountId: string | undefined; sid: string | undefined },
): Promise<string> {
  const client = await provider.Client.find(clientId);
  if (!client) throw new Error(`the client ${clientId} was deleted a moment ago`);
  const token = new provider.IdToken({ sub: session.accountId }, { client });
  Object.assign(token, { mask: { sub: null } });
  token.set('jti', randomToken(16));
  token.set('events', { [EVENT]: {} });
  if (client['backchannelLogoutSessionRequired'] === true) token.set('sid', session.sid);
  return token.issue({ use: 'logout' });
}
