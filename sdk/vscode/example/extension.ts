// The smallest extension that signs in through Portaria: one command, which asks the server who somebody is.
import { authentication, commands, window, type ExtensionContext } from 'vscode';
import { registerPortaria } from 'portaria-vscode';

const ISSUER = 'http://localhost:3000';

export function activate(context: ExtensionContext): void {
  registerPortaria(context, { issuer: ISSUER, clientId: 'my-editor', scopes: ['read'], label: 'Portaria' });
  context.subscriptions.push(commands.registerCommand('portaria-example.whoAmI', whoAmI));
}

async function whoAmI(): Promise<void> {
  // Ask each time that you need a token: it is refreshed where it has to be.
  const session = await authentication.getSession('portaria', ['read'], { createIfNone: true });
  const answer = await fetch(`${ISSUER}/api/user`, {
    headers: { authorization: `Bearer ${session.accessToken}` },
  });
  const person = (await answer.json()) as { name: string; oauth_id: string };
  void window.showInformationMessage(`${person.name} (${person.oauth_id})`);
}
