// How an account and its browser sessions look on the command line: rows of a list, and a page of its own.
import type { AccountDocument, WholeAccountDocument } from '../accounts/account-document.ts';
import type { SessionDocument } from '../routes/api/admin/users.ts';
import { fields, formatTime, shorten, yesOrNo } from './output.ts';

/** In characters. */
const AGENT_CELL_MAX = 40;

export const columns = {
  ID: (account: AccountDocument) => account.id,
  EMAIL: (account: AccountDocument) => account.email ?? undefined,
  USERNAME: (account: AccountDocument) => account.username ?? undefined,
  NAME: (account: AccountDocument) => account.name,
  ROLES: (account: AccountDocument) => account.roles.join(' ') || undefined,
  TIER: (account: AccountDocument) => account.tier,
  STATE: stateOf,
  CREATED: (account: AccountDocument) => formatTime(account.created_at),
};

function stateOf(account: AccountDocument): string {
  if (account.blocked_at) return 'blocked';
  return account.email_verified ? 'verified' : 'unverified';
}

/** What it keeps to sign in with, where that was asked for. */
export function describe(account: AccountDocument | WholeAccountDocument): string {
  const kept = 'second_factors' in account ? account : undefined;
  return fields({
    Id: account.id,
    Name: account.name,
    Username: account.username ?? undefined,
    'E-mail': account.email ?? undefined,
    Verified: yesOrNo(account.email_verified),
    Roles: account.roles.join(' ') || 'none',
    Permissions: account.permissions.join(' ') || 'none',
    Tier: account.tier,
    ...(kept && {
      'Second factors': wordsOf(kept.second_factors),
      'Personal tokens': String(kept.personal_tokens),
    }),
    Blocked: account.blocked_at ? `since ${formatTime(account.blocked_at)}` : 'no',
    Created: formatTime(account.created_at),
    Changed: formatTime(account.updated_at),
  });
}

function wordsOf(factors: WholeAccountDocument['second_factors']): string {
  const { app_since: appSince, recovery_codes: recoveryCodes, passkeys } = factors;
  const words = [
    appSince && `authenticator app since ${formatTime(appSince)}`,
    recoveryCodes > 0 && `${recoveryCodes} recovery codes`,
    passkeys > 0 && `${passkeys} passkeys`,
  ];
  return words.filter(Boolean).join(', ') || 'none';
}

export const sessionColumns = {
  SESSION: (session: SessionDocument) => session.uid,
  'SIGNED IN': (session: SessionDocument) => session.signed_in_at && formatTime(session.signed_in_at),
  'LAST SEEN': (session: SessionDocument) => session.last_seen_at && formatTime(session.last_seen_at),
  ADDRESS: (session: SessionDocument) => session.address,
  EXPIRES: (session: SessionDocument) => formatTime(session.expires_at),
  CLIENTS: (session: SessionDocument) => session.client_ids.join(' ') || undefined,
  AGENT: (session: SessionDocument) => session.agent && shorten(session.agent, AGENT_CELL_MAX),
};
