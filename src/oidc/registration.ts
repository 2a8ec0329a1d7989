// Owns dynamic registration (RFC 7591): who may register a client, how often, and what the program hears. What it may write
// about itself is read in registration-request.ts, and the client is made in clients.ts like any other.
import type { OneTimeTokenStore } from '../accounts/one-time-token-store.ts';
import type { Audit } from '../audit/audit.ts';
import { randomToken } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { AppError, invalidMetadata, invalidToken } from '../base/errors.ts';
import { addressKey, type Throttle } from '../base/throttle.ts';
import type { Client } from './client.ts';
import type { Clients } from './clients.ts';
import { readRegistration, scopesAskedFor } from './registration-request.ts';

/** `token`: only with an initial access token (RFC 7591 §1.2), which is good for one client. */
export type RegistrationPolicy = 'off' | 'token' | 'open';

export interface RegistrationDependencies {
  policy: RegistrationPolicy;
  database: Database;
  clients: Clients;
  tokens: OneTimeTokenStore;
  audit: Audit;
  /** Of these names, those that are a scope of some resource. */
  findResourceScopes: (names: readonly string[]) => Promise<string[]>;
  /** What the clients are called that somebody else registered, our own included. */
  listGivenNames: () => Promise<string[]>;
  perAddress: Throttle;
}

/** New clients of one address in an hour, where anybody may register. */
export const REGISTRATIONS = { windowSeconds: 60 * 60, perAddress: 20 };
/** A client of which nobody has made use for so long goes again. */
const UNUSED_MS = 30 * 24 * 60 * 60 * 1000;
const TOKEN_PREFIX = 'ptr_reg_';

export class Registration {
  readonly #its: RegistrationDependencies;

  constructor(dependencies: RegistrationDependencies) {
    this.#its = dependencies;
  }

  get isOn(): boolean {
    return this.#its.policy !== 'off';
  }

  /** Throws 400 in the words of RFC 7591 §3.2.2, 401 without a good initial access token, 429 past the limit. */
  async register(metadata: unknown, from: { bearer: string | undefined; address: string }): Promise<Client> {
    if (this.#its.policy === 'token') return this.#registerOnce(metadata, from.bearer);
    const registered = await this.#its.perAddress.attempt(addressKey(from.address), async () => {
      // Counted because it was made, not because it was wrong.
      return { client: await this.#make(metadata), isRight: false };
    });
    return registered.client;
  }

  /** An initial access token: shown once, good for one registration. */
  async makeToken(ttlSeconds: number): Promise<{ token: string; expiresAt: Date }> {
    const token = `${TOKEN_PREFIX}${randomToken()}`;
    const expiresAt = new Date(Date.now() + ttlSeconds * 1000);
    await this.#its.database.transaction(async () => {
      await this.#its.tokens.insert(token, 'registration', expiresAt);
      await this.#its.audit.record('registration_token.created', {}, { expires_at: expiresAt.toISOString() });
    });
    return { token, expiresAt };
  }

  /** Ends the clients that registered themselves and that nobody has used: no grant, no token, for thirty days. */
  async sweep(): Promise<void> {
    await this.#its.clients.deleteUnused(new Date(Date.now() - UNUSED_MS));
  }

  /** What was refused has not used the token up. */
  async #registerOnce(metadata: unknown, bearer: string | undefined): Promise<Client> {
    const now = new Date(Date.now());
    return this.#its.database.transaction(async () => {
      if (!bearer || !(await this.#its.tokens.use(bearer, 'registration', now))) {
        throw invalidToken('Registration needs an initial access token that is good. Ask the administrator.');
      }
      return this.#make(metadata);
    });
  }

  async #make(metadata: unknown): Promise<Client> {
    const known = new Set(await this.#its.findResourceScopes(scopesAskedFor(metadata)));
    const input = readRegistration(metadata, { scopes: known, names: await this.#its.listGivenNames() });
    try {
      return await this.#its.clients.register(input);
    } catch (error) {
      throw translated(error);
    }
  }
}

/** In the words of RFC 7591 §7: what has issued to a program that registered itself. */
export function describeRegistered({ id, name, secret, metadata, createdAt }: Client): object {
  const { redirect_uris, post_logout_redirect_uris, grant_types, response_types, scope } = metadata;
  return {
    client_id: id,
    client_id_issued_at: Math.floor(createdAt.getTime() / 1000),
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
    client_name: name,
    redirect_uris,
    ...(post_logout_redirect_uris.length > 0 && { post_logout_redirect_uris }),
    ...(metadata.backchannel_logout_uri && {
      backchannel_logout_uri: metadata.backchannel_logout_uri,
      backchannel_logout_session_required: metadata.backchannel_logout_session_required ?? false,
    }),
    grant_types,
    response_types,
    scope,
    token_endpoint_auth_method: metadata.token_endpoint_auth_method,
    application_type: metadata.application_type,
    ...(metadata.policy_uri && { policy_uri: metadata.policy_uri }),
    ...(metadata.tos_uri && { tos_uri: metadata.tos_uri }),
    ...(metadata.jwks && { jwks: metadata.jwks }),
    ...(metadata.jwks_uri && { jwks_uri: metadata.jwks_uri }),
    ...(metadata.dpop_bound_access_tokens && { dpop_bound_access_tokens: true }),
    ...(metadata.id_token_signed_response_alg && {
      id_token_signed_response_alg: metadata.id_token_signed_response_alg,
    }),
  };
}

/** The rules of all clients, and the engine's, in the words of RFC 7591 §3.2.2. */
function translated(error: unknown): unknown {
  const { error: code, error_description: description } = error as Record<string, unknown>;
  if (code === 'invalid_client_metadata' || code === 'invalid_redirect_uri') {
    return invalidMetadata(code, `${String(description)}.`);
  }
  if (!(error instanceof AppError) || error.code !== 'invalid_request') return error;
  const isAddress = error.field === 'redirect-uri';
  return invalidMetadata(isAddress ? 'invalid_redirect_uri' : 'invalid_client_metadata', error.message);
}
