// Rows of passkey_challenges: what a passkey has to sign, once. One for each holder at most, kept by digests alone, so that
// whoever reloads a page a thousand times leaves one row. Times come from the caller's clock.
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { deleteOldest } from '../base/sweep.ts';

export interface PasskeyChallengeRow {
  /** Who may answer: a session, or a sign-in. Whoever ends that ends the question. */
  holder: string;
  /** As it stands in what the browser signs (base64url). */
  challenge: string;
  expiresAt: Date;
}

export class PasskeyChallengeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The latest of a holder takes the place of the one before. */
  async put({ holder, challenge, expiresAt }: PasskeyChallengeRow): Promise<void> {
    await this.#database.query(
      `insert into passkey_challenges (holder_digest, challenge_digest, expires_at)
       values ($1, $2, $3)
       on conflict (holder_digest) do update
         set challenge_digest = excluded.challenge_digest, expires_at = excluded.expires_at`,
      [digest(holder), digest(challenge), expiresAt],
    );
  }

  /** True for one caller only, over all processes. */
  async take(holder: string, challenge: string, now: Date): Promise<boolean> {
    const row = await this.#database.find(
      `delete from passkey_challenges
        where holder_digest = $1 and challenge_digest = $2 and expires_at > $3 returning 1`,
      [digest(holder), digest(challenge), now],
    );
    return row !== undefined;
  }

  /** One batch (base/sweep.ts). */
  deleteExpired(now: Date): Promise<number> {
    const rows = { table: 'passkey_challenges', key: 'holder_digest', time: 'expires_at' };
    return deleteOldest(this.#database, rows, now);
  }
}
