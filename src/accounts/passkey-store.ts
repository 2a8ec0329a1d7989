// Rows of passkeys. Nothing in them is secret: a passkey is a public key, and its id names it to its owner's devices.
// What counts as a use of one is decided in passkey-sign-in.ts; here only that it counts once.
import type { Database, Row } from '../base/database.ts';

export interface NewPasskey {
  /** As browsers write it (base64url). */
  id: string;
  accountId: string;
  name: string;
  /** COSE_Key. */
  publicKey: Uint8Array;
  signCount: number;
  transports: readonly string[];
  aaguid: string;
  /** May be copied to other devices of its owner; fixed for its life. */
  isSyncable: boolean;
  isSynced: boolean;
}

export interface Passkey extends Omit<NewPasskey, 'publicKey' | 'signCount' | 'aaguid'> {
  createdAt: Date;
  lastUsedAt: Date | undefined;
}

export interface PasskeyUse {
  id: string;
  signCount: number;
  isSynced: boolean;
}

export class PasskeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** False when an account, whichever, has a passkey of this id. */
  async insertUnlessKnown(passkey: NewPasskey, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `insert into passkeys (credential_id, account_id, name, public_key, sign_count, transports, aaguid,
                             is_syncable, is_synced, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict do nothing returning 1`,
      [
        bytesOf(passkey.id),
        passkey.accountId,
        passkey.name,
        Buffer.from(passkey.publicKey),
        passkey.signCount,
        [...passkey.transports],
        passkey.aaguid,
        passkey.isSyncable,
        passkey.isSynced,
        now,
      ],
    );
    return row !== undefined;
  }

  /** Oldest first. */
  async list(accountId: string): Promise<Passkey[]> {
    const rows = await this.#database.query(
      `select credential_id as id, account_id as "accountId", name, transports, is_syncable as "isSyncable",
              is_synced as "isSynced", created_at as "createdAt", last_used_at as "lastUsedAt"
         from passkeys where account_id = $1 order by created_at, credential_id`,
      [accountId],
    );
    return rows.map(passkeyOf);
  }

  async count(accountId: string): Promise<number> {
    const rows = await this.#database.query('select 1 from passkeys where account_id = $1', [accountId]);
    return rows.length;
  }

  async find(id: string): Promise<{ accountId: string; publicKey: Buffer; isSyncable: boolean } | undefined> {
    return this.#database.find(
      `select account_id as "accountId", public_key as "publicKey", is_syncable as "isSyncable"
         from passkeys where credential_id = $1`,
      [bytesOf(id)],
    );
  }

  /**
   * WebAuthn §6.1.1, compare-and-set: false when the count did not grow, so that somebody else may have a copy, or when the
   * passkey is gone. An authenticator that does not count says 0 every time.
   */
  async use({ id, signCount, isSynced }: PasskeyUse, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `update passkeys set sign_count = $2, is_synced = $3, last_used_at = $4
        where credential_id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0)) returning 1`,
      [bytesOf(id), signCount, isSynced, now],
    );
    return row !== undefined;
  }

  async rename(accountId: string, id: string, name: string): Promise<boolean> {
    const row = await this.#database.find(
      'update passkeys set name = $3 where account_id = $1 and credential_id = $2 returning 1',
      [accountId, bytesOf(id), name],
    );
    return row !== undefined;
  }

  async delete(accountId: string, id: string): Promise<void> {
    await this.#database.query('delete from passkeys where account_id = $1 and credential_id = $2', [
      accountId,
      bytesOf(id),
    ]);
  }

  /** How many there were. */
  async deleteAddedSince(accountId: string, since: Date): Promise<number> {
    const rows = await this.#database.query(
      'delete from passkeys where account_id = $1 and created_at >= $2 returning 1',
      [accountId, since],
    );
    return rows.length;
  }

  /** How many went. */
  async deleteAllOf(accountId: string): Promise<number> {
    const rows = await this.#database.query('delete from passkeys where account_id = $1 returning 1', [
      accountId,
    ]);
    return rows.length;
  }
}

function passkeyOf(row: Row): Passkey {
  const { id, lastUsedAt, ...rest } = row as Row & { id: Buffer; lastUsedAt: Date | null };
  return { ...rest, id: id.toString('base64url'), lastUsedAt: lastUsedAt ?? undefined } as Passkey;
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id, 'base64url');
}
