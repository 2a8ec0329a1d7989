// What a service learns about a person, and by which scope. The same fields in userinfo, ID tokens, /api/user and
// /api/verify: one universal identifier under its four names, everything else by scope.
import type { Account } from '../accounts/account.ts';
import { showsEmail, showsProfile } from './scopes.ts';

/** For the engine: which claims come with which scope (OpenID Connect Core §5.4). */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub', 'oauth_id'],
  profile: ['name', 'preferred_username', 'picture', 'locale', 'updated_at', 'tier', 'roles', 'permissions'],
  email: ['email', 'email_verified'],
};

/** Together they show every field. */
const EVERYTHING: ReadonlySet<string> = new Set(['profile', 'email']);

export interface Profile {
  id: string;
  sub: string;
  oauth_id: string;
  uid: string;
  name?: string;
  username?: string | null;
  picture?: string | null;
  locale?: string | null;
  roles?: readonly string[];
  permissions?: readonly string[];
  tier?: string;
  updated_at?: number;
  email?: string | null;
  email_verified?: boolean;
}

/** What /api/user and /api/verify show of an account to a bearer with these scopes. */
export function profileOf(account: Account, scopes: ReadonlySet<string>): Profile {
  return {
    ...identifiersOf(account.id),
    ...(showsProfile(scopes) && {
      name: account.name,
      username: account.username ?? null,
      picture: account.picture ?? null,
      locale: account.locale ?? null,
      roles: account.roles,
      permissions: account.permissions,
      tier: account.tier,
      updated_at: toEpochSeconds(account.updatedAt),
    }),
    ...(showsEmail(scopes) && { email: account.email ?? null, email_verified: account.emailVerified }),
  };
}

/** What a service with the scope users.read learns of anybody: the same fields, all of them. */
export function wholeProfileOf(account: Account): Profile {
  return profileOf(account, EVERYTHING);
}

/** Whether a bearer with these scopes learns anything beyond the identifier. */
export function showsAnything(scopes: ReadonlySet<string>): boolean {
  return showsProfile(scopes) || showsEmail(scopes);
}

/** `sub` = `id` = `oauth_id` = `uid`: one identifier, in the words of each of its readers. */
function identifiersOf(accountId: string): Pick<Profile, 'id' | 'sub' | 'oauth_id' | 'uid'> {
  return { id: accountId, sub: accountId, oauth_id: accountId, uid: accountId };
}

/** Everything that the engine may choose from by CLAIMS_BY_SCOPE. */
export function engineClaimsOf(account: Account): { sub: string } & Record<string, unknown> {
  return {
    sub: account.id,
    oauth_id: account.id,
    name: account.name,
    preferred_username: account.username,
    picture: account.picture,
    locale: account.locale,
    updated_at: toEpochSeconds(account.updatedAt),
    tier: account.tier,
    roles: account.roles,
    permissions: account.permissions,
    ...(account.email !== undefined && { email: account.email, email_verified: account.emailVerified }),
  };
}

function toEpochSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
