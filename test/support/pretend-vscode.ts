// VS Code as far as the library in sdk/vscode uses it: one window on a desktop, with a person who presses what a test says.
// Jest puts it in the place of the module `vscode`, which exists in the editor only; its types are those of the editor.
import { EventEmitter as NodeEmitter } from 'node:events';
import type * as vscode from 'vscode';

export class EventEmitter<T> implements vscode.EventEmitter<T> {
  readonly #emitter = new NodeEmitter();
  readonly event: vscode.Event<T> = (listener) => {
    this.#emitter.on('event', listener);
    return new Disposable(() => this.#emitter.off('event', listener));
  };
  fire(data: T): void {
    this.#emitter.emit('event', data);
  }
  dispose(): void {
    this.#emitter.removeAllListeners();
  }
}

export class CancellationError extends Error {}

export class Disposable implements vscode.Disposable {
  readonly dispose: () => void;
  constructor(dispose: () => void) {
    this.dispose = dispose;
  }
  static from(...all: { dispose: () => unknown }[]): Disposable {
    return new Disposable(() => all.forEach((one) => one.dispose()));
  }
}

/** Like the editor's, it keeps a query decoded, and so forgets what was escaped in it. */
export class Uri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  private constructor({ protocol, host, pathname, search }: URL) {
    this.scheme = protocol.slice(0, -1);
    this.authority = host;
    this.path = pathname;
    this.query = decodeURIComponent(search.slice(1));
  }
  static parse(text: string): Uri {
    return new Uri(new URL(text));
  }
  toString(): string {
    return `${this.scheme}://${this.authority}${this.path}${this.query && `?${this.query}`}`;
  }
}

export const UIKind = { Desktop: 1, Web: 2 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };

/** The person before the editor, and what they have seen. */
export const person = {
  /** Their browser: opens an address, and answers where it ends up. The editor is told of its own addresses. */
  browse: undefined as ((address: string) => Promise<string>) | undefined,
  /** The buttons that they press, when they are offered. */
  presses: new Set<string>(),
  /** They cancel what is called so, as soon as the browser is open. */
  cancels: undefined as string | undefined,
  read: [] as string[],
  clipboard: '',
};

const registered: {
  provider?: vscode.AuthenticationProvider;
  uriHandler?: vscode.UriHandler;
} = {};

let giveUpWaiting: (error: unknown) => void = () => undefined;

export const env = {
  uriScheme: 'vscode',
  uiKind: UIKind.Desktop,
  language: 'en',
  clipboard: { writeText: async (text: string) => void (person.clipboard = text) },
  /** As the editor does it: what it has decoded is not quite encoded again. */
  async openExternal(uri: Uri): Promise<boolean> {
    if (!person.browse) return false;
    const visit = person.browse(encodeURI(uri.toString())).then((address) => {
      const { protocol } = new URL(address);
      return protocol === `${env.uriScheme}:` ? comeBack(address) : undefined;
    });
    visit.catch(giveUpWaiting);
    return true;
  },
};

/** The operating system opens an address of the editor. */
export async function comeBack(address: string): Promise<void> {
  await registered.uriHandler?.handleUri(Uri.parse(address) as unknown as vscode.Uri);
}

async function show(message: string, ...rest: unknown[]): Promise<string | undefined> {
  person.read.push(message);
  return rest.filter((item) => typeof item === 'string').find((item) => person.presses.has(item));
}

export const window = {
  showInformationMessage: show,
  showWarningMessage: show,
  showErrorMessage: show,
  registerUriHandler(handler: vscode.UriHandler): Disposable {
    if (registered.uriHandler) throw new Error('An extension may register one handler.');
    registered.uriHandler = handler;
    return new Disposable(() => delete registered.uriHandler);
  },
  async withProgress<T>(
    { title = '' }: vscode.ProgressOptions,
    task: (
      progress: unknown,
      token: Pick<vscode.CancellationToken, 'onCancellationRequested'>,
    ) => Thenable<T>,
  ): Promise<T> {
    person.read.push(title);
    const cancel = new EventEmitter<void>();
    // A story whose browser fails ends with that, instead of waiting for it.
    const { promise: trouble, reject } = Promise.withResolvers<never>();
    giveUpWaiting = reject;
    const ending = task(undefined, { onCancellationRequested: cancel.event });
    if (person.cancels && title.includes(person.cancels)) setTimeout(() => cancel.fire());
    return Promise.race([ending, trouble]);
  },
};

export const authentication = {
  registerAuthenticationProvider(
    _id: string,
    _label: string,
    ours: vscode.AuthenticationProvider,
  ): Disposable {
    registered.provider = ours;
    return new Disposable(() => delete registered.provider);
  },
};

/** What the editor asks of whoever registered. */
export function provider(): vscode.AuthenticationProvider {
  if (!registered.provider) throw new Error('nobody has registered');
  return registered.provider;
}

/** Secrets as all windows see them; the news of a change come a moment later, to the one that made it as well. */
export class Secrets implements vscode.SecretStorage {
  readonly #values = new Map<string, string>();
  readonly #changes = new EventEmitter<vscode.SecretStorageChangeEvent>();
  readonly onDidChange = this.#changes.event;
  async keys(): Promise<string[]> {
    return [...this.#values.keys()];
  }
  async get(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }
  async store(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
    setImmediate(() => this.#changes.fire({ key }));
  }
  async delete(key: string): Promise<void> {
    this.#values.delete(key);
    setImmediate(() => this.#changes.fire({ key }));
  }
}

/** An extension begins in this window. */
export function newContext(
  secrets = new Secrets(),
  id = 'Example.portaria-example',
): vscode.ExtensionContext {
  return { secrets, subscriptions: [], extension: { id } } as unknown as vscode.ExtensionContext;
}
