// portaria clients: what may ask people to sign in here. The rules are in oidc/clients.ts; here options become its input.
import type { Command } from 'commander';
import { invalidRequest } from '../base/errors.ts';
import type { Client, ClientInput } from '../oidc/client.ts';
import type { Clients } from '../oidc/clients.ts';
import { confirm } from './ask.ts';
import { toInput, withClientOptions, type ClientOptions } from './client-options.ts';
import { columns, describe, toDocument } from './client-output.ts';
import { fields, pagesOf, print, printPages, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';
import { addServiceTokenCommands } from './service-tokens.ts';

const PAGE = 200;

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
    .action((options: ClientOptions & { id: string }, command: Command) =>
      withInput(options, command, async (service, input) => {
        const client = await service.create(options.id, input);
        printWithSecret(options, client, `The client "${client.id}" was created.${hintFor(client)}`);
      }),
    );

  clients
    .command('list')
    .description('List all clients in the order of their ids.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria clients list')
    .action((options: OutputOptions, command: Command) =>
      withServices(command, ({ clients: service }) => {
        const list = (after: string | undefined) => service.list({ after, limit: PAGE });
        return printPages(
          options,
          pagesOf(PAGE, list, ({ id }) => id),
          { toDocument, columns, empty: 'There are no clients.' },
        );
      }),
    );

  clients
    .command('show')
    .description('Show a client, without its secret.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: the client')
    .addHelpText('after', '\nExample:\n  npx portaria clients show shop')
    .action((id: string, options: OutputOptions, command: Command) =>
      withServices(command, async (services) => {
        const client = await services.clients.get(id);
        print(options, toDocument(client), describe(client));
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
    .action((id: string, options: ClientOptions, command: Command) =>
      withInput(options, command, async (service, input) => {
        if (Object.values(input).every((value) => value === undefined)) {
          throw invalidRequest('Name what to change. See: npx portaria clients update --help');
        }
        const client = await service.update(id, input);
        print(options, toDocument(client), `The client "${id}" was changed.\n\n${describe(client)}`);
      }),
    );

  clients
    .command('rotate-secret')
    .description('Give a client a new secret, printed this once. The old one stops within a second.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: the client with its client_secret')
    .addHelpText('after', '\nExample:\n  npx portaria clients rotate-secret shop')
    .action((id: string, options: OutputOptions, command: Command) =>
      withServices(command, async (services) => {
        const client = await services.clients.rotateSecret(id);
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
      withServices(command, async (services) => {
        const { name } = await services.clients.get(id);
        await confirm(`Delete the client "${id}" (${name}) and everything that was issued to it?`, options);
        await services.clients.delete(id);
        print(options, { client_id: id, deleted: true }, `The client "${id}" was deleted.`);
      }),
    );

  addServiceTokenCommands(clients);
}

async function withInput(
  options: ClientOptions,
  command: Command,
  work: (clients: Clients, input: ClientInput) => Promise<void>,
): Promise<void> {
  const input = await toInput(options);
  await withServices(command, ({ clients }) => work(clients, input));
}

function printWithSecret(options: OutputOptions, client: Client, sentence: string): void {
  const { secret } = client;
  const document = { ...toDocument(client), ...(secret !== undefined && { client_secret: secret }) };
  const shown =
    secret === undefined
      ? ''
      : `\n\n${fields({ Secret: secret })}\n\nKeep the secret now: it is not shown again.`;
  print(options, document, `${sentence}\n\n${describe(client)}${shown}`);
}

/** What costs newcomers an hour when nobody says it. */
function hintFor({ id, isFirstParty }: Client): string {
  return isFirstParty
    ? ''
    : `\nIt is a third party: people confirm it, and services that check its tokens name it (GET /api/verify?client_id=${id}).\nFor a service of your own: npx portaria clients update ${id} --first-party`;
}
