// The scopes that we know, and which of them give what. Words for people are in src/phrases.

export const SCOPES = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'read',
  'write',
  'users.read',
  'vault',
  'admin',
] as const;
/** Reaches only people who administer (admin-scope.ts). */
export const ADMIN_SCOPE = 'admin';
export const OWN_SCOPES: ReadonlySet<string> = new Set(SCOPES);

/** What a client may ask for when its registration names no scope; the others must be named. */
export const DEFAULT_CLIENT_SCOPE = 'openid profile email offline_access read write';

/** What a person may put into a token that they make for themselves. */
export const PERSONAL_SCOPES = ['openid', 'profile', 'email', 'read', 'write'] as const;

/**
 * The engine takes offline_access out of a request that does not force a page of consent. This parameter of our own
 * (set by `http/authorization-request.ts`) still says that the person's tokens shall outlive the browser session.
 */
export const OFFLINE_PARAMETER = 'portaria_offline';

/** Any of these lets a service see who the person is; without them it learns the identifier alone. */
const PROFILE_SCOPES = ['profile', 'openid', 'read'];
const EMAIL_SCOPES = ['email', 'read'];

export function scopesOf(scope: string | undefined): Set<string> {
  return new Set(scope?.split(' ').filter((name) => name !== ''));
}

/** Our own among them: what they mean does not depend on a resource. */
export function ownScopesOf(scope: string | undefined): Set<string> {
  return new Set([...scopesOf(scope)].filter((name) => OWN_SCOPES.has(name)));
}

export function showsProfile(scopes: ReadonlySet<string>): boolean {
  return PROFILE_SCOPES.some((scope) => scopes.has(scope));
}

export function showsEmail(scopes: ReadonlySet<string>): boolean {
  return EMAIL_SCOPES.some((scope) => scopes.has(scope));
}
