// Owns when personal tokens were used last: gathered in memory, written now and then, so that no request writes for it. What a
// process that dies has gathered is lost: a minute.
import { digest } from '../base/crypto.ts';
import { PERSONAL_TOKEN_CLIENT_ID } from '../oidc/client.ts';
import type { LivingToken } from './living-token.ts';
import type { PersonalTokenStore } from './personal-token-store.ts';

/** More than are used in a minute; what is beyond waits for its next use. */
const MOST = 10_000;

export class PersonalTokenUses {
  readonly #store: PersonalTokenStore;
  #used = new Set<string>();

  constructor(store: PersonalTokenStore) {
    this.#store = store;
  }

  note(token: LivingToken): void {
    if (token.isOf(PERSONAL_TOKEN_CLIENT_ID)) this.#add(token.id);
  }

  /** The same for what the engine has found. */
  noteOf({ clientId, jti }: { clientId?: string; jti?: string }): void {
    if (clientId === PERSONAL_TOKEN_CLIENT_ID && jti !== undefined) this.#add(digest(jti).toString('hex'));
  }

  async write(): Promise<void> {
    if (this.#used.size === 0) return;
    const used = this.#used;
    this.#used = new Set();
    await this.#store.noteUses([...used], new Date(Date.now()));
  }

  #add(id: string): void {
    if (this.#used.size < MOST) this.#used.add(id);
  }
}
