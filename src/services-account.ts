// The part of services.ts that is about a person's own account: who is at our pages, and what they see and end there.
import { OwnAccount } from './accounts/own-account.ts';
import type { AuditStore } from './audit/audit-store.ts';
import type { Audit } from './audit/audit.ts';
import type { Database } from './base/database.ts';
import type { FormTokens } from './http/same-origin.ts';
import { SignedInPeople, type SignedInDependencies } from './http/signed-in.ts';
import type { EngineStore } from './oidc/engine-store.ts';
import { OwnData, type OwnDataDependencies } from './oidc/own-data.ts';
import { Presence } from './oidc/presence.ts';
import type { createPeople } from './services-people.ts';

export interface AccountPagesInputs {
  database: Database;
  audit: Audit;
  auditStore: AuditStore;
  engineStore: EngineStore;
  formTokens: FormTokens;
  people: Pick<
    ReturnType<typeof createPeople>,
    'accountStore' | 'administration' | 'identityStore' | 'passkeys' | 'secondFactors'
  >;
  getProvider: SignedInDependencies['getProvider'];
  listPersonalTokens: OwnDataDependencies['listPersonalTokens'];
}

export function createAccountPages(inputs: AccountPagesInputs) {
  const { database, audit, auditStore, engineStore, formTokens, people, getProvider } = inputs;
  const { listPersonalTokens } = inputs;
  const { accountStore: accounts, administration, identityStore: identities } = people;
  const { passkeys, secondFactors } = people;
  const presence = new Presence({ database, store: engineStore, audit });
  return {
    ownAccount: new OwnAccount({ database, administration, auditStore }),
    ownData: new OwnData({
      accounts,
      identities,
      presence,
      auditStore,
      passkeys,
      secondFactors,
      listPersonalTokens,
    }),
    presence,
    signedInPeople: new SignedInPeople({
      getProvider,
      accounts,
      formTokens,
      needsSecondFactor: (accountId) => secondFactors.isAsked(accountId),
    }),
  };
}
