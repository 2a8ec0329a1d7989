// portaria clients token, tokens and revoke-token: what a service of ours carries instead of asking for tokens itself. The
// rules are in tokens/service-tokens.ts.
import type { Command } from 'commander';
import { parseDuration } from '../base/duration.ts';
import type { ServiceToken } from '../tokens/service-token-store.ts';
import type { NewServiceToken, ServiceTokens } from '../tokens/service-tokens.ts';
import { understood } from './options.ts';
import { fields, formatTime, print, printPages, type OutputOptions } from './output.ts';
import { withServices } from './run.ts';

const PAGE = 200;
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
      await withServices(command, async ({ serviceTokens }) => {
        const made = await serviceTokens.create(id, { name, scope, expiresInSeconds });
        print(options, toNewDocument(made), describeNew(made));
      });
    });

  clients
    .command('tokens')
    .description('List the living service tokens of a client, without the tokens themselves.')
    .argument('<id>', 'its client_id')
    .option('--json', 'print JSON: an array')
    .addHelpText('after', '\nExample:\n  npx portaria clients tokens shop-reports')
    .action((id: string, options: OutputOptions, command: Command) =>
      withServices(command, ({ serviceTokens }) =>
        printPages(options, pagesOf(serviceTokens, id), {
          toDocument,
          columns,
          empty: `"${id}" has no service tokens. Make one with: npx portaria clients token ${id}`,
        }),
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
      withServices(command, async ({ serviceTokens }) => {
        await serviceTokens.revoke(id, fingerprint);
        print(
          options,
          { client_id: id, fingerprint, revoked: true },
          `The token ${fingerprint} of "${id}" has ended.`,
        );
      }),
    );
}

async function* pagesOf(serviceTokens: ServiceTokens, id: string): AsyncGenerator<ServiceToken[]> {
  for (let after: Buffer | undefined; ;) {
    const { tokens, next } = await serviceTokens.list(id, { after, limit: PAGE });
    yield tokens;
    if (!next) return;
    after = next;
  }
}

const columns = {
  FINGERPRINT: (token: ServiceToken) => token.fingerprint,
  NAME: (token: ServiceToken) => token.name,
  SCOPE: (token: ServiceToken) => token.scope || undefined,
  CREATED: (token: ServiceToken) => formatTime(token.createdAt),
  EXPIRES: (token: ServiceToken) => formatTime(token.expiresAt),
  'LAST FOUR': (token: ServiceToken) => `…${token.lastFour}`,
};

function describeNew({ token, clientId, fingerprint, name, scope, expiresAt }: NewServiceToken): string {
  return `A token for "${clientId}" was made.\n\n${fields({
    Name: name,
    Scope: scope || 'none',
    Expires: formatTime(expiresAt),
    Fingerprint: fingerprint,
    Token: token,
  })}\n\nKeep the token now: it is not shown again. Services that welcome it ask GET /api/verify?allow=client.`;
}

function toNewDocument({ token, clientId, expiresAt, ...rest }: NewServiceToken): object {
  return { token, client_id: clientId, ...rest, expires_at: expiresAt };
}

function toDocument(token: ServiceToken): object {
  return {
    fingerprint: token.fingerprint,
    name: token.name,
    scope: token.scope,
    last_four: token.lastFour,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
  };
}
