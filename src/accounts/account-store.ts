// Rows of accounts: a person's record is read with its roles and permissions, in one statement (role-store.ts says how,
// and changes them). Digests of passwords leave only through findCredentials, findPasswordDigest and
// findDeviceOwner.
import { isUniqueViolation, type Database, type Row } from '../base/database.ts';
import { conflict, forbidden, type AppError } from '../base/errors.ts';
import type { Standing } from '../base/news.ts';
import { parseSnapshot, SNAPSHOT } from '../base/snapshot.ts';
import { normaliseEmail, type Account } from './account.ts';
import type { DeviceOwner } from './known-devices.ts';
import { ROLES_OF_ACCOUNT } from './role-store.ts';

export interface NewAccount {
  id: string;
  name: string;
  username?: string | undefined;
  email?: string | undefined;
  emailVerified: boolean;
  picture?: string | undefined;
  locale?: string | undefined;
  tier?: string | undefined;
  passwordDigest?: string | undefined;
}

export interface AccountFields {
  name?: string | undefined;
  username?: string | undefined;
  /** Together with `emailVerified`. */
  email?: string | undefined;
  /** A verified address stays verified. */
  emailVerified?: true | undefined;
  tier?: string | undefined;
  /** `null`: none any more; so is `picture`. */
  locale?: string | null | undefined;
  picture?: null | undefined;
  passwordDigest?: string | undefined;
}

export interface Credentials {
  account: Account;
  passwordDigest: string | undefined;
  /** As KnownDevices knows it. */
  devicesFrom: Date | undefined;
}

const COLUMNS = `a.id, a.username, a.name, a.email, a.email_verified as "emailVerified", a.picture, a.locale, a.tier,
  a.blocked_at as "blockedAt", a.created_at as "createdAt", a.updated_at as "updatedAt",
  ${ROLES_OF_ACCOUNT}`;

const CREDENTIALS = 'a.password_digest as "passwordDigest", a.devices_from as "devicesFrom"';

export class AccountStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(id: string): Promise<Account | undefined> {
    return toAccount(await this.#database.find(`select ${COLUMNS} from accounts a where a.id = $1`, [id]));
  }

