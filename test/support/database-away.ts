// A database that goes away for real: its connections are cut and new ones refused, until they are allowed again.
import pg from 'pg';
import type { TestDatabase } from './database.ts';

export class DatabaseDoor {
  readonly #administrator: pg.Client;
  readonly #name: string;

  private constructor(administrator: pg.Client, name: string) {
    this.#administrator = administrator;
    this.#name = name;
  }

  static async of({ connection }: TestDatabase): Promise<DatabaseDoor> {
    const administrator = new pg.Client({ ...connection, database: 'postgres' });
    await administrator.connect();
    return new DatabaseDoor(administrator, connection.database);
  }

  async allowConnections(isAllowed: boolean): Promise<void> {
    await this.#administrator.query(`alter database ${this.#name} allow_connections ${isAllowed}`);
    if (isAllowed) return;
    await this.#administrator.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
      [this.#name],
    );
  }

  close(): Promise<void> {
    return this.#administrator.end();
  }
}
