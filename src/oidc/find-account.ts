// The engine asks who somebody is: an account of ours, or nobody. A blocked account is nobody.
import type { FindAccount } from 'oidc-provider';
import type { Account } from '../accounts/account.ts';
import { engineClaimsOf } from './claims.ts';

export function createFindAccount(find: (id: string) => Promise<Account | undefined>): FindAccount {
  return async (_ctx, id) => {
    const account = await find(id);
    if (!account || account.blockedAt) return undefined;
    return { accountId: account.id, claims: () => engineClaimsOf(account) };
  };
}
