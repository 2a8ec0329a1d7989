// How long what the engine issues lives: the settings, and what a client's own record says instead. In seconds.
import { parseDuration } from '../base/duration.ts';

/** What the settings say. */
export interface Lifetimes {
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  readonly refreshTokenMaxAgeSeconds: number;
  /** 0: off. */
  readonly refreshReuseWindowSeconds: number;
  readonly codeSeconds: number;
  readonly deviceSeconds: number;
  readonly sessionSeconds: number;
}

/** The engine keeps what a record says under the names of our metadata (configuration.ts, CLIENT_PROPERTIES). */
interface OwnLifetimes {
  access_token_ttl_seconds?: number;
  refresh_token_ttl_seconds?: number;
  refresh_token_max_age_seconds?: number;
  refresh_reuse_window_seconds?: number;
}

/** A resource decides for the tokens that are bound to it. */
export function accessTokenSeconds(ttl: Lifetimes, client: object | undefined, token: object): number {
  const { resourceServer } = token as { resourceServer?: { accessTokenTTL?: number } };
  return resourceServer?.accessTokenTTL ?? ownOf(client).access_token_ttl_seconds ?? ttl.accessTokenSeconds;
}

/** A chain of refreshes ends at its maximum age, counted from its first token (`startedAtSeconds`). */
export function refreshTokenSeconds(
  ttl: Lifetimes,
  client: object | undefined,
  startedAtSeconds: number | undefined,
): number {
  const now = Math.floor(Date.now() / 1000);
  const idle = ownOf(client).refresh_token_ttl_seconds ?? ttl.refreshTokenSeconds;
  const endsAt = (startedAtSeconds ?? now) + maxAgeSeconds(ttl, client);
  return Math.max(1, Math.min(idle, endsAt - now));
}

/** A grant outlives every chain that begins while the browser session does. */
export function grantSeconds(ttl: Lifetimes, client: object | undefined): number {
  return maxAgeSeconds(ttl, client) + ttl.sessionSeconds;
}

export const LONGEST_REUSE_WINDOW_SECONDS = 600;

/** REFRESH_REUSE_WINDOW: 0 is "never", and ten minutes are the most: until then a stolen refresh token is not noticed. */
export function parseReuseWindow(text: string): number | undefined {
  const seconds = /^0[smhd]?$/.test(text.trim()) ? 0 : parseDuration(text);
  return seconds !== undefined && seconds <= LONGEST_REUSE_WINDOW_SECONDS ? seconds : undefined;
}

/** How long a refresh may be sent again after its first use; 0: not at all. */
export function reuseWindowSeconds(ttl: Lifetimes, client: object): number {
  return ownOf(client).refresh_reuse_window_seconds ?? ttl.refreshReuseWindowSeconds;
}

export function maxAgeSeconds(ttl: Lifetimes, client: object | undefined): number {
  return ownOf(client).refresh_token_max_age_seconds ?? ttl.refreshTokenMaxAgeSeconds;
}

/** The longest life of what a signing key signs. `stores`: who may have a lifetime of its own for access tokens. */
export async function longestLifeSeconds(
  ttl: Lifetimes,
  stores: readonly { findLongestAccessTokenSeconds(): Promise<number | undefined> }[],
): Promise<number> {
  const own = await Promise.all(stores.map((store) => store.findLongestAccessTokenSeconds()));
  // An ID token is taken as a hint at the sign-out of the session that it came from.
  return Math.max(ttl.accessTokenSeconds, ttl.sessionSeconds, ...own.map((seconds) => seconds ?? 0));
}

function ownOf(client: object | undefined): OwnLifetimes {
  return client ?? {};
}
