// Rows of refresh_replays: what a refresh was answered, for as long as it may be sent once more, sealed for the token that it
// answers. It names tables of other stores, and only reads them: that a repeat may be answered must be true of all that its
// tokens stand on at one moment.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import type { SealedColumn, Sealer } from '../base/seal.ts';
import { deleteOldest } from '../base/sweep.ts';

export interface RefreshReplay {
  /** The refresh token that was used, and the one that it gave. */
  token: string;
  successor: string;
  requestDigest: Buffer;
  /** The body, as it was sent. */
  answer: string;
  expiresAt: Date;
}

/** A window that is open: nobody has used the successor yet. */
export interface FoundReplay {
  accountId: string | undefined;
  usedAt: Date;
  requestDigest: Buffer;
  answer: string;
  /** The successor, and everything that it stands on: grant, session (when bound to one), client, person. */
  isAlive: boolean;
}

interface ReplayRow extends Record<string, unknown> {
  account_id: string | null;
  used_at: Date;
  request_digest: Buffer;
  answer_sealed: string;
  is_alive: boolean;
}

const PURPOSE = 'refresh-replay';

const FIND_REPLAY = `
  select t.account_id, t.consumed_at as used_at, r.request_digest, r.answer_sealed,
         s.expires_at > $2
           and exists (select 1 from clients c where c.id = s.client_id)
           and exists (select 1 from accounts a where a.id = s.account_id and a.blocked_at is null)
           and exists (select 1 from grants g where g.id_digest = s.grant_digest and g.expires_at > $2)
           and (s.session_uid is null
                or exists (select 1 from sessions b
                            where b.uid = s.session_uid and b.account_id = s.account_id and b.expires_at > $2
                              and b.payload->'authorizations'->s.client_id->>'grantId' = s.payload->>'grantId'))
           as is_alive
    from refresh_replays r
    join tokens t on t.id_digest = r.token_digest
    join tokens s on s.id_digest = r.successor_digest
   where r.token_digest = $1 and r.expires_at > $2`;

export class RefreshReplayStore {
  readonly #database: Database;
  readonly #sealer: Sealer;

  constructor(database: Database, sealer: Sealer) {
    this.#database = database;
    this.#sealer = sealer;
  }

  /** The outer seal; the inner one needs the token. */
  get sealed(): SealedColumn {
    return {
      table: 'refresh_replays',
      column: 'answer_sealed',
      key: { column: 'token_digest', type: 'bytea' },
      sealer: this.#sealer,
      contextOf: ({ key }) => contextOf(key as Buffer),
    };
  }

  /** Undefined when the token was not used, its window has passed, or its tokens are gone. */
  async find(token: string): Promise<FoundReplay | undefined> {
    const row = await this.#database.find<ReplayRow>(FIND_REPLAY, [digest(token), new Date(Date.now())]);
    return (
      row && {
        accountId: row.account_id ?? undefined,
        usedAt: row.used_at,
        requestDigest: row.request_digest,
        answer: this.#sealer.open(row.answer_sealed, contextOf(digest(token))),
        isAlive: row.is_alive,
      }
    );
  }

  /** Joins the unit of work; of two that answer one token, the compare-and-set of the token decides. */
  async insert({ token, successor, requestDigest, answer, expiresAt }: RefreshReplay): Promise<void> {
    const sealed = this.#sealer.seal(answer, contextOf(digest(token)));
    await this.#database.write({
      key: `replay-of:${token}`,
      text: `insert into refresh_replays (token_digest, successor_digest, request_digest, answer_sealed, expires_at)
             values ($1, $2, $3, $4, $5) on conflict (token_digest) do nothing returning 1`,
      values: [digest(token), digest(successor), requestDigest, sealed, expiresAt],
    });
  }

  /** Closes the window of the refresh that gave this token. Joins the unit of work. */
  async deleteBefore(successor: string): Promise<void> {
    await this.#database.write({
      key: `replay-before:${successor}`,
      text: 'delete from refresh_replays where successor_digest = $1 returning 1',
      values: [digest(successor)],
    });
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(): Promise<number> {
    const rows = { table: 'refresh_replays', key: 'token_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, new Date(Date.now()));
  }
}

function contextOf(tokenDigest: Buffer): string {
  return `${PURPOSE}:${tokenDigest.toString('base64url')}`;
}
