// Owns the long-lived tokens that an administrator gives to a service: the engine's client credentials (RFC 6749 §4.4) under
// an id of ours, made by hand. They live and die as every token of their client does; personal tokens are somebody else's.
import type { Provider } from 'oidc-provider';
import type { Audit } from '../audit/audit.ts';
import { digest } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { invalidRequest, notFound } from '../base/errors.ts';
import { isPublic, type Client } from '../oidc/client.ts';
import type { Clients } from '../oidc/clients.ts';
import { ownScopesOf, scopesOf } from '../oidc/scopes.ts';
import { makePrefixedToken } from './prefixed-token.ts';
import { fingerprintOf, type ServiceTokenPage, type ServiceTokenStore } from './service-token-store.ts';

export interface ServiceTokenInput {
  /** What a list calls it. */
  name?: string | undefined;
  /** Separated by spaces; otherwise every scope of the client that means something without a person. */
  scope?: string | undefined;
  expiresInSeconds?: number | undefined;
}

export interface NewServiceToken {
  /** In clear, this once. */
  token: string;
  clientId: string;
  fingerprint: string;
  name: string;
  scope: string;
  expiresAt: Date;
}

export interface ServiceTokensDependencies {
  database: Database;
  store: ServiceTokenStore;
  clients: Clients;
  audit: Audit;
  /** The engine of now. */
  getProvider: () => Provider;
}

const DAY_SECONDS = 86_400;
const DEFAULT_SECONDS = 365 * DAY_SECONDS;
const MAX_SECONDS = 10 * 365 * DAY_SECONDS;
/** A machine has no person to show, and no session to outlive. */
const SCOPES_OF_PEOPLE = new Set(['openid', 'profile', 'email', 'offline_access']);

export class ServiceTokens {
  readonly #its: ServiceTokensDependencies;

  constructor(dependencies: ServiceTokensDependencies) {
    this.#its = dependencies;
  }

  /** Throws 404 for an unknown client, 400 for a public one and for what it may not have. */
  async create(clientId: string, input: ServiceTokenInput = {}): Promise<NewServiceToken> {
    const { database, store, clients, audit } = this.#its;
    const name = (input.name ?? 'service token').trim();
    if (name === '' || name.length > 100) {
      throw invalidRequest('A name has 1 to 100 characters.', { field: 'name' });
    }
    const expiresIn = input.expiresInSeconds ?? DEFAULT_SECONDS;
    if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > MAX_SECONDS) {
      throw invalidRequest('A service token lives ten years at most.', { field: 'expires' });
    }
    const token = makePrefixedToken('ptr_svc_');
    const fingerprint = fingerprintOf(digest(token));
    // The client is held meanwhile: a scope that is taken away at this moment is not in a token afterwards.
    return database.transaction(async () => {
      const scope = allowedScope(await clients.getHeld(clientId), input.scope);
      const expiresAt = new Date(Date.now() + expiresIn * 1000);
      await this.#save(clientId, token, scope, expiresIn);
      await store.name(token, name);
      await audit.record(
        'service_token.created',
        { clientId },
        { fingerprint, name, scope, expires_at: expiresAt.toISOString() },
      );
      return { token, clientId, fingerprint, name, scope, expiresAt };
    });
  }

  /** Throws 404 for an unknown client. */
  async list(
    clientId: string,
    page: { after?: Buffer | undefined; limit: number },
  ): Promise<ServiceTokenPage> {
    await this.#its.clients.get(clientId);
    return this.#its.store.list(clientId, page);
  }

  /** Throws 404 when the client has no such token. */
  async revoke(clientId: string, fingerprint: string): Promise<void> {
    const { database, store, audit } = this.#its;
    await database.transaction(async () => {
      if (!(await store.delete(clientId, fingerprint.toLowerCase()))) {
        throw notFound(
          `The client "${clientId}" has no such token. List them with: npx portaria clients tokens ${clientId}`,
        );
      }
      await audit.record('token.revoked', { clientId }, { fingerprint });
    });
  }

  async #save(clientId: string, token: string, scope: string, expiresIn: number): Promise<void> {
    const provider = this.#its.getProvider();
    const client = await provider.Client.find(clientId);
    if (!client) throw notFound(`There is no client "${clientId}".`);
    await saveAs(token, new provider.ClientCredentials({ client, scope }), expiresIn);
  }
}

/** Stores a token of the engine under an id that we made. */
export async function saveAs(
  token: string,
  model: { save: () => Promise<unknown> },
  expiresIn: number,
): Promise<void> {
  // What the engine sets when it makes up an id itself.
  Object.assign(model, { jti: token, format: 'opaque', expiresIn });
  await model.save();
}

function allowedScope(client: Client, wanted: string | undefined): string {
  if (isPublic(client)) {
    throw invalidRequest(
      `"${client.id}" is a public client. A service token is for a service that can keep a secret: make a confidential client.`,
    );
  }
  if (client.metadata.dpop_bound_access_tokens) {
    throw invalidRequest(
      `Every token of "${client.id}" is bound to a key (--dpop), and a service token is bound to none. Use another client.`,
    );
  }
  // A scope of a resource means nothing in a token that is for no resource.
  const allowed = ownScopesOf(client.metadata.scope);
  if (wanted === undefined) return [...allowed].filter((scope) => !SCOPES_OF_PEOPLE.has(scope)).join(' ');
  const scopes = [...scopesOf(wanted)];
  const missing = scopes.filter((scope) => !allowed.has(scope));
  if (missing.length > 0) {
    throw invalidRequest(
      `The client "${client.id}" is not registered for the scope ${missing.join(' ')}. It may have: ${[...allowed].join(' ')}.`,
      { field: 'scope' },
    );
  }
  return scopes.join(' ');
}
