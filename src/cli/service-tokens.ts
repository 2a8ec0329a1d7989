// portaria clients token, tokens and revoke-token: what a service of ours carries instead of asking for tokens itself. The
// rules are in tokens/service-tokens.ts.
import type { Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import type { NewServiceTokenDocument, ServiceTokenDocument } from '../routes/api/admin/clients.ts';
import { withAdministration } from './administration.ts';
import { understood } from './options.ts';
import { fields, formatTime, pagesOf, print, printPages, type OutputOptions } from './output.ts';

const EXPIRES_RULE = '--expires takes a duration such as 12h, 90d or 365d, up to ten years';

interface TokenOptions extends OutputOptions {
  name?: string;
  scope?: string;
  expires: string;
}

export function addServiceTokenCommands(clients: Command): void {
  clients
    .command('token')
    .description('Make a long-lived token for a service. It is printed this once.')
    .argument('<id>', "the service's client_id; a confidential client")
    .option('--name <name>', 'what the list calls it (default: "service token")')
    .option(
      '--scope <scopes>',
      'separated by spaces, at most what the client has (default: all but those of people)',
    )
    .option('--expires <duration>', 'how long it lives, such as 90d; ten years at most', '365d')
    .option('--json', 'print JSON: the token and what it is')
    .addHelpText(
      'after',
      '\nExample:\n  npx portaria clients token shop-reports --name "nightly report" --scope read --expires 90d',
    )
    .action(async (id: string, options: TokenOptions, command: Command) => {
      const { name, scope } = options;
      const expiresInSeconds = understood(options.expires, parseDuration, EXPIRES_RULE);
      const input = { client_id: id, name, scope, expires_in_seconds: expiresInSeconds };
      await withAdministration(command, async (ask) => {
        const made = await ask('createServiceToken', input);
        print(options, made, describeNew(made));
      });
    });

  clients
    .command('tokens')
    .description('List the living service tokens of a client, without the tokens themselves.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria clients tokens shop-reports')
    .action((id: string, options: OutputOptions, command: Command) =>
      withAdministration(command, (ask) =>
        printPages(
          options,
          pagesOf((after) => ask('listServiceTokens', { client_id: id, after })),
          {
            columns,
            empty: `"${id}" has no service tokens. Make one with: npx portaria clients token ${id}`,
          },
        ),
      ),
    );

  clients
    .command('revoke-token')
    .description('End a service token. It stops at once.')
    .argument('<id>', 'its client_id')
    .argument('<fingerprint>', 'which one, as the list names it')
    .option('--json', 'print JSON: { "client_id", "fingerprint", "revoked": true }')
    .addHelpText('after', '\nExample:\n  npx portaria clients revoke-token shop-reports 0f1e2d3c4b5a')
    .action((id: string, fingerprint: string, options: OutputOptions, command: Command) =>
      withAdministration(command, async (ask) => {
        const revoked = await ask('revokeServiceToken', { client_id: id, fingerprint });
        print(options, revoked, `The token ${fingerprint} of "${id}" has ended.`);
      }),
    );
}

const columns = {
  FINGERPRINT: (token: ServiceTokenDocument) => token.fingerprint,
  NAME: (token: ServiceTokenDocument) => token.name,
  SCOPE: (token: ServiceTokenDocument) => token.scope || undefined,
  CREATED: (token: ServiceTokenDocument) => formatTime(token.created_at),
  EXPIRES: (token: ServiceTokenDocument) => formatTime(token.expires_at),
  'LAST FOUR': (token: ServiceTokenDocument) => `…${token.last_four}`,
};

function describeNew(made: NewServiceTokenDocument): string {
  const { token, client_id: clientId, fingerprint, name, scope, expires_at: expiresAt } = made;
  return `A token for "${clientId}" was made.\n\n${fields({
    Name: name,
    Scope: scope || 'none',
    Expires: formatTime(expiresAt),
    Fingerprint: fingerprint,
    Token: token,
  })}\n\nKeep the token now: it is not shown again. Services that welcome it ask GET /api/verify?allow=client.`;
}
