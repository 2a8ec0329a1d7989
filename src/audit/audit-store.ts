// Rows of audit_events. Only added and read; never changed.
import type { Database } from '../base/database.ts';

export interface AuditEntry {
  event: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  address?: string | undefined;
  agent?: string | undefined;
  requestId?: string | undefined;
  details: object;
}

export interface AuditRow extends AuditEntry {
  id: string;
  occurredAt: Date;
}

export class AuditStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(entry: AuditEntry): Promise<void> {
    await this.#database.write({
      appends: true,
      text: `insert into audit_events (event, account_id, client_id, address, agent, request_id, details)
             values ($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        entry.event,
        entry.accountId ?? null,
        entry.clientId ?? null,
        entry.address ?? null,
        entry.agent ?? null,
        entry.requestId ?? null,
        JSON.stringify(entry.details),
      ],
    });
  }

  /** Newest first; `before` is the id of the last row of the page before. */
  async list(filter: {
    since?: Date;
    accountId?: string;
    before?: string;
    limit: number;
  }): Promise<AuditRow[]> {
    return this.#database.query<AuditRow & Record<string, unknown>>(
      `select id, occurred_at as "occurredAt", event, account_id as "accountId", client_id as "clientId",
              host(address) as address, agent, request_id as "requestId", details
         from audit_events
        where ($1::timestamptz is null or occurred_at >= $1)
          and ($2::uuid is null or account_id = $2)
          and ($3::bigint is null or id < $3)
        order by id desc limit $4`,
      [filter.since ?? null, filter.accountId ?? null, filter.before ?? null, filter.limit],
    );
  }
}
