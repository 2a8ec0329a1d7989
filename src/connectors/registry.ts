// The connectors of this installation, by id, in the order of the buttons on the sign-in page. Only what is
// configured is here.
import { notFound } from '../base/errors.ts';
import type { Connector } from './connector.ts';

export class ConnectorRegistry {
  readonly #connectors: ReadonlyMap<string, Connector>;

  /** Throws when an id is there twice. */
  constructor(connectors: readonly Connector[]) {
    this.#connectors = new Map(connectors.map((connector) => [connector.id, connector]));
    if (this.#connectors.size < connectors.length) throw new Error('two connectors have the same id');
  }

  list(): Pick<Connector, 'id' | 'label'>[] {
    return [...this.#connectors.values()].map(({ id, label }) => ({ id, label }));
  }

  get(id: string): Connector {
    const connector = this.#connectors.get(id);
    if (!connector) throw notFound('There is no such way to sign in here.');
    return connector;
  }
}
