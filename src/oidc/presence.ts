// Where a person is present, for the person: the browsers that they are signed in to and the programs that they connected, and
// how they end them. What ends is dead on every node when the answer is there (base/news.ts). Rows are in engine-store.ts.
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { notFound } from '../base/errors.ts';
import { CONSOLE_CLIENT_ID, PERSONAL_TOKEN_CLIENT_ID } from './client.ts';
import type { AllowedGrant, BrowserSession, EngineStore } from './engine-store.ts';

/** A client with everything that the person allowed it, wherever it runs. */
export interface Program {
  clientId: string;
  name: string;
  isFirstParty: boolean;
  isNative: boolean;
  scopes: string[];
  /** The resources where it may do that (RFC 8707). */
  resources: string[];
  /** On how many machines, for a program that runs on machines. */
  grants: number;
  /** The first time of those that still hold. */
  allowedAt: Date | undefined;
  lastUsedAt: Date | undefined;
}

export interface PresenceDependencies {
  database: Database;
  store: EngineStore;
  audit: Audit;
}

export class Presence {
  readonly #its: PresenceDependencies;

  constructor(dependencies: PresenceDependencies) {
    this.#its = dependencies;
  }

  /** The latest sign-in first. */
  listSessions(accountId: string): Promise<BrowserSession[]> {
    return this.#its.store.listSessions(accountId);
  }

  /** Ends one session of this person and what is bound to it. Throws 404 for one that is not theirs, or not there. */
  async endSession(accountId: string, uid: string): Promise<void> {
    const { database, store, audit } = this.#its;
    await database.transaction(async () => {
      if (!(await store.endSession(accountId, uid))) {
        throw notFound('This session has ended already. Load the list again.');
      }
      await audit.record('session.ended', { accountId }, { sessions: 1 });
    });
  }

  /** Ends all sessions of this person but the one named. How many there were. */
  async endOtherSessions(accountId: string, uid: string): Promise<number> {
    const { database, store, audit } = this.#its;
    return database.transaction(async () => {
      const sessions = await store.endSessionsBesides(accountId, uid);
      if (sessions > 0) await audit.record('session.ended', { accountId }, { sessions });
      return sessions;
    });
  }

  /** By name. */
  async listPrograms(accountId: string): Promise<Program[]> {
    const grants = await this.#its.store.listGrants(accountId);
    // Neither our own pages nor what somebody made there is a program that they connected.
    const others = grants.filter(
      ({ clientId }) => clientId !== CONSOLE_CLIENT_ID && clientId !== PERSONAL_TOKEN_CLIENT_ID,
    );
    const byClient = Map.groupBy(others, ({ clientId }) => clientId);
    return [...byClient.values()].map(programOf).toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** Ends everything that this client may do in the person's name. Throws 404 when there is nothing. */
  async disconnect(accountId: string, clientId: string): Promise<void> {
    const { database, store, audit } = this.#its;
    await database.transaction(async () => {
      const grants = await store.endGrantsOf(accountId, clientId);
      if (grants === 0) throw notFound('This program is not connected any more. Load the list again.');
      await audit.record('client.disconnected', { accountId, clientId }, { grants });
    });
  }
}

function programOf(grants: AllowedGrant[]): Program {
  const [first] = grants as [AllowedGrant, ...AllowedGrant[]];
  const all = (of: (grant: AllowedGrant) => string[]) => [...new Set(grants.flatMap(of))];
  const times = (of: (grant: AllowedGrant) => Date | undefined) =>
    grants.flatMap((grant) => of(grant)?.getTime() ?? []);
  const allowed = times(({ allowedAt }) => allowedAt);
  const used = times(({ lastUsedAt }) => lastUsedAt);
  return {
    clientId: first.clientId,
    name: first.clientName,
    isFirstParty: first.isFirstParty,
    isNative: first.isNative,
    scopes: all(({ scopes, resources }) => [...scopes, ...Object.values(resources).flat()]),
    resources: all(({ resources }) => Object.keys(resources)),
    grants: grants.length,
    allowedAt: allowed.length > 0 ? new Date(Math.min(...allowed)) : undefined,
    lastUsedAt: used.length > 0 ? new Date(Math.max(...used)) : undefined,
  };
}
