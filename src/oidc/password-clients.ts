// The pages that may speak JSON login (routes/api/auth): our own, those named in CORS_ORIGINS, and those where a client is at home that
// was allowed to collect passwords. Programs that are no page name no origin, and are not asked about here.
import type { Client } from './client.ts';
import type { ClientStore } from './client-store.ts';

/** Whoever asks with a made-up origin asks the database once in so long. */
const LIFE_MS = 5_000;

export class PasswordClients {
  readonly #clients: ClientStore;
  readonly #named: ReadonlySet<string>;
  #ofClients: { origins: Promise<ReadonlySet<string>>; until: number } | undefined;

  constructor(
    clients: ClientStore,
    { issuer, corsOrigins }: { issuer: string; corsOrigins: readonly string[] },
  ) {
    this.#clients = clients;
    this.#named = new Set([issuer, ...corsOrigins]);
  }

  /** For a client that has named itself. */
  isAtHome(origin: string, client: Client | undefined): boolean {
    return this.#named.has(origin) || originsOf(client?.metadata.redirect_uris ?? []).includes(origin);
  }

  /** Before a client has: some client may be at home there. Throws 503. */
  async isKnownOrigin(origin: string): Promise<boolean> {
    if (this.#named.has(origin)) return true;
    const now = performance.now();
    if (!this.#ofClients || this.#ofClients.until < now) {
      const origins = this.#clients.listPasswordLoginUris().then((uris) => new Set(originsOf(uris)));
      origins.catch(() => (this.#ofClients = undefined));
      this.#ofClients = { origins, until: now + LIFE_MS };
    }
    return (await this.#ofClients.origins).has(origin);
  }
}

/** Of addresses in the web: an application's own scheme has the origin "null", which is anybody's. */
function originsOf(uris: readonly string[]): string[] {
  return uris.flatMap((uri) => URL.parse(uri)?.origin ?? []).filter((origin) => origin !== 'null');
}
