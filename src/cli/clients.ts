// portaria clients: what may ask people to sign in here. What is asked of the administration is in
// routes/api/admin/clients.ts; the rules are in oidc/clients.ts.
import type { Command } from 'commander';
import { invalidRequest } from '../base/errors.ts';
import type { ClientDocument, NewClientDocument } from '../oidc/client-document.ts';
import { withAdministration } from './administration.ts';
import { confirm } from './ask.ts';
import { toFields, withClientOptions, type ClientOptions } from './client-options.ts';
import { columns, describe } from './client-output.ts';
import { fields, pagesOf, print, printPages, type OutputOptions } from './output.ts';
import { addServiceTokenCommands } from './service-tokens.ts';

export function addClientCommands(program: Command): void {
  const clients = program
    .command('clients')
    .description('The applications and services that people sign in to.')
    .helpCommand(false);

  withClientOptions(
    clients
      .command('create')
      .description('Register a client. Its secret is printed this once.')
      .requiredOption('--id <id>', 'its client_id (required): letters, digits, dots, dashes and underscores'),
    { isNew: true },
  )
    .option('--no-pkce', 'do not demand PKCE of it; only for a confidential client that cannot do it')
    .option('--json', 'print JSON: the client with its client_secret')
    .addHelpText(
      'after',
      `
Examples:
  npx portaria clients create --id shop --redirect-uri https://shop.example.com/callback --first-party
  npx portaria clients create --id reports --first-party --grant client_credentials --scope read
  npx portaria clients create --id desk-app --public --native --redirect-uri http://127.0.0.1/callback`,
    )
    .action(async (options: ClientOptions & { id: string }, command: Command) => {
      const input = { ...(await toFields(options)), client_id: options.id };
      await withAdministration(command, async (ask) => {
        const client = await ask('createClient', input);
        printWithSecret(options, client, `The client "${options.id}" was created.${hintFor(client)}`);
      });
    });

  clients
    .command('list')
    .description('List all clients in the order of their ids.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria clients list')
    .action((options: OutputOptions, command: Command) =>
      withAdministration(command, (ask) =>
        printPages(
          options,
          pagesOf((after) => ask('listClients', { after })),
          { columns, empty: 'There are no clients.' },
        ),
      ),
    );

  clients
    .command('show')
    .description('Show a client, without its secret.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: the client')
    .addHelpText('after', '\nExample:\n  npx portaria clients show shop')
    .action((id: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const client = await ask('showClient', { client_id: id });
        print(options, client, describe(client));
      }),
    );

  const update = withClientOptions(
    clients
      .command('update')
      .description(
        'Change what is named in the options, and nothing else. A list that is given replaces the old one.',
      )
      .argument('<id>', 'its client_id'),
    { isNew: false },
  );
  // Both forms are declared, so that commander gives neither a default.
  update
    .option('--pkce', 'demand PKCE of it')
    .option('--no-pkce', 'do not demand PKCE of it; only for a confidential client that cannot do it')
    .option('--no-native', 'the opposite of --native')
    .option('--no-first-party', 'the opposite of --first-party')
    .option('--no-password-login', 'the opposite of --password-login')
    .option('--no-introspect', 'the opposite of --introspect')
    .option('--no-dpop', 'the opposite of --dpop')
    .option('--json', 'print JSON: the client as it is now')
    .addHelpText(
      'after',
      '\nExample:\n  npx portaria clients update shop --name "The shop" --access-token-ttl 15m',
    )
    .action(async (id: string, options: ClientOptions, command: Command) => {
      const input = await toFields(options);
      if (Object.values(input).every((value) => value === undefined)) {
        throw invalidRequest('Name what to change. See: npx portaria clients update --help');
      }
      await withAdministration(command, async (ask) => {
        const client = await ask('updateClient', { ...input, client_id: id });
        print(options, client, `The client "${id}" was changed.\n\n${describe(client)}`);
      });
    });

  clients
    .command('rotate-secret')
    .description('Give a client a new secret, printed this once. The old one stops within a second.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: the client with its client_secret')
    .addHelpText('after', '\nExample:\n  npx portaria clients rotate-secret shop')
    .action((id: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const client = await ask('rotateClientSecret', { client_id: id });
        printWithSecret(
          options,
          client,
          `The client "${id}" has a new secret; the old one stops within a second.`,
        );
      }),
    );

  clients
    .command('delete')
    .description('Delete a client with its tokens and grants. Asks first on a terminal.')
    .argument('<id>', 'its client_id')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: { "client_id", "deleted": true }')
    .addHelpText('after', '\nExample:\n  npx portaria clients delete shop --yes')
    .action((id: string, options: OutputOptions & { yes?: boolean }, command: Command) =>
      withAdministration(command, async (ask) => {
        const { client_name: name } = await ask('showClient', { client_id: id });
        await confirm(`Delete the client "${id}" (${name}) and everything that was issued to it?`, options);
        print(options, await ask('deleteClient', { client_id: id }), `The client "${id}" was deleted.`);
      }),
    );

  addServiceTokenCommands(clients);
}

function printWithSecret(options: OutputOptions, document: NewClientDocument, sentence: string): void {
  const { client_secret: secret, ...client } = document;
  const shown =
    secret === undefined
      ? ''
      : `\n\n${fields({ Secret: secret })}\n\nKeep the secret now: it is not shown again.`;
  print(options, document, `${sentence}\n\n${describe(client)}${shown}`);
}

/** What costs newcomers an hour when nobody says it. */
function hintFor({ client_id: id, first_party: isFirstParty }: ClientDocument): string {
  return isFirstParty
    ? ''
    : `\nIt is a third party: people confirm it, and services that check its tokens name it (GET /api/verify?client_id=${id}).\nFor a service of your own: npx portaria clients update ${id} --first-party`;
}
