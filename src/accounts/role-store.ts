// Rows of roles and account_roles: which roles there are, and who holds them. A person's record is account-store.ts's,
// which reads roles with it; of that record nothing is known here but who is blocked.
import type { Database, Row } from '../base/database.ts';

/** Columns `roles` and `permissions` of the account `a`, for the statement that reads it. */
export const ROLES_OF_ACCOUNT = `array(select role_id from account_roles where account_id = a.id order by role_id) as roles,
  array(select distinct unnest(r.permissions) as permission
          from account_roles ar join roles r on r.id = ar.role_id
         where ar.account_id = a.id order by permission) as permissions`;

export interface Role {
  id: string;
  permissions: string[];
  secondFactorRequired: boolean;
  /** Who have it. */
  people: number;
}

const COLUMNS = `id, permissions, second_factor_required as "secondFactorRequired",
  (select count(*)::int from account_roles where role_id = roles.id) as people`;

export class RoleStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a role unless it is there. */
  async ensure(role: string, permissions: readonly string[]): Promise<void> {
    await this.#database.write({
      text: 'insert into roles (id, permissions) values ($1, $2) on conflict (id) do nothing',
      values: [role, [...permissions]],
    });
  }

  async findMissing(roles: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(
      'select wanted.id from unnest($1::text[]) as wanted (id) where not exists (select 1 from roles r where r.id = wanted.id)',
      [[...roles]],
    );
    return rows.map(({ id }) => id);
  }

  /** The account has exactly these roles afterwards. Only inside a transaction. */
  async setOf(accountId: string, roles: readonly string[]): Promise<void> {
    await this.#database.query('delete from account_roles where account_id = $1 and role_id <> all($2)', [
      accountId,
      [...roles],
    ]);
    await this.#database.query(
      'insert into account_roles (account_id, role_id) select $1, unnest($2::text[]) on conflict do nothing',
      [accountId, [...roles]],
    );
  }

  list(): Promise<Role[]> {
    return this.#database.query<Role & Row>(`select ${COLUMNS} from roles order by id`);
  }

  /** Undefined when there is no such role. */
  setSecondFactorRequired(id: string, isRequired: boolean): Promise<Role | undefined> {
    return this.#database.find<Role & Row>(
      `update roles set second_factor_required = $2 where id = $1 returning ${COLUMNS}`,
      [id, isRequired],
    );
  }

  /** Whether one of the account's roles wants a second factor. */
  async requiresSecondFactor(accountId: string): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from account_roles ar join roles r on r.id = ar.role_id
        where ar.account_id = $1 and r.second_factor_required limit 1`,
      [accountId],
    );
    return row !== undefined;
  }

  /** Holds up everybody else who wants the same until the transaction ends. */
  async lock(role: string): Promise<void> {
    await this.#database.query('select 1 from roles where id = $1 for update', [role]);
  }

  async isHeld(role: string): Promise<boolean> {
    // In the order of the index here and below: a rare role is found without reading all the others.
    const row = await this.#database.find(
      'select 1 from account_roles where role_id = $1 order by account_id limit 1',
      [role],
    );
    return row !== undefined;
  }

  /** True when somebody else who is not blocked holds the role. */
  async isHeldBesides(role: string, accountId: string): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from account_roles ar join accounts a on a.id = ar.account_id
        where ar.role_id = $1 and a.id <> $2 and a.blocked_at is null
        order by ar.account_id limit 1`,
      [role, accountId],
    );
    return row !== undefined;
  }
}
