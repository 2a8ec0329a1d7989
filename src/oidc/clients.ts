// Owns how registered clients are made, changed and ended; command line and dynamic registration come through here. What one
// is stands in client.ts, what is refused in client-rules.ts, rows are in client-store.ts.
import type { Audit } from '../audit/audit.ts';
import { randomToken } from '../base/crypto.ts';
import type { Database } from '../base/database.ts';
import { conflict, forbidden, invalidRequest, notFound } from '../base/errors.ts';
import { toEngineMetadata } from './client-adapter.ts';
import { authenticationOf } from './client-authentication.ts';
import type { ClientLogoStore } from './client-logo-store.ts';
import { readLogo, type ClientLogo } from './client-logo.ts';
import { refuseContradictions, refuseUnknownScopes, refuseUnseenLook } from './client-rules.ts';
import type { ClientStore } from './client-store.ts';
import { DEVICE_CODE_GRANT, isPublic, type Client, type ClientInput, type ClientMetadata } from './client.ts';
import { DEFAULT_CLIENT_SCOPE, scopesOf } from './scopes.ts';

const DEFAULT_GRANT_TYPES = ['authorization_code', 'refresh_token'];

export interface ClientsDependencies {
  database: Database;
  store: ClientStore;
  logos: ClientLogoStore;
  audit: Audit;
  /** The engine's own opinion of the metadata; throws with a description. */
  validate: (metadata: object) => Promise<void>;
  /** Ends every token, grant and code of a client; joins the transaction under way. */
  endTokensOf: (clientId: string) => Promise<void>;
  /** Notes that what was issued to a client that is gone has to go too; joins the transaction under way. */
  leaveTokensOf: (clientId: string) => Promise<void>;
  /** Of these names, those that are a scope of some resource. */
  findResourceScopes: (names: readonly string[]) => Promise<string[]>;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export class Clients {
  readonly #its: ClientsDependencies;

  constructor(dependencies: ClientsDependencies) {
    this.#its = dependencies;
  }

  async get(id: string): Promise<Client> {
    const client = await this.#its.store.find(id);
    if (!client) throw notFound(`There is no client "${id}". List them with: npx portaria clients list`);
    return client;
  }

  /** As `get`, and nobody changes or deletes it before the transaction under way ends. */
  async getHeld(id: string): Promise<Client> {
    await this.#its.store.hold(id);
    return this.get(id);
  }

  list(page: { after?: string; limit: number }): Promise<Client[]> {
    return this.#its.store.list(page);
  }

  /** Gives back the client with its secret, which is shown this once. Throws 400 for bad metadata, 409 for a taken id. */
  async create(id: string, input: ClientInput): Promise<Client> {
    if (!ID.test(id)) {
      throw invalidRequest('A client id has 1 to 64 letters, digits, dots, dashes or underscores.', {
        field: 'id',
      });
    }
    return this.#make(id, input, { isSelfRegistered: false });
  }

  /** The same for a program that registers itself; its id is made up. */
  async register(input: ClientInput): Promise<Client> {
    return this.#make(`dyn-${randomToken(16)}`, input, { isSelfRegistered: true });
  }

  async #make(
    id: string,
    input: ClientInput,
    { isSelfRegistered }: Pick<Client, 'isSelfRegistered'>,
  ): Promise<Client> {
    const now = new Date(Date.now());
    const blank: Client = {
      id,
      name: id,
      secret: input.isPublic ? undefined : randomToken(),
      isFirstParty: false,
      isBuiltIn: false,
      isSelfRegistered,
      metadata: {
        redirect_uris: [],
        post_logout_redirect_uris: [],
        grant_types: defaultGrantTypesOf(input),
        response_types: [],
        scope: DEFAULT_CLIENT_SCOPE,
        token_endpoint_auth_method: input.isPublic ? 'none' : 'client_secret_basic',
        application_type: 'web',
        require_pkce: true,
        introspect: false,
        password_login: false,
      },
      createdAt: now,
      updatedAt: now,
    };
    const client = await this.#checked(blank, input);
    const logo = input.logo ? readLogo(input.logo) : input.logo;
    return this.#its.database.transaction(async () => {
      const isNew = await this.#its.store.insert(client);
      if (!isNew) throw conflict(`The client id "${id}" is taken. Nothing was changed.`, { field: 'id' });
      await this.#keepLogo(id, logo);
      // What an earlier client of this id left behind must not come back to life.
      await this.#its.endTokensOf(id);
      if (isSelfRegistered) {
        await this.#its.audit.record('client.registered', { clientId: id }, { name: client.name });
      } else {
        await this.#its.audit.record('client.created', { clientId: id }, {});
      }
      return this.get(id);
    });
  }

  /** Changes what is named in `input` and nothing else. */
  async update(id: string, input: ClientInput): Promise<Client> {
    const before = await this.#getOurs(id);
    if (input.isPublic !== undefined && input.isPublic !== isPublic(before)) {
      throw invalidRequest('Whether a client is public is decided when it is made. Make a new one.', {
        field: 'public',
      });
    }
    const client = await this.#checked(before, input);
    const logo = input.logo ? readLogo(input.logo) : input.logo;
    const fields = Object.keys(input).filter((field) => input[field as keyof ClientInput] !== undefined);
    const losesScopes = [...scopesOf(before.metadata.scope)].some(
      (scope) => !scopesOf(client.metadata.scope).has(scope),
    );
    return this.#its.database.transaction(async () => {
      await this.#its.store.update(client);
      await this.#keepLogo(id, logo);
      if (losesScopes) await this.#its.endTokensOf(id);
      await this.#its.audit.record('client.updated', { clientId: id }, { fields });
      return this.get(id);
    });
  }

  /** The old secret stops at once here, and within a second on other nodes. Gives back the client with its new secret. */
  async rotateSecret(id: string): Promise<Client> {
    const client = await this.#getOurs(id);
    if (client.secret === undefined) {
      const kind = isPublic(client) ? 'is a public client' : 'signs with a key';
      throw invalidRequest(`"${id}" ${kind}: it has no secret.`);
    }
    const rotated = { ...client, secret: randomToken(), updatedAt: new Date(Date.now()) };
    await this.#its.database.transaction(async () => {
      await this.#its.store.update(rotated);
      await this.#its.audit.record('client.secret_rotated', { clientId: id }, {});
    });
    return rotated;
  }

  /** Its tokens, grants and codes are dead without it. */
  async delete(id: string): Promise<void> {
    await this.#getOurs(id);
    await this.#its.database.transaction(async () => {
      await this.#its.store.delete(id);
      await this.#its.leaveTokensOf(id);
      await this.#its.audit.record('client.deleted', { clientId: id }, {});
    });
  }

  /** Deletes clients that registered themselves before that time and that nobody makes use of. */
  async deleteUnused(before: Date): Promise<void> {
    await this.#its.database.transaction(async () => {
      for (const clientId of await this.#its.store.deleteUnused(before)) {
        await this.#its.audit.record('client.deleted', { clientId }, {});
      }
    });
  }

  async #keepLogo(id: string, logo: ClientLogo | null | undefined): Promise<void> {
    if (logo === null) await this.#its.logos.delete(id);
    else if (logo !== undefined) await this.#its.logos.put(id, logo);
  }

  async #getOurs(id: string): Promise<Client> {
    const client = await this.get(id);
    if (client.isBuiltIn) throw forbidden('built_in_client', `"${id}" is built in and cannot be changed.`);
    return client;
  }

  async #checked(before: Client, input: ClientInput): Promise<Client> {
    const { metadata } = before;
    const grantTypes = (input.grantTypes ?? metadata.grant_types).map((grant) =>
      grant === 'device_code' ? DEVICE_CODE_GRANT : grant,
    );
    const authentication = authenticationOf(before, input);
    const client: Client = {
      ...before,
      secret: authentication.secret,
      name: input.name ?? before.name,
      isFirstParty: input.isFirstParty ?? before.isFirstParty,
      updatedAt: new Date(Date.now()),
      metadata: {
        ...authentication.metadata,
        redirect_uris: input.redirectUris ?? metadata.redirect_uris,
        post_logout_redirect_uris: input.postLogoutRedirectUris ?? metadata.post_logout_redirect_uris,
        ...backchannelLogoutOf(metadata, input),
        ...namesOf(metadata, input),
        ...pagesIn(input),
        grant_types: [...new Set(grantTypes)],
        response_types: grantTypes.includes('authorization_code') ? ['code'] : [],
        scope: input.scope ?? metadata.scope,
        application_type: (input.isNative ?? metadata.application_type === 'native') ? 'native' : 'web',
        require_pkce: input.requirePkce ?? metadata.require_pkce,
        introspect: input.introspect ?? metadata.introspect,
        password_login: input.passwordLogin ?? metadata.password_login,
        ...(input.requireDpop !== undefined && { dpop_bound_access_tokens: input.requireDpop }),
        ...(input.tokenFormat && { token_format: input.tokenFormat }),
        ...(input.signingAlgorithm && { id_token_signed_response_alg: input.signingAlgorithm }),
        ...lifetimesIn(input),
      },
    };
    refuseContradictions(client);
    refuseUnseenLook(client, input);
    await refuseUnknownScopes(before, client, this.#its.findResourceScopes);
    await this.#its.validate(toEngineMetadata(client));
    return client;
  }
}

