// The statements behind reseal.ts. They name tables of all stores, but know nothing of them: which column, under which key,
// comes from the store that owns it (SealedColumn), never from outside.
import type { Database, Row } from './database.ts';
import type { SealedColumn } from './seal.ts';

interface SealedRow extends Row {
  key: string | Buffer;
  /** Null when there is nothing to do. */
  sealed: string | null;
}

const AHEAD_OF_ALL = {
  bytea: Buffer.alloc(0),
  text: '',
  bigint: '0',
  uuid: '00000000-0000-0000-0000-000000000000',
};

export class ResealStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All rows in the order of their keys, page by page: no statement takes long, however large the table is. */
  async *pages(column: SealedColumn, limit: number): AsyncIterable<SealedRow[]> {
    const { table, key, reads = [], sealer } = column;
    const text = `
      select ${[`${key.column} as key`, ...reads].join(', ')},
             case when not starts_with(${column.column}, $2) then ${column.column} end as sealed
        from ${table} where ${key.column} > $1 order by ${key.column} limit $3`;
    let after: string | Buffer = AHEAD_OF_ALL[key.type];
    for (;;) {
      const rows: SealedRow[] = await this.#database.query<SealedRow>(text, [after, sealer.prefix, limit]);
      yield rows;
      const last = rows.at(-1);
      if (!last || rows.length < limit) return;
      after = last.key;
    }
  }

  /** False when the row is gone or no longer what was read. */
  async replace(column: SealedColumn, key: unknown, from: string, to: string): Promise<boolean> {
    const rows = await this.#database.query(
      `update ${column.table} set ${column.column} = $3
        where ${column.key.column} = $1 and ${column.column} = $2 returning 1`,
      [key, from, to],
    );
    return rows.length > 0;
  }
}