  /** For whoever remembers it: with what the news may say about it. */
  async findWithStanding(id: string): Promise<{ account: Account; standing: Standing } | undefined> {
    const row = await this.#database.find<Row & { snapshot: string }>(
      `select ${COLUMNS}, ${SNAPSHOT} from accounts a where a.id = $1`,
      [id],
    );
    if (!row) return undefined;
    const { snapshot, ...columns } = row;
    const standing = { snapshot: parseSnapshot(snapshot), subjects: [`account ${id}`] };
    return { account: accountOf(columns), standing };
  }

  /** Of several accounts that claim an address, the one that proved it. */
  async findByEmail(email: string): Promise<Account | undefined> {
    const row = await this.#database.find(
      `select ${COLUMNS} from accounts a where lower(a.email) = $1
        order by a.email_verified desc, a.id limit 1`,
      [normaliseEmail(email)],
    );
    return toAccount(row);
  }

  async findByUsername(username: string): Promise<Account | undefined> {
    return toAccount(
      await this.#database.find(`select ${COLUMNS} from accounts a where lower(a.username) = lower($1)`, [
        username,
      ]),
    );
  }

  async findCredentialsByUsername(username: string): Promise<Credentials | undefined> {
    return toCredentials(
      await this.#database.find(
        `select ${COLUMNS}, ${CREDENTIALS} from accounts a
          where lower(a.username) = lower($1)`,
        [username],
      ),
    );
  }

  async findCredentialsByVerifiedEmail(email: string): Promise<Credentials | undefined> {
    return toCredentials(
      await this.#database.find(
        `select ${COLUMNS}, ${CREDENTIALS} from accounts a
          where lower(a.email) = $1 and a.email_verified`,
        [normaliseEmail(email)],
      ),
    );
  }

  /** Undefined when there is no such account, or it has no password. */
  async findPasswordDigest(id: string): Promise<string | undefined> {
    const row = await this.#database.find<{ digest: string | null }>(
      'select password_digest as digest from accounts where id = $1',
      [id],
    );
    return row?.digest ?? undefined;
  }

  async findDeviceOwner(id: string): Promise<DeviceOwner> {
    const row = await this.#database.find(`select ${CREDENTIALS} from accounts a where a.id = $1`, [id]);
    return { accountId: id, ...credentialsOf(row ?? {}) };
  }

  /**
   * Whether the account can be signed in to with a password. `isLocked`: nobody changes the account, and nobody else asks so,
   * until the transaction ends.
   */
  async findPasswordWay(
    id: string,
    { isLocked = false } = {},
  ): Promise<{ hasPassword: boolean; isBlocked: boolean } | undefined> {
    return this.#database.find(
      `select password_digest is not null and (username is not null or email_verified) as "hasPassword",
              blocked_at is not null as "isBlocked"
         from accounts where id = $1 ${isLocked ? 'for no key update' : ''}`,
      [id],
    );
  }

  /** Newest first; `before` is the id of the last row of the page before. */
  async list({ before, limit }: { before?: string | undefined; limit: number }): Promise<Account[]> {
    const rows = await this.#database.query(
      `select ${COLUMNS} from accounts a where ($1::uuid is null or a.id < $1) order by a.id desc limit $2`,
      [before ?? null, limit],
    );
    return rows.map(accountOf);
  }

  /** Throws 409 with the field that somebody else has. */
  async insert(account: NewAccount): Promise<void> {
    try {
      await this.#database.query(
        `insert into accounts (id, username, name, email, email_verified, picture, locale, tier, password_digest)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          account.id,
          account.username ?? null,
          account.name,
          account.email ?? null,
          account.emailVerified,
          account.picture ?? null,
          account.locale ?? null,
          account.tier ?? 'free',
          account.passwordDigest ?? null,
        ],
      );
    } catch (error) {
      throw takenOr(error);
    }
  }

  /** Changes what is given. False when there is no such account. Throws 409 with the field that somebody else has. */
  async update(id: string, fields: AccountFields): Promise<boolean> {
    try {
      const row = await this.#database.find(
        `update accounts set name = coalesce($2, name), username = coalesce($3, username),
                email_verified = email_verified or $4, tier = coalesce($5, tier),
                password_digest = coalesce($6, password_digest),
                locale = case when $7 then $8 else locale end, picture = case when $9 then null else picture end,
                email = coalesce($10, email), updated_at = now()
          where id = $1 returning 1`,
        [
          id,
          fields.name ?? null,
          fields.username ?? null,
          fields.emailVerified ?? false,
          fields.tier ?? null,
          fields.passwordDigest ?? null,
          fields.locale !== undefined,
          fields.locale ?? null,
          fields.picture === null,
          fields.email ?? null,
        ],
      );
      return row !== undefined;
    } catch (error) {
      throw takenOr(error);
    }
  }

  /** Compare-and-set: a password that was changed meanwhile stays. Without `previous` there must be none yet. */
  async replacePasswordDigest(id: string, previous: string | undefined, next: string): Promise<boolean> {
    const row = await this.#database.find(
      'update accounts set password_digest = $3 where id = $1 and password_digest is not distinct from $2 returning 1',
      [id, previous ?? null, next],
    );
    return row !== undefined;
  }

  /** What this request changes is kept only while the account is as it was: no other password, and no alarm since. */
  requireUnchanged({ accountId, passwordDigest, devicesFrom }: DeviceOwner): Promise<void> {
    return this.#database.write({
      text: `select 1 from accounts where id = $1 and password_digest is not distinct from $2
                and devices_from is not distinct from $3 for share`,
      values: [accountId, passwordDigest ?? null, devicesFrom ?? null],
      lost: signInAgain,
    });
  }

  /** What this request changes is kept only while the account is there and may be signed in to. */
  requireUnblocked(id: string): Promise<void> {
    return this.#database.write({
      text: 'select 1 from accounts where id = $1 and blocked_at is null for share',
      values: [id],
      lost: signInAgain,
    });
  }

  /** It has no password any more, and knows no browser. False when there is no such account. */
  async distrust(id: string, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      'update accounts set password_digest = null, devices_from = $2, updated_at = now() where id = $1 returning 1',
      [id, now],
    );
    return row !== undefined;
  }

  /** False when there is no such account, or it is blocked already. */
  async block(id: string): Promise<boolean> {
    const row = await this.#database.find(
      'update accounts set blocked_at = now() where id = $1 and blocked_at is null returning 1',
      [id],
    );
    return row !== undefined;
  }

  /** False when there is no such account, or it is not blocked. */
  async unblock(id: string): Promise<boolean> {
    const row = await this.#database.find(
      'update accounts set blocked_at = null where id = $1 and blocked_at is not null returning 1',
      [id],
    );
    return row !== undefined;
  }

  /** Identities, roles and one-time tokens go with it. */
  async delete(id: string): Promise<boolean> {
    return (await this.#database.find('delete from accounts where id = $1 returning 1', [id])) !== undefined;
  }
}

function toAccount(row: Row | undefined): Account | undefined {
  return row && accountOf(row);
}

function toCredentials(row: Row | undefined): Credentials | undefined {
  if (!row) return undefined;
  const { passwordDigest, devicesFrom, ...account } = row;
  return { account: accountOf(account), ...credentialsOf({ passwordDigest, devicesFrom }) };
}

function credentialsOf({ passwordDigest, devicesFrom }: Row): Omit<Credentials, 'account'> {
  return {
    passwordDigest: (passwordDigest as string | null) ?? undefined,
    devicesFrom: (devicesFrom as Date | null) ?? undefined,
  };
}

/** What the database calls null is simply not there. */
function accountOf(row: Row): Account {
  const present = Object.entries(row).map(([column, value]) => [column, value ?? undefined]);
  return Object.fromEntries(present) as Account;
}

export function emailTaken(cause?: unknown): AppError {
  return conflict('There is already an account with this e-mail address.', {
    field: 'email',
    reason: 'emailTaken',
    cause,
  });
}

function signInAgain(): AppError {
  return forbidden('sign_in_again', 'The account was changed in the meantime. Sign in again.');
}

/** What the unique indexes say about a row, in words for people. */
function takenOr(error: unknown): unknown {
  if (isUniqueViolation(error, 'accounts_username')) return usernameTaken(error);
  return isUniqueViolation(error, 'accounts_verified_email') ? emailTaken(error) : error;
}

function usernameTaken(cause: unknown): AppError {
  return conflict('This username is taken. Choose another one.', {
    field: 'username',
    reason: 'usernameTaken',
    cause,
  });
}
