// How an account and its browser sessions look on the command line: rows of a list, a page of their own, documents for programs.
import type { Account } from '../accounts/account.ts';
import type { FactorsOfAccount } from '../accounts/second-factors.ts';
import type { BrowserSession } from '../oidc/engine-store.ts';
import { fields, formatTime, shorten, yesOrNo } from './output.ts';

/** In characters. */
const AGENT_CELL_MAX = 40;

export const columns = {
  ID: (account: Account) => account.id,
  EMAIL: (account: Account) => account.email,
  USERNAME: (account: Account) => account.username,
  NAME: (account: Account) => account.name,
  ROLES: (account: Account) => account.roles.join(' ') || undefined,
  TIER: (account: Account) => account.tier,
  STATE: stateOf,
  CREATED: (account: Account) => formatTime(account.createdAt),
};

function stateOf(account: Account): string {
  if (account.blockedAt) return 'blocked';
  return account.emailVerified ? 'verified' : 'unverified';
}

/** `kept`: where it was asked for; of personal tokens their number. */
export function describe(account: Account, kept?: { factors: FactorsOfAccount; tokens: number }): string {
  return fields({
    Id: account.id,
    Name: account.name,
    Username: account.username,
    'E-mail': account.email,
    Verified: yesOrNo(account.emailVerified),
    Roles: account.roles.join(' ') || 'none',
    Permissions: account.permissions.join(' ') || 'none',
    Tier: account.tier,
    ...(kept && { 'Second factors': wordsOf(kept.factors), 'Personal tokens': String(kept.tokens) }),
    Blocked: account.blockedAt ? `since ${formatTime(account.blockedAt)}` : 'no',
    Created: formatTime(account.createdAt),
    Changed: formatTime(account.updatedAt),
  });
}

function wordsOf({ appSince, recoveryCodes, passkeys }: FactorsOfAccount): string {
  const words = [
    appSince && `authenticator app since ${formatTime(appSince)}`,
    recoveryCodes > 0 && `${recoveryCodes} recovery codes`,
    passkeys > 0 && `${passkeys} passkeys`,
  ];
  return words.filter(Boolean).join(', ') || 'none';
}

export function toFactorsDocument({ appSince, recoveryCodes, passkeys }: FactorsOfAccount): object {
  return { app_since: appSince ?? null, recovery_codes: recoveryCodes, passkeys };
}

export function toDocument(account: Account): object {
  return {
    id: account.id,
    username: account.username ?? null,
    name: account.name,
    email: account.email ?? null,
    email_verified: account.emailVerified,
    picture: account.picture ?? null,
    locale: account.locale ?? null,
    tier: account.tier,
    roles: account.roles,
    permissions: account.permissions,
    blocked_at: account.blockedAt ?? null,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
  };
}

export const sessionColumns = {
  SESSION: (session: BrowserSession) => session.uid,
  'SIGNED IN': (session: BrowserSession) => session.signedInAt && formatTime(session.signedInAt),
  'LAST SEEN': (session: BrowserSession) => session.lastSeenAt && formatTime(session.lastSeenAt),
  ADDRESS: (session: BrowserSession) => session.address,
  EXPIRES: (session: BrowserSession) => formatTime(session.expiresAt),
  CLIENTS: (session: BrowserSession) => session.clientIds.join(' ') || undefined,
  AGENT: (session: BrowserSession) => session.agent && shorten(session.agent, AGENT_CELL_MAX),
};

export function toSessionDocument(session: BrowserSession): object {
  return {
    uid: session.uid,
    signed_in_at: session.signedInAt ?? null,
    last_seen_at: session.lastSeenAt ?? null,
    address: session.address ?? null,
    agent: session.agent ?? null,
    expires_at: session.expiresAt,
    client_ids: session.clientIds,
  };
}
