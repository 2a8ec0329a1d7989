// portaria resources: the services that an access token can be bound to (RFC 8707). The rules are in oidc/resources.ts.
import { Option, type Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { invalidRequest } from '../base/errors.ts';
import { TOKEN_FORMATS, type TokenFormat } from '../oidc/access-token-format.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../oidc/keys.ts';
import type { ResourceDocument, ResourceFields } from '../routes/api/admin/resources.ts';
import { withAdministration } from './administration.ts';
import { confirm } from './ask.ts';
import { understood } from './options.ts';
import { fields, formatTime, pagesOf, print, printPages, type OutputOptions } from './output.ts';

interface ResourceOptions extends OutputOptions {
  name?: string;
  client?: string;
  scope?: string;
  tokenFormat?: TokenFormat;
  signingAlg?: SigningAlgorithm;
  accessTokenTtl?: string;
}

export function addResourceCommands(program: Command): void {
  const resources = program
    .command('resources')
    .description('The services that an access token can be bound to, so that no other takes it (RFC 8707).')
    .helpCommand(false);

  withResourceOptions(
    resources
      .command('create')
      .description('Register a resource.')
      .requiredOption('--id <uri>', 'what tokens call it (required): an absolute URI, compared exactly'),
  )
    .option('--json', 'print JSON: the resource')
    .addHelpText(
      'after',
      `
Example:
  npx portaria resources create --id https://tickets.example.com/mcp --scope "tickets.read tickets.write" --client tickets`,
    )
    .action(async (options: ResourceOptions & { id: string }, command: Command) => {
      const input = { ...toFields(options), identifier: options.id };
      await withAdministration(command, async (ask) => {
        const resource = await ask('createResource', input);
        print(options, resource, `The resource ${resource.identifier} was created.\n\n${describe(resource)}`);
      });
    });

  resources
    .command('list')
    .description('List all resources in the order of their identifiers.')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria resources list')
    .action((options: OutputOptions, command: Command) =>
      withAdministration(command, (ask) =>
        printPages(
          options,
          pagesOf((after) => ask('listResources', { after })),
          { columns, empty: 'There are no resources.' },
        ),
      ),
    );

  resources
    .command('show')
    .description('Show a resource.')
    .argument('<uri>', 'its identifier')
    .option('--json', 'print JSON: the resource')
    .addHelpText('after', '\nExample:\n  npx portaria resources show https://tickets.example.com/mcp')
    .action((identifier: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const resource = await ask('showResource', { identifier });
        print(options, resource, describe(resource));
      }),
    );

  withResourceOptions(
    resources
      .command('update')
      .description(
        'Change what is named in the options, and nothing else. Its tokens end when it loses a scope.',
      )
      .argument('<uri>', 'its identifier'),
  )
    .option('--json', 'print JSON: the resource as it is now')
    .addHelpText(
      'after',
      '\nExample:\n  npx portaria resources update https://tickets.example.com/mcp --token-format jwt',
    )
    .action(async (identifier: string, options: ResourceOptions, command: Command) => {
      const input = toFields(options);
      if (Object.values(input).every((value) => value === undefined)) {
        throw invalidRequest('Name what to change. See: npx portaria resources update --help');
      }
      await withAdministration(command, async (ask) => {
        const resource = await ask('updateResource', { ...input, identifier });
        print(options, resource, `The resource ${identifier} was changed.\n\n${describe(resource)}`);
      });
    });

  resources
    .command('delete')
    .description('Delete a resource; the tokens for it end. Asks first on a terminal.')
    .argument('<uri>', 'its identifier')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON: { "identifier", "deleted": true }')
    .addHelpText('after', '\nExample:\n  npx portaria resources delete https://tickets.example.com/mcp --yes')
    .action((identifier: string, options: OutputOptions & { yes?: boolean }, command: Command) =>
      withAdministration(command, async (ask) => {
        const { name } = await ask('showResource', { identifier });
        await confirm(`Delete the resource ${identifier} (${name}) and end the tokens for it?`, options);
        print(
          options,
          await ask('deleteResource', { identifier }),
          `The resource ${identifier} was deleted.`,
        );
      }),
    );
}

function withResourceOptions(command: Command): Command {
  return command
    .option('--name <name>', 'what people read when they are asked for it')
    .option(
      '--client <id>',
      'the service itself, as a client: it may introspect the tokens for it; "" for nobody',
    )
    .option(
      '--scope <scopes>',
      'what it understands, separated by spaces: names of its own, and ours; a client is registered for them with clients create --scope',
    )
    .addOption(
      new Option('--token-format <format>', 'the form of the tokens for it (otherwise opaque)').choices(
        TOKEN_FORMATS,
      ),
    )
    .addOption(
      new Option('--signing-alg <algorithm>', 'what signs them when they are JWTs (otherwise ES256)').choices(
        SIGNING_ALGORITHMS,
      ),
    )
    .option(
      '--access-token-ttl <duration>',
      'how long the tokens for it live, such as 15m (otherwise as the client says)',
    );
}

function toFields(options: ResourceOptions): ResourceFields {
  return {
    name: options.name,
    client_id: options.client,
    scope: options.scope,
    token_format: options.tokenFormat,
    signing_alg: options.signingAlg,
    access_token_ttl_seconds: understood(
      options.accessTokenTtl,
      parseDuration,
      '--access-token-ttl takes a duration such as 90s, 15m or 1h',
    ),
  };
}

const columns = {
  RESOURCE: (resource: ResourceDocument) => resource.identifier,
  NAME: (resource: ResourceDocument) => resource.name,
  CLIENT: (resource: ResourceDocument) => resource.client_id,
  SCOPE: (resource: ResourceDocument) => resource.scope,
  TOKENS: tokensOf,
};

function describe(resource: ResourceDocument): string {
  return fields({
    Identifier: resource.identifier,
    Name: resource.name,
    Client: resource.client_id ?? 'none: only whoever holds a token may introspect it',
    Scope: resource.scope || 'none',
    Tokens: tokensOf(resource),
    Created: formatTime(resource.created_at),
    Changed: formatTime(resource.updated_at),
  });
}

function tokensOf(resource: ResourceDocument): string {
  const { access_token_ttl_seconds: ttl, signing_alg: algorithm, token_format: format } = resource;
  const form = format === 'jwt' ? `JWT, ${algorithm}` : 'opaque';
  return ttl === null ? form : `${form}, ${ttl} s`;
}
