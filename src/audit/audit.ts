// Owns how an event becomes a row: who and from where is taken from the request under way, so that whoever
// records something names only what happened. The row joins the unit of work or the transaction of the thing itself.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditEvent, AuditEvents } from './events.ts';
import type { AuditStore } from './audit-store.ts';
import { Restraint } from './restraint.ts';

/** Where a request comes from. */
export interface Origin {
  address?: string | undefined;
  agent?: string | undefined;
  requestId?: string | undefined;
  /** Who acts, where a request is not by the account that it is about: an administrator. */
  actorId?: string | undefined;
}

export interface Subject {
  accountId?: string | undefined;
  clientId?: string | undefined;
}

/** What is kept of the name that a browser or program gives itself. */
export const AGENT_LENGTH = 300;

export class Audit {
  readonly #store: AuditStore;
  readonly #origins = new AsyncLocalStorage<Origin>();
  readonly #restraint = new Restraint();

  constructor(store: AuditStore) {
    this.#store = store;
  }

  /** Everything recorded while `work` runs comes from `origin`. */
  from<T>(origin: Origin, work: () => Promise<T>): Promise<T> {
    return this.#origins.run(origin, work);
  }

  /** The origin of the request under way. */
  get origin(): Origin {
    return this.#origins.getStore() ?? {};
  }

  async record<E extends AuditEvent>(event: E, subject: Subject, details: AuditEvents[E]): Promise<void> {
    const { address, agent, requestId, actorId } = this.origin;
    await this.#store.insert({
      event,
      accountId: subject.accountId,
      clientId: subject.clientId,
      address,
      agent: agent?.slice(0, AGENT_LENGTH),
      requestId,
      actorId,
      details,
    });
  }

  /** As `record`, for what anybody can cause without being known to us, as often as they like. */
  async recordStranger<E extends AuditEvent>(
    event: E,
    subject: Subject,
    details: AuditEvents[E],
  ): Promise<void> {
    const { isAllowed, withheld } = this.#restraint.next(this.origin.address);
    // Both begin now: they join the unit of work that is under way.
    await Promise.all([
      withheld > 0 && this.record('audit.withheld', {}, { rows: withheld }),
      isAllowed && this.record(event, subject, details),
    ]);
  }
}
