// The engine asks who somebody is, several times in a sign-in: an account of ours, or nobody. A blocked account is nobody.
import type { FindAccount } from 'oidc-provider';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import { isAdministrative } from '../accounts/permissions.ts';
import type { News } from '../base/news.ts';
import { Remembered } from '../base/remembered.ts';
import type { EngineAccount } from './admin-scope.ts';
import { engineClaimsOf } from './claims.ts';
import type { NeedsSecondFactor } from './interaction-policy.ts';

const LIMITS = { maxEntries: 1_000, maxBytes: 4 * 1024 * 1024, lifeMs: 10_000 };
/** Of an account in memory, generously. */
const BYTES = 2_000;

const SOURCES: ReadonlySet<string> = new Set(['AuthorizationCode', 'DeviceCode', 'RefreshToken']);

/** Hears of what the engine asks for: a token that somebody came with, or what one is made of. */
export type NoteTokenUse = (token: { clientId?: string; jti?: string }) => void;

export function createFindAccount(
  store: AccountStore,
  news: News,
  noteUse: NoteTokenUse,
  needsSecondFactor: NeedsSecondFactor,
): FindAccount {
  const known = new Remembered<Account>(news, LIMITS);

  async function find(id: string): Promise<Account | undefined> {
    const remembered = known.get(id);
    if (remembered) return remembered;
    const readAt = performance.now();
    const read = await store.findWithStanding(id);
    if (read) known.set(id, read.account, { standing: read.standing, readAt, bytes: BYTES });
    return read?.account;
  }

  return async (_ctx, id, token) => {
    const account = await find(id);
    if (!account || account.blockedAt) return undefined;
    if (token) noteUse(token);
    const isSure = async () => !cameWithOneProof(token) || !(await needsSecondFactor(id));
    const ours: EngineAccount = { mayAdminister: isAdministrative(account) && (await isSure()) };
    return { accountId: account.id, claims: () => engineClaimsOf(account), ...ours };
  };
}

/** What a token is made of tells how its person signed in; an app, a role or its rule may have come since. */
function cameWithOneProof(source: { kind?: string; acr?: string } | undefined): boolean {
  return SOURCES.has(source?.kind ?? '') && source?.acr === undefined;
}
