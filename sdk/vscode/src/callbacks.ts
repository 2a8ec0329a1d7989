// Where the browser's answers meet the sign-ins that wait for them. The editor gives an answer to the window that was used
// last, which may not be the one that asked: that window leaves it in a secret, which the others hear of.
import type { Secrets } from './sessions.ts';

export interface Waiting {
  /** Settles once, with what the browser brought; throws the signal's reason. */
  answer(signal: AbortSignal): Promise<URLSearchParams>;
  stop(): void;
}

export class Callbacks {
  readonly #secrets: Secrets;
  readonly #key: string;
  readonly #waiting = new Map<string, (query: URLSearchParams) => void>();

  constructor(secrets: Secrets, key: string) {
    this.#secrets = secrets;
    this.#key = key;
  }

  /** From before the browser is opened. */
  expect(state: string): Waiting {
    const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
    this.#waiting.set(state, resolve);
    return {
      answer: (signal) =>
        new Promise((settle, reject) => {
          const giveUp = (): void => reject(signal.reason as Error);
          if (signal.aborted) giveUp();
          signal.addEventListener('abort', giveUp);
          void promise.then(settle).finally(() => signal.removeEventListener('abort', giveUp));
        }),
      stop: () => this.#waiting.delete(state),
    };
  }

  /** The browser came back to this window. What nobody in any window waits for stays without effect. */
  async arrived(query: URLSearchParams): Promise<void> {
    if (!this.#deliver(query)) await this.#secrets.store(this.#key, query.toString());
  }

  /** Another window has stored or deleted this secret. */
  async heard(key: string): Promise<void> {
    if (key !== this.#key) return;
    const text = await this.#secrets.get(key);
    if (text !== undefined && this.#deliver(new URLSearchParams(text))) await this.#secrets.delete(key);
  }

  #deliver(query: URLSearchParams): boolean {
    const take = this.#waiting.get(query.get('state') ?? '');
    take?.(query);
    return take !== undefined;
  }
}
