// Owns which provider answers now. The engine takes its signing keys in its constructor only, so every generation of keys
// is a provider of its own (built in a few milliseconds), and the new one takes the place of the old between two requests.
// A request goes on with the provider that it began with: nobody holds one longer than that.
import type { Provider } from 'oidc-provider';
import type { Logger } from '../base/log.ts';
import type { News } from '../base/news.ts';
import type { KeyRecord, SigningKey } from './key-store.ts';
import type { Keys } from './keys.ts';

/** Makes a provider that signs with the current ones of `keys` and publishes all of them. */
export type BuildProvider = (keys: readonly SigningKey[]) => Provider;

export interface EngineDependencies {
  keys: Keys;
  news: News;
  log: Logger;
}

export class Engine {
  readonly #keys: Keys;
  readonly #build: BuildProvider;
  #provider: Provider;
  /** Which keys in which states the provider has. */
  #generation: string;
  #looking: Promise<unknown> = Promise.resolve();
  #queued: Promise<boolean> | undefined;

  private constructor(keys: Keys, build: BuildProvider, list: readonly SigningKey[]) {
    this.#keys = keys;
    this.#build = build;
    this.#provider = build(list);
    this.#generation = generationOf(list);
  }

  /** Makes the keys that are missing. From then on it follows the news of them. */
  static async start({ keys, news, log }: EngineDependencies, build: BuildProvider): Promise<Engine> {
    const engine = new Engine(keys, build, await keys.ensure());
    news.hear('keys', () => {
      engine
        .reload()
        .catch((error: unknown) => log.warn({ err: error }, 'new signing keys could not be read'));
    });
    return engine;
  }

  get provider(): Provider {
    return this.#provider;
  }

  /** Looks whether the keys have changed; true when there is a new provider. Cheap when nothing happened. */
  reload(): Promise<boolean> {
    // Not the look that is under way, which may have seen less than the caller knows of; all who wait share the next.
    this.#queued ??= this.#looking.then(() => {
      this.#queued = undefined;
      const look = this.#look();
      this.#looking = look.catch(() => {});
      return look;
    });
    return this.#queued;
  }

  async #look(): Promise<boolean> {
    if (generationOf(await this.#keys.listRecords()) === this.#generation) return false;
    const list = await this.#keys.list();
    this.#provider = this.#build(list);
    this.#generation = generationOf(list);
    return true;
  }
}

function generationOf(keys: readonly KeyRecord[]): string {
  return keys
    .map(({ id, state }) => `${id}:${state}`)
    .sort()
    .join();
}
