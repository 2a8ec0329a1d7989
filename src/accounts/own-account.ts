// How a person leaves (LGPD art. 18, GDPR art. 17): the account goes with all that hangs on it, and what the audit has to keep of it
// is stripped of the person. What an administrator deletes keeps its trail (administration.ts).
import type { AuditStore } from '../audit/audit-store.ts';
import type { Database } from '../base/database.ts';
import type { Account } from './account.ts';
import type { Administration } from './administration.ts';

export interface OwnAccountDependencies {
  database: Database;
  administration: Administration;
  auditStore: AuditStore;
}

export class OwnAccount {
  readonly #its: OwnAccountDependencies;

  constructor(dependencies: OwnAccountDependencies) {
    this.#its = dependencies;
  }

  /** For good. Throws 409 for the last administrator, 404 when it is gone already; then nothing is changed. */
  async delete(accountId: string): Promise<void> {
    const { database, administration, auditStore } = this.#its;
    await database.transaction(async () => {
      await administration.delete(accountId);
      // Behind the row about the deletion itself, which says from where it came.
      await auditStore.forgetPerson(accountId);
    });
  }
}

/** What a person types to show that they mean this account: what they are known by. */
export function confirmationOf({ username, email, id }: Account): string {
  return username ?? email ?? id;
}

export function isConfirmed(account: Account, text: string): boolean {
  return text.trim().toLowerCase() === confirmationOf(account).toLowerCase();
}