/** A program that collects passwords needs no browser, and no address to be sent back to. */
function defaultGrantTypesOf({ passwordLogin, redirectUris }: ClientInput): string[] {
  return passwordLogin && !redirectUris ? ['refresh_token'] : DEFAULT_GRANT_TYPES;
}

/** The session is named unless the client says that it does not care; without an address there is nothing to say. */
function backchannelLogoutOf(metadata: ClientMetadata, input: ClientInput): Partial<ClientMetadata> {
  const uri = input.backchannelLogoutUri ?? metadata.backchannel_logout_uri ?? '';
  if (uri === '')
    return { backchannel_logout_uri: undefined, backchannel_logout_session_required: undefined };
  const isRequired =
    input.backchannelLogoutSessionRequired ?? metadata.backchannel_logout_session_required ?? true;
  return { backchannel_logout_uri: uri, backchannel_logout_session_required: isRequired };
}

function namesOf({ names: before }: ClientMetadata, input: ClientInput): Partial<ClientMetadata> {
  if (input.names === undefined) return {};
  const names = Object.entries({ ...before, ...input.names }).filter(([, name]) => name !== '');
  return { names: names.length > 0 ? Object.fromEntries(names) : undefined };
}

/** What is named in `input` and nothing else. Undefined goes from the stored record. */
function pagesIn(input: ClientInput): Partial<ClientMetadata> {
  const named = {
    initiate_login_uri: input.initiateLoginUri,
    policy_uri: input.policyUri,
    tos_uri: input.tosUri,
    brand_color: input.brandColor?.toLowerCase(),
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value || undefined]],
    ),
  );
}

/** What is named in `input` and nothing else. */
function lifetimesIn(input: ClientInput): Partial<ClientMetadata> {
  const named = {
    access_token_ttl_seconds: input.accessTokenTtlSeconds,
    refresh_token_ttl_seconds: input.refreshTokenTtlSeconds,
    refresh_token_max_age_seconds: input.refreshTokenMaxAgeSeconds,
    refresh_reuse_window_seconds: input.refreshReuseWindowSeconds,
  };
  return Object.fromEntries(Object.entries(named).filter(([, seconds]) => seconds !== undefined));
}
