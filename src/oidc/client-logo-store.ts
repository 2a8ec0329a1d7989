// The pictures of clients, by their digests. What one may be is in client-logo.ts; which client has which stands with the
// client (client-store.ts reads the digest along).
import type { Database } from '../base/database.ts';
import type { ClientLogo } from './client-logo.ts';

export class ClientLogoStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(clientId: string, { digest, contentType, body }: ClientLogo): Promise<void> {
    await this.#database.query(
      `insert into client_logos (client_id, digest, content_type, body) values ($1, $2, $3, $4)
       on conflict (client_id) do update
          set digest = excluded.digest, content_type = excluded.content_type, body = excluded.body`,
      [clientId, digest, contentType, body],
    );
  }

  async delete(clientId: string): Promise<void> {
    await this.#database.query('delete from client_logos where client_id = $1', [clientId]);
  }

  async find(digest: string): Promise<Omit<ClientLogo, 'digest'> | undefined> {
    const row = await this.#database.find<{ content_type: ClientLogo['contentType']; body: Buffer }>(
      'select content_type, body from client_logos where digest = $1 limit 1',
      [digest],
    );
    return row && { contentType: row.content_type, body: row.body };
  }
}
