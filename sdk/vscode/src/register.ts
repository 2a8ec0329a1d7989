// The only file that knows VS Code: it makes the editor's ways (secrets, notifications, addresses, events) those of the rest,
// and decides nothing that can be decided elsewhere, because no test can run it in the editor itself.
import {
  authentication,
  CancellationError,
  env,
  EventEmitter,
  ProgressLocation,
  UIKind,
  Uri,
  window,
  Disposable,
  type AuthenticationProvider,
  type AuthenticationProviderAuthenticationSessionsChangeEvent,
  type ExtensionContext,
  type UriHandler,
} from 'vscode';
import { Callbacks } from './callbacks.ts';
import { phrasesIn, type Phrases } from './phrases.ts';
import { refusalOf, Server } from './server.ts';
import { Sessions } from './sessions.ts';
import { signIn, type Desk } from './sign-in.ts';
import { wait } from './wait.ts';

const REDIRECT_PATH = '/signed-in';

export interface PortariaOptions {
  /** The server's address: `https://login.example.com`. */
  issuer: string;
  /** A public, native client there. */
  clientId: string;
  /** What `getSession` asks for when it names no scopes; `openid`, `profile` and `offline_access` always go along. */
  scopes?: readonly string[];
  /** What people read: the name of your service. */
  label: string;
  /** As in `contributes.authentication` of package.json; `portaria` unless said otherwise. */
  id?: string;
  /** The editors whose `<scheme>://<extension>/signed-in` is registered; in others people sign in with a code. */
  uriSchemes?: readonly string[];
  /** For an extension that handles addresses of its own: gets the handler, instead of the editor, which allows one. */
  handleUris?: (handler: UriHandler) => Disposable;
}

/** Makes the server a way to sign in for this extension and, if people allow it, for others. Throws for a bad issuer. */
export function registerPortaria(context: ExtensionContext, options: PortariaOptions): Disposable {
  const { id = 'portaria', label, uriSchemes = ['vscode', 'vscode-insiders'] } = options;
  const { secrets } = context;
  const server = new Server(options.issuer, options.clientId);
  const phrases = phrasesIn(env.language);
  const changes = new EventEmitter<AuthenticationProviderAuthenticationSessionsChangeEvent>();
  const sessions = new Sessions({
    secrets,
    server,
    prefix: `${id}.session.`,
    onChange: (change) => changes.fire(change),
    wait,
  });
  const callbacks = new Callbacks(secrets, `${id}.callback`);
  // Compared to the letter by the server. A browser writes a host in small letters, and so must we. In a browser's own window no
  // address stays the same from one sign-in to the next.
  const mayComeBack = env.uiKind === UIKind.Desktop && uriSchemes.includes(env.uriScheme);
  const redirectUri = `${env.uriScheme}://${context.extension.id.toLowerCase()}${REDIRECT_PATH}`;
  const desk = deskOf(label, phrases, mayComeBack ? redirectUri : undefined);
  const wanted = (scopes: readonly string[]) => (scopes.length > 0 ? scopes : (options.scopes ?? []));

  const provider: AuthenticationProvider = {
    onDidChangeSessions: changes.event,
    getSessions: (scopes, { account }) => sessions.list(scopes, account?.id),
    createSession: (scopes, { account }) =>
      explained(label, server, phrases, async () => {
        const hint = account && /^[\w.@-]+$/.test(account.label) ? account.label : undefined;
        const signedIn = await signIn({ server, callbacks, desk, wait }, wanted(scopes), hint);
        if (account && account.id !== signedIn.account.id) {
          await server.revoke(signedIn.tokens.refreshToken ?? signedIn.tokens.accessToken);
          throw new Error(phrases.otherAccount(account.label, signedIn.account.label));
        }
        return sessions.add(signedIn, scopes);
      }),
    removeSession: async (sessionId) => {
      await sessions.remove(sessionId).catch(() => {
        void window.showWarningMessage(
          phrases.notTold(label, new URL('/account/programs', server.issuer).href),
        );
      });
    },
  };
  const uriHandler: UriHandler = {
    handleUri: ({ path, query }) =>
      path === REDIRECT_PATH ? callbacks.arrived(new URLSearchParams(query)) : undefined,
  };
  const registered = Disposable.from(
    changes,
    authentication.registerAuthenticationProvider(id, label, provider, { supportsMultipleAccounts: true }),
    (options.handleUris ?? window.registerUriHandler)(uriHandler),
    secrets.onDidChange(({ key }) => void Promise.all([sessions.heard(key), callbacks.heard(key)])),
  );
  context.subscriptions.push(registered);
  return registered;
}

function deskOf(label: string, phrases: Phrases, redirectUri: string | undefined): Desk {
  return {
    redirectUri,
    open: (address) => env.openExternal(Uri.parse(address)),
    during: (work, code) =>
      window.withProgress(
        {
          location: ProgressLocation.Notification,
          title: code === undefined ? phrases.inBrowser(label) : plain(phrases.withCode(label, code)),
          cancellable: true,
        },
        (_progress, token) => {
          const giveUp = new AbortController();
          token.onCancellationRequested(() => giveUp.abort(new CancellationError()));
          return work(giveUp.signal);
        },
      ),
    offerCode: async () =>
      (await window.showInformationMessage(phrases.givenUp(label), phrases.useCode)) === phrases.useCode,
    showCode: async (code, address) => {
      const detail = phrases.codeDetail(address);
      const choice = await window.showInformationMessage(
        plain(phrases.code(code)),
        { modal: true, detail },
        phrases.copyAndOpen,
      );
      if (choice !== phrases.copyAndOpen) throw new CancellationError();
      await env.clipboard.writeText(code);
      await env.openExternal(Uri.parse(address));
    },
  };
}

/** Tells the person as well why it did not work: nobody else does when the sign-in began in the menu of accounts. */
async function explained<T>(
  label: string,
  server: Server,
  phrases: Phrases,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CancellationError) throw error;
    const message = plain(phrases.failed(label, reasonOf(error, server, phrases)));
    void window.showErrorMessage(message);
    throw new Error(message, { cause: error });
  }
}

/** The editor makes links of `[text](address)`, commands among them: what comes from elsewhere stays text. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').replaceAll('](', '] (');
}

function reasonOf(error: unknown, server: Server, phrases: Phrases): string {
  const refusal = refusalOf(error);
  if (refusal?.error === 'access_denied') return phrases.refused;
  if (refusal?.error === 'expired_token') return phrases.codeExpired;
  if (refusal) return refusal.description ?? refusal.error;
  // What fetch throws when nobody answers.
  if (['TypeError', 'TimeoutError'].includes((error as Error).name)) return phrases.noAnswer(server.issuer);
  return (error as Error).message;
}
