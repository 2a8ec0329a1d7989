// Rows of audit_events. Only added and read, and stripped of a person who leaves; after AUDIT_RETENTION they go.
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export interface AuditEntry {
  event: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  address?: string | undefined;
  agent?: string | undefined;
  requestId?: string | undefined;
  /** The account that acted, where an administrator did. */
  actorId?: string | undefined;
  details: object;
}

export interface AuditRow extends AuditEntry {
  id: string;
  occurredAt: Date;
}

/** Of one person, to find a sign-in among. */
const ROWS_LOOKED_AT = 5_000;

type Row = AuditRow & Record<string, unknown>;

export class AuditStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(entry: AuditEntry): Promise<void> {
    await this.#database.write({
      appends: true,
      text: `insert into audit_events (event, account_id, client_id, address, agent, request_id, actor_id, details)
             values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [
        entry.event,
        entry.accountId ?? null,
        entry.clientId ?? null,
        entry.address ?? null,
        entry.agent ?? null,
        entry.requestId ?? null,
        entry.actorId ?? null,
        JSON.stringify(entry.details),
      ],
    });
  }

  /** Newest first; `before` is the id of the last row of the page before. */
  list(filter: {
    since?: Date | undefined;
    accountId?: string | undefined;
    actorId?: string | undefined;
    before?: string | undefined;
    limit: number;
  }): Promise<AuditRow[]> {
    const values: unknown[] = [filter.since ?? '-infinity', filter.before ?? null, filter.limit];
    const wanted = { account_id: filter.accountId, actor_id: filter.actorId };
    const conditions = Object.entries(wanted).flatMap(([column, id]) =>
      id === undefined ? [] : [`${column} = $${values.push(id)}`],
    );
    return this.#database.query<Row>(listOf(conditions.join(' and ') || 'true'), values);
  }

  /**
   * What happened to one account, of these events, newest first; `before` as in `list`. Renewals, one an hour of each program, are
   * left out.
   */
  listHistory(
    accountId: string,
    { events, before, limit }: { events: readonly string[]; before?: string | undefined; limit: number },
  ): Promise<AuditRow[]> {
    const condition = `account_id = $4 and event = any($5)
             and not (event = 'token.issued' and details->>'grant_type' = 'refresh_token')`;
    const values = ['-infinity', before ?? null, limit, accountId, [...events]];
    return this.#database.query<Row>(listOf(condition), values);
  }

  /** Whether somebody has signed in through a client from a network (an address, or a CIDR), as far as the last rows of theirs tell. */
  async hasSignedIn(
    accountId: string,
    { clientId, network, since }: { clientId: string; network: string; since: Date },
  ): Promise<boolean> {
    const row = await this.#database.find(
      `select 1 from (
         select event, client_id, address from audit_events
          where account_id = $1 and occurred_at > $2 order by occurred_at desc, id desc limit ${ROWS_LOOKED_AT}) latest
        where event = 'sign_in.succeeded' and client_id = $3 and address <<= $4::inet limit 1`,
      [accountId, since, clientId, network],
    );
    return row !== undefined;
  }

  /** What happened, and what they did to others, stays, under an identifier that is nobody's any more. Only inside a transaction. */
  async forgetPerson(accountId: string): Promise<void> {
    await this.#database.queryPatiently(
      `update audit_events set address = null, agent = null, request_id = null
        where (account_id = $1 or actor_id = $1) and (address is not null or agent is not null or request_id is not null)`,
      [accountId],
    );
  }

  /** One batch (base/sweep.ts) of what happened before a time. */
  deleteBefore(time: Date): Promise<number> {
    return deleteOldest(this.#database, { table: 'audit_events', key: 'id', time: 'occurred_at' }, time);
  }
}

/** By time and not by id alone: the index then ends where `since` does, however little happened since. */
function listOf(condition: string): string {
  return `select id, occurred_at as "occurredAt", event, account_id as "accountId", client_id as "clientId",
                 host(address) as address, agent, request_id as "requestId",
                 actor_id as "actorId", details
            from audit_events
           where ${condition} and occurred_at >= $1
             and (occurred_at, id) < (
               case when $2::bigint is null then 'infinity' else (select occurred_at from audit_events where id = $2) end,
               coalesce($2, 9223372036854775807))
           order by occurred_at desc, id desc limit $3`;
}
