// Owns how resources (resource.ts) are made, changed and ended. Rows are in resource-store.ts; what the engine asks about
// them is in resource-indicators.ts.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { conflict, invalidRequest, notFound } from '../base/errors.ts';
import type { ResourceStore } from './resource-store.ts';
import { apiResourceOf, type Resource, type ResourceInput } from './resource.ts';
import { scopesOf } from './scopes.ts';

export interface ResourcesDependencies {
  database: Database;
  store: ResourceStore;
  audit: Audit;
  issuer: string;
  isClient: (clientId: string) => Promise<boolean>;
}

const MAX_IDENTIFIER_LENGTH = 250;
/** So that a JWT with all of them stays a header that every server takes. */
const MAX_SCOPE_LENGTH = 1_000;
/** RFC 6749 §3.3, without what a shell or a URL would want escaped. */
const SCOPE_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

export class Resources {
  readonly #its: ResourcesDependencies;

  constructor(dependencies: ResourcesDependencies) {
    this.#its = dependencies;
  }

  async get(identifier: string): Promise<Resource> {
    const resource = await this.#its.store.find(identifier);
    if (!resource) {
      throw notFound(`There is no resource "${identifier}". List them with: npx portaria resources list`);
    }
    return resource;
  }

  list(page: { after?: string | undefined; limit: number }): Promise<Resource[]> {
    return this.#its.store.list(page);
  }

  /** Throws 400 for what cannot be, 409 for a taken identifier. */
  async create(identifier: string, input: ResourceInput): Promise<Resource> {
    this.#refuseIdentifier(identifier);
    const now = new Date(Date.now());
    const blank: Resource = {
      identifier,
      name: identifier.slice(0, 100),
      clientId: undefined,
      scope: '',
      tokenFormat: 'opaque',
      signingAlgorithm: 'ES256',
      accessTokenTtlSeconds: undefined,
      acceptedSince: wholeSecond(now, Math.floor),
      createdAt: now,
      updatedAt: now,
    };
    const resource = await this.#changed(blank, input);
    return this.#its.database.transaction(async () => {
      const isNew = await this.#its.store.insert(resource);
      if (!isNew) {
        throw conflict(`The resource "${identifier}" is there already. Nothing was changed.`, {
          field: 'id',
        });
      }
      await this.#its.audit.record('resource.created', {}, { identifier });
      return this.get(identifier);
    });
  }

  /** Changes what is named in `input` and nothing else. Its tokens end when it loses a scope. */
  async update(identifier: string, input: ResourceInput): Promise<Resource> {
    const before = await this.get(identifier);
    const resource = await this.#changed(before, input);
    const kept = scopesOf(resource.scope);
    if ([...scopesOf(before.scope)].some((name) => !kept.has(name))) {
      resource.acceptedSince = wholeSecond(new Date(Date.now() + 1), Math.ceil);
    }
    const fields = Object.keys(input).filter((field) => input[field as keyof ResourceInput] !== undefined);
    return this.#its.database.transaction(async () => {
      if (!(await this.#its.store.update(resource))) return this.get(identifier);
      await this.#its.audit.record('resource.updated', {}, { identifier, fields });
      return this.get(identifier);
    });
  }

  /** Its tokens are nobody's from now on. */
  async delete(identifier: string): Promise<void> {
    await this.get(identifier);
    await this.#its.database.transaction(async () => {
      await this.#its.store.delete(identifier);
      await this.#its.audit.record('resource.deleted', {}, { identifier });
    });
  }

  async #changed(before: Resource, input: ResourceInput): Promise<Resource> {
    const resource: Resource = {
      ...before,
      name: input.name ?? before.name,
      clientId: (input.clientId ?? before.clientId) || undefined,
      scope: [...scopesOf(input.scope ?? before.scope)].join(' '),
      tokenFormat: input.tokenFormat ?? before.tokenFormat,
      signingAlgorithm: input.signingAlgorithm ?? before.signingAlgorithm,
      accessTokenTtlSeconds: input.accessTokenTtlSeconds ?? before.accessTokenTtlSeconds,
      updatedAt: new Date(Date.now()),
    };
    if (resource.name.trim() === '' || resource.name.length > 100) {
      throw invalidRequest('A name has 1 to 100 characters.', { field: 'name' });
    }
    refuseScope(resource.scope);
    if (input.clientId && !(await this.#its.isClient(input.clientId))) {
      throw invalidRequest(`There is no client "${input.clientId}".`, { field: 'client' });
    }
    return resource;
  }

  #refuseIdentifier(identifier: string): void {
    const url = /^[\x21-\x7e]+$/.test(identifier) ? URL.parse(identifier) : null;
    if (!url || identifier.includes('#') || identifier.length > MAX_IDENTIFIER_LENGTH) {
      throw invalidRequest(
        `A resource is named by an absolute URI without a fragment, up to ${MAX_IDENTIFIER_LENGTH} characters (RFC 8707 §2).`,
        { field: 'id' },
      );
    }
    const { issuer } = this.#its;
    const isOurs = identifier === issuer || `${identifier}/`.startsWith(`${apiResourceOf(issuer)}/`);
    if (isOurs || identifier === `${issuer}/`) {
      throw invalidRequest('This address is our own; a resource is a service behind another one.', {
        field: 'id',
      });
    }
  }
}

function refuseScope(scope: string): void {
  const wrong = [...scopesOf(scope)].find((name) => !SCOPE_NAME.test(name));
  if (wrong !== undefined) {
    throw invalidRequest(
      `"${wrong.slice(0, 64)}" is no name of a scope: up to 64 letters, digits, and . _ : / -`,
      { field: 'scope' },
    );
  }
  if (scope.length > MAX_SCOPE_LENGTH) {
    throw invalidRequest(`All scopes together have up to ${MAX_SCOPE_LENGTH} characters.`, {
      field: 'scope',
    });
  }
}

/** Tokens say when they were issued in whole seconds. */
function wholeSecond(time: Date, round: (seconds: number) => number): Date {
  return new Date(round(time.getTime() / 1000) * 1000);
}
