// What a role asks of those who have it. Which roles somebody has is changed with their account (administration.ts).
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { notFound } from '../base/errors.ts';
import type { Role, RoleStore } from './role-store.ts';

export class Roles {
  readonly #database: Database;
  readonly #store: RoleStore;
  readonly #audit: Audit;

  constructor(database: Database, store: RoleStore, audit: Audit) {
    this.#database = database;
    this.#store = store;
    this.#audit = audit;
  }

  /** All of them, by name: there are a handful. */
  list(): Promise<Role[]> {
    return this.#store.list();
  }

  /**
   * From now on those with the role sign in with a second factor, or need not. Nobody is signed out: whoever is signed in is asked at
   * the next service that they open. Throws 404.
   */
  async requireSecondFactor(id: string, isRequired: boolean): Promise<Role> {
    return this.#database.transaction(async () => {
      const role = await this.#store.setSecondFactorRequired(id, isRequired);
      if (!role) throw notFound(`There is no role "${id}". List them with: npx portaria roles list`);
      const details = { role: id, second_factor_required: isRequired };
      await this.#audit.record('role.updated', {}, details);
      return role;
    });
  }
}
